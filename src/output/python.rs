//! Callbacks in Python: each is told what happens, in the reference's words, and prints what it likes.
//!
//! Invariant: what the output hides, a callback is not told.

mod payload;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value as Json, json};

use super::{
    Aside, Event, Options, Output, ResultEvent, Sink, Status, Wants, labels::Labels, units,
};
use crate::{
    plugins::{Served, unpacked},
    value::{Dict, Value},
};

/// Answers what callbacks ask of the run: variables, hosts, templates.
pub trait Known: Send + Sync {
    fn answer(&self, asked: &Json) -> Json;
}

/// A callback that Python has loaded.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// Its number in Python.
    pub index: usize,
    /// The methods that it has.
    pub methods: HashSet<String>,
}

/// The Python of a run, which all callbacks share.
#[derive(Clone)]
pub struct PythonRun(Arc<Mutex<Shared>>);

struct Shared {
    callbacks: Option<Served>,
    known: Arc<dyn Known>,
    sink: Sink,
    options: Options,
    /// Tasks that Python knows by their numbers.
    tasks: HashSet<usize>,
    /// Labels of the items that a host has done of a task.
    labels: Labels,
    /// Outputs of ours that callbacks build on.
    native: HashMap<String, Box<dyn Output>>,
    /// What came before there were such outputs, for them to begin with.
    check: bool,
}

impl PythonRun {
    pub fn new(callbacks: Served, known: Arc<dyn Known>, sink: Sink, options: Options) -> Self {
        PythonRun(Arc::new(Mutex::new(Shared {
            callbacks: Some(callbacks),
            known,
            sink: sink.without_status(),
            options,
            tasks: HashSet::new(),
            labels: Labels::default(),
            native: HashMap::new(),
            check: false,
        })))
    }

    /// Sends a message that is no event, and returns the answer.
    pub fn exchange(&self, message: Json) -> Result<Json, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).exchange(message, None, "")
    }
}

impl Shared {
    fn exchange(
        &mut self,
        message: Json,
        event: Option<&Event>,
        method: &str,
    ) -> Result<Json, String> {
        let Some(mut callbacks) = self.callbacks.take() else {
            return Err("Python does not run".to_owned());
        };
        let answer = callbacks.exchange(message, &mut |asked| match asked["ask"].as_str() {
            Some("display") => self.display(asked),
            Some("native") => self.by_native(asked, event, method),
            _ => self.known.answer(asked),
        });
        if answer.is_ok() {
            self.callbacks = Some(callbacks);
        }
        answer
    }

    /// Prints what a callback wants to be printed.
    fn display(&mut self, asked: &Json) -> Json {
        let text = asked["text"].as_str().unwrap_or_default();
        let painted = asked["painted"].as_str();
        let sink = &mut self.sink;
        match (asked["stderr"] == true, asked["newline"] == false) {
            (true, _) => sink.error_line_as(text, painted),
            (false, true) => sink.raw(painted.unwrap_or(text)),
            (false, false) => sink.line_as(text, painted),
        }
        json!({"value": null})
    }

    /// Lets an output of ours show what happens now, with the result that a callback made of it.
    fn by_native(&mut self, asked: &Json, event: Option<&Event>, method: &str) -> Json {
        let name = asked["name"].as_str().unwrap_or_default();
        let (check, sink, options) = (self.check, self.sink.again(), self.options.clone());
        if !self.native.contains_key(name) {
            let Some(mut output) = units::main(name, &options, sink) else {
                return json!({"error": format!("there is no callback {name}")});
            };
            // What `-v` says at the beginning was said.
            let quiet = Event::Start { check, config_file: None };
            if options.verbosity == 0 {
                output.event(&quiet);
            }
            self.native.insert(name.to_owned(), output);
        }
        let (Some(output), Some(event)) = (self.native.get_mut(name), event) else {
            return json!({"value": null});
        };
        let changed = match unpacked(&asked["result"]) {
            Ok(Value::Dict(result)) => Some(result),
            _ => None,
        };
        match (event, changed) {
            (Event::Result(result) | Event::Diff { of: Some(result), .. }, changed)
                if method == "v2_on_file_diff" =>
            {
                show_diffs(&mut **output, result, changed);
            }
            (Event::Result(result), Some(changed)) => {
                let shown = ResultEvent { result: changed, ..(**result).clone() };
                output.event(&Event::Result(Box::new(shown)));
            }
            _ => output.event(event),
        }
        json!({"value": null})
    }
}

/// Shows the differences of a result, or of all items of a loop.
fn show_diffs(output: &mut dyn Output, event: &ResultEvent, changed: Option<Arc<Dict>>) {
    let result = changed.unwrap_or_else(|| Arc::clone(&event.result));
    let items = result.get("results").and_then(Value::as_list).filter(|_| event.is_loop_summary);
    let each = match items {
        Some(items) => items.iter().filter_map(Value::as_dict).collect(),
        None => vec![&*result],
    };
    for one in each {
        if let Some(diff) = one.get("diff") {
            let changed = one.get("changed").is_some_and(Value::is_true);
            let task = Arc::clone(&event.task);
            output.event(&Event::Diff { task, diff: diff.clone(), changed, of: None });
        }
    }
}

/// Returns an output that tells these callbacks what happens, one after the other; `main` says whether the first of them shows the run.
pub fn python(run: &PythonRun, plugins: Vec<Plugin>, main: Option<Aside>) -> Box<dyn Output> {
    Box::new(Python { run: run.clone(), plugins, aside: main })
}

