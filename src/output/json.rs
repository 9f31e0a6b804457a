//! `json`: the whole run as one JSON document, printed at its end.

use std::sync::Arc;

use super::{
    Event, Output, ResultEvent, Sink, Stats, TaskStart, Wants,
    dump::dump,
    labels::Labels,
    shown::censored,
    units::{Kind, Unit},
};
use crate::value::{Dict, Value};

pub(super) static UNIT: Unit = Unit {
    name: "json",
    collection: "ansible.posix",
    kind: Kind::Main,
    make: |sink, _| {
        let moment = jiff::Timestamp::now().as_microsecond() & 0xffff_ffff;
        let run =
            format!("{:08x}-0001-{:04x}-{:04x}", std::process::id(), moment >> 16, moment & 0xffff);
        Box::new(Json { sink, plays: Vec::new(), labels: Labels::default(), run })
    },
};

struct Json {
    sink: Sink,
    plays: Vec<Play>,
    labels: Labels,
    /// What is the same in the numbers of all plays and tasks of a run.
    run: String,
}

struct Play {
    described: Dict,
    tasks: Vec<Task>,
}

struct Task {
    id: usize,
    described: Dict,
    start: String,
    end: String,
    hosts: Dict,
}

impl Json {
    fn task(&mut self, start: &Arc<TaskStart>) {
        let Some(play) = self.plays.last_mut() else { return };
        if play.tasks.iter().any(|task| task.id == start.id) {
            return;
        }
        let mut described = Dict::new();
        described.insert("name", start.name.as_str());
        described.insert("id", id_of(&self.run, 1, start.id));
        described.insert("path", start.span.origin_line());
        let start_time = now();
        play.tasks.push(Task {
            id: start.id,
            described,
            end: start_time.clone(),
            start: start_time,
            hosts: Dict::new(),
        });
    }

    fn result(&mut self, event: &ResultEvent) {
        // What items say stands in the result of their loop.
        if event.item.is_some() {
            return self.labels.keep(event);
        }
        self.task(&event.task);
        let Some(play) = self.plays.last_mut() else { return };
        let Some(task) = play.tasks.iter_mut().find(|task| task.id == event.task.id) else {
            return;
        };
        let mut result = if event.no_log { censored(&event.result) } else { clean(&event.result) };
        if event.status == super::Status::Failed {
            result.insert("failed", true);
        }
        result.insert("action", &*event.task.action);
        if event.is_loop_summary {
            result.remove("skipped");
            self.labels.tell(event, &mut result);
        } else {
            result.insert("_ansible_no_log", event.no_log);
        }
        task.hosts.insert(&*event.host, Value::from(result));
        task.end = now();
    }

    fn print(&mut self, stats: &[(Arc<str>, Stats)], custom: Option<&Value>) {
        let plays = std::mem::take(&mut self.plays).into_iter().map(|play| {
            let last = play.tasks.last().map(|task| task.end.clone());
            let mut described = play.described;
            let start = described.get("start").cloned().unwrap_or_default();
            described.remove("start");
            described.insert(
                "duration",
                Value::dict([("start", start.clone()), ("end", last.map_or(start, Value::str))]),
            );
            let tasks = play.tasks.into_iter().map(|task| {
                let mut described = task.described;
                described.insert(
                    "duration",
                    Value::dict([("start", Value::str(task.start)), ("end", Value::str(task.end))]),
                );
                Value::dict([("hosts", Value::from(task.hosts)), ("task", Value::from(described))])
            });
            Value::dict([("play", Value::from(described)), ("tasks", Value::list(tasks))])
        });
        let plays = Value::list(plays);
        let mut totals = Dict::new();
        for (host, stats) in stats {
            totals.insert(&**host, totals_of(stats));
        }
        let mut by_host = Dict::new();
        let mut global = Value::from(Dict::new());
        if let Some(Value::Dict(custom)) = custom {
            for (host, values) in custom.iter() {
                if host.as_str() == Some("_run") {
                    global = values.clone();
                } else {
                    by_host.insert(host.clone(), values.clone());
                }
            }
        }
        let mut document = Dict::new();
        document.insert("plays", plays);
        document.insert("stats", Value::from(totals));
        document.insert("custom_stats", Value::from(by_host));
        document.insert("global_custom_stats", global);
        let text = dump(&document, Some(4));
        self.sink.line(&text, None);
    }
}

fn totals_of(stats: &Stats) -> Value {
    let parts = [
        ("ok", stats.ok),
        ("failures", stats.failed),
        ("unreachable", stats.unreachable),
        ("changed", stats.changed),
        ("skipped", stats.skipped),
        ("rescued", stats.rescued),
        ("ignored", stats.ignored),
    ];
    Value::dict(parts.map(|(name, number)| (name, Value::from(number))))
}

/// A result without what is for the machine.
fn clean(result: &Dict) -> Dict {
    result
        .iter()
        .filter(|(key, _)| {
            key.as_str()
                .is_none_or(|key| !key.starts_with("_ansible_") || key == "_ansible_verbose_always")
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The number of a play or a task, in the form of a UUID.
fn id_of(run: &str, kind: u8, number: usize) -> String {
    format!("{run}-{kind:04x}{number:08x}")
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

impl Output for Json {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlayStart { name, about, .. } => {
                let mut described = Dict::new();
                described.insert("name", &**name);
                described.insert("id", id_of(&self.run, 0, self.plays.len()));
                described.extend(
                    about.about().get("place").map(|path| (Value::str("path"), path.clone())),
                );
                described.insert("start", now());
                self.plays.push(Play { described, tasks: Vec::new() });
            }
            Event::TaskStart(task) => self.task(task),
            Event::Result(result) => self.result(result),
            Event::Warning(text) => self.sink.warn(text),
            Event::Told(told) => self.sink.tell(told),
            Event::Recap { stats, custom } => self.print(stats, custom.as_ref()),
            _ => (),
        }
    }

    fn wants(&self) -> Wants {
        Wants { invocations: true, ..Wants::default() }
    }
}
