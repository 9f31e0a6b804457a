//! What callbacks are told of an event, as JSON.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Shared;
use crate::{
    output::{
        JobState, ResultEvent, Stats, Status, TaskStart, error_text,
        event::About,
        labels,
        shown::censored,
        warning::{deprecations, warnings},
    },
    plugins::packed,
    value::{Dict, Value},
};

impl Shared {
    /// Masks the texts that nobody may see.
    pub(super) fn mask(&self, json: &mut Json) {
        match json {
            Json::String(text) => {
                if let std::borrow::Cow::Owned(masked) = self.sink.secrets.mask(text) {
                    *text = masked;
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.mask(item)),
            Json::Object(entries) => entries.values_mut().for_each(|value| self.mask(value)),
            _ => (),
        }
    }

    pub(super) fn play(name: &str, about: &dyn About) -> Json {
        json!({"play": packed(&about.about().into()), "name": name})
    }

    /// A task; what it is made of is told once.
    pub(super) fn of_task(&mut self, task: &TaskStart) -> Json {
        let mut told = json!({"task": task.id, "name": task.name, "handler": task.is_handler});
        told["bare_name"] = json!(&task.name[task.of_role.min(task.name.len())..]);
        if self.tasks.insert(task.id) {
            told["path"] = json!(path(task));
            told["made_of"] = packed(&task.about.about().into());
            told["check"] = json!(task.check);
        }
        told
    }

    pub(super) fn of_host(&mut self, task: &TaskStart, host: &str) -> Json {
        let mut told = self.of_task(task);
        told["host"] = json!(host);
        told
    }

    pub(super) fn result(&mut self, event: &ResultEvent) -> Json {
        let mut told = self.of_host(&event.task, &event.host);
        let mut result =
            if event.no_log { censored(&event.result) } else { Dict::clone(&event.result) };
        if !event.is_loop_summary {
            result.insert("_ansible_no_log", event.no_log);
        }
        for key in ["failed", "skipped"] {
            result.remove(key);
        }
        if let (Some(label), false) = (labels::label(event), event.no_log) {
            result.insert("_ansible_item_label", label);
        }
        if event.is_loop_summary {
            self.labels.tell(event, &mut result);
        }
        if let Some((name, address)) = &event.delegate {
            let mut delegated = Dict::new();
            delegated.insert("ansible_host", &**address);
            result.insert("_ansible_delegated_vars", Value::from(delegated));
            told["delegate"] = json!(&**name);
        }
        if !event.causes.is_empty() {
            result.insert("exception", "(traceback unavailable)");
            told["error"] = json!(error_text(&event.causes));
        }
        told["status"] = json!(match event.status {
            Status::Ok => "ok",
            Status::Changed => "changed",
            Status::Skipped => "skipped",
            Status::Failed => "failed",
            Status::Unreachable => "unreachable",
        });
        told["result"] = packed(&result.into());
        told["ignored"] = json!(event.ignored);
        told["no_log"] = json!(event.no_log);
        told["warnings"] = json!(warnings(event));
        told["deprecations"] = json!(deprecations(event));
        told
    }

    pub(super) fn retry(
        &mut self,
        task: &TaskStart,
        host: &Arc<str>,
        left: i64,
        result: &Dict,
    ) -> Json {
        let mut told = self.of_host(task, host);
        let mut result = result.clone();
        let tried = match result.get("attempts") {
            Some(Value::Int(tried)) => *tried,
            _ => 1,
        };
        result.insert("retries", tried + left);
        for key in ["failed", "skipped"] {
            result.remove(key);
        }
        told["result"] = packed(&result.into());
        told["no_log"] = json!(false);
        told
    }
}

/// Where a task stands; nowhere where the command line made it.
fn path(task: &TaskStart) -> String {
    if task.span.source.path.starts_with('<') { String::new() } else { task.span.origin_line() }
}

/// The method for how a job goes, and what is known of it.
pub(super) fn job(state: JobState, id: Option<&str>) -> (&'static str, Json) {
    let method = match state {
        JobState::Running => "v2_runner_on_async_poll",
        JobState::Ok => "v2_runner_on_async_ok",
        JobState::Failed => "v2_runner_on_async_failed",
    };
    let finished = state != JobState::Running;
    (method, json!({"ansible_job_id": id, "started": true, "finished": finished}))
}

pub(super) fn stats(stats: &[(Arc<str>, Stats)], custom: Option<&Value>) -> Json {
    let hosts = stats.iter().map(|(host, stats)| {
        json!({
            "host": &**host, "ok": stats.ok, "changed": stats.changed, "dark": stats.unreachable,
            "failures": stats.failed, "skipped": stats.skipped, "rescued": stats.rescued,
            "ignored": stats.ignored,
        })
    });
    let custom = custom.map_or_else(|| json!({}), packed);
    json!({"stats": hosts.collect::<Vec<_>>(), "custom": custom})
}