struct Python {
    run: PythonRun,
    plugins: Vec<Plugin>,
    /// Who says what no callback is told, where one of them shows the run.
    aside: Option<Aside>,
}

impl Python {
    /// Calls a method of all callbacks that have it.
    fn call(&self, event: &Event, method: &str, payload: impl FnOnce(&mut Shared) -> Json) {
        let has = |plugin: &&Plugin| {
            plugin.methods.contains(method) || plugin.methods.contains("v2_on_any")
        };
        let to: Vec<usize> = self.plugins.iter().filter(has).map(|plugin| plugin.index).collect();
        if to.is_empty() {
            return;
        }
        let mut shared = self.run.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.callbacks.is_none() {
            return;
        }
        let mut about = payload(&mut shared);
        shared.mask(&mut about);
        let message = json!({"do": "event", "to": to, "method": method, "about": about});
        if let Err(error) = shared.exchange(message, Some(event), method) {
            shared.sink.warn(&format!("Callbacks in Python are over: {error}"));
        }
    }

    fn result(&self, event: &Event, result: &ResultEvent) {
        self.run.0.lock().unwrap_or_else(PoisonError::into_inner).labels.keep(result);
        let item = if result.item.is_some() { "item_" } else { "" };
        let good = matches!(result.status, Status::Ok | Status::Changed);
        if result.diffing && good && result.is_loop_summary {
            self.call(event, "v2_on_file_diff", |shared| shared.result(result));
        }
        let ending = match result.status {
            Status::Ok | Status::Changed => "ok",
            Status::Skipped => "skipped",
            Status::Unreachable if item.is_empty() => "unreachable",
            Status::Failed | Status::Unreachable => "failed",
        };
        let method = format!("v2_runner_{item}on_{ending}");
        self.call(event, &method, |shared| shared.result(result));
    }
}

impl Output for Python {
    fn event(&mut self, event: &Event) {
        if let Some(aside) = &mut self.aside {
            aside.event(event);
        }
        match event {
            Event::Start { check, .. } => {
                self.run.0.lock().unwrap_or_else(PoisonError::into_inner).check = *check;
            }
            Event::PlaybookStart { path, .. } => {
                self.call(event, "v2_playbook_on_start", |_| json!({"path": path}));
            }
            Event::PlayContext { name, about } => {
                self.call(event, "set_play_context", |_| Shared::play(name, &**about));
            }
            Event::PlayStart { name, about, .. } => {
                let play = |_: &mut Shared| Shared::play(name, &**about);
                self.call(event, "v2_playbook_on_play_start", play);
            }
            Event::NoHostsMatched => {
                self.call(event, "v2_playbook_on_no_hosts_matched", |_| json!({}));
            }
            Event::VarsPrompt(prompt) => {
                self.call(event, "v2_playbook_on_vars_prompt", |_| json!({"asked": [
                    &*prompt.name, prompt.private, &prompt.question, &prompt.encrypt, prompt.confirm,
                    prompt.salt_size, &prompt.salt, &prompt.default, prompt.is_unsafe,
                ]}));
            }
            Event::NoHostsRemaining => {
                self.call(event, "v2_playbook_on_no_hosts_remaining", |_| json!({}));
            }
            Event::TaskStart(task) => {
                let method = if task.is_handler {
                    "v2_playbook_on_handler_task_start"
                } else {
                    "v2_playbook_on_task_start"
                };
                self.call(event, method, |shared| shared.of_task(task));
            }
            Event::HostStart { task, host } => {
                self.call(event, "v2_runner_on_start", |shared| shared.of_host(task, host));
            }
            Event::Result(result) => self.result(event, result),
            Event::Diff { of: Some(result), .. } => {
                self.call(event, "v2_on_file_diff", |shared| shared.result(result));
            }
            Event::Retry { host, task, left, result, .. } => {
                self.call(event, "v2_runner_retry", |shared| {
                    shared.retry(task, host, *left, result)
                });
            }
            Event::Job { task, host, state, id } => {
                let (method, about) = payload::job(*state, id.as_deref());
                self.call(event, method, |shared| {
                    let mut told = shared.of_host(task, host);
                    told["result"] = about;
                    told["no_log"] = json!(id.is_none());
                    told
                });
            }
            Event::Included { task, path, hosts, .. } => {
                self.call(event, "v2_playbook_on_include", |shared| {
                    let mut told =
                        task.as_ref().map_or_else(|| json!({}), |task| shared.of_task(task));
                    told["path"] = json!(path);
                    told["hosts"] = hosts.iter().map(|host| &**host).collect();
                    told
                });
            }
            Event::Notified { handler, host } => {
                let told = json!({"handler": handler, "host": &**host});
                self.call(event, "v2_playbook_on_notify", |_| told);
            }
            Event::Recap { stats, custom } => {
                self.call(event, "v2_playbook_on_stats", |_| {
                    payload::stats(stats, custom.as_ref())
                });
            }
            _ => (),
        }
    }

    fn wants(&self) -> Wants {
        let wants = |plugin: &Plugin| {
            plugin.methods.contains("v2_runner_on_start") || plugin.methods.contains("v2_on_any")
        };
        Wants { host_starts: self.plugins.iter().any(wants), invocations: true }
    }

    fn finish(&mut self) {
        let mut shared = self.run.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut callbacks) = shared.callbacks.take() {
            callbacks.end();
        }
    }
}
