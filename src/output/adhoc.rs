//! What an ad-hoc command prints: the reference's minimal and one-line outputs.

use std::collections::HashSet;

use super::{
    Event, Output, Paint, ResultEvent, Sink, Status, config_line,
    diff::{How, diff_text},
    dump::{Layout, dump_with},
    excerpt::error_text,
    shown::{abridged, censored},
};
use crate::value::Value;

/// Actions whose output is text.
const TEXT_ACTIONS: [&str; 7] =
    ["command", "raw", "script", "shell", "win_command", "win_shell", "win_raw"];

/// Prints one block, or one line, a host.
pub struct AdHoc {
    pub sink: Sink,
    pub one_line: bool,
    pub verbosity: u8,
    pub diff_context: usize,
    /// Errors that were shown: of several hosts the same one is shown once.
    pub said: HashSet<String>,
}

impl AdHoc {
    fn result(&mut self, event: &ResultEvent) {
        // An include is told once it was read.
        let is_include = matches!(&*event.task.action, "include_tasks" | "include_role");
        if event.item.is_some() || (is_include && event.status == Status::Ok) {
            return;
        }
        let (word, paint) = match event.status {
            Status::Ok => ("SUCCESS", Paint::Ok),
            Status::Changed => ("CHANGED", Paint::Changed),
            Status::Skipped => ("SKIPPED", Paint::Skipped),
            Status::Failed => ("FAILED", Paint::Failed),
            Status::Unreachable => ("UNREACHABLE!", Paint::Unreachable),
        };
        self.sink.warn_of(event);
        if event.status == Status::Failed && !event.causes.is_empty() && !self.one_line {
            let text = format!("[ERROR]: {}", error_text(&event.causes));
            if self.said.insert(text.clone()) {
                self.sink.line(&text, Some(Paint::Failed));
            }
        }
        if event.status == Status::Skipped {
            return self.sink.line(&format!("{} | SKIPPED", event.host), Some(paint));
        }
        let is_text = TEXT_ACTIONS.contains(&&*event.task.action)
            && !event.result.contains_key("ansible_job_id")
            && event.status != Status::Unreachable;
        if self.one_line && event.status == Status::Failed {
            self.exception(event, is_text, word);
        } else if is_text {
            let text =
                if self.one_line { one_line_text(event, word) } else { block_text(event, word) };
            return self.sink.line(&text, Some(paint));
        }
        let word = if event.status == Status::Failed { "FAILED!" } else { word };
        let shown = if event.no_log {
            censored(&event.result)
        } else {
            // Only of what went well the reference leaves out what a debug is not about.
            let cleaned = !self.one_line && event.status != Status::Failed;
            let action = if cleaned { &*event.task.action } else { "" };
            abridged(&event.result, action, self.verbosity)
        };
        let always = event.result.get("_ansible_verbose_always").is_some_and(Value::is_true);
        let layout = match (self.one_line, always) {
            (true, false) => Layout { indent: None, sort_keys: true, tight: true },
            _ => Layout { indent: Some(4), sort_keys: true, tight: false },
        };
        let mut text = dump_with(&shown, layout);
        if self.one_line {
            text = text.replace('\n', "");
        }
        let line = format!("{} | {word} => {text}", event.host);
        self.sink.line(&line, Some(paint));
    }

    /// What stands before a failure on one line: a text, or that there was an exception, which has no traceback here.
    fn exception(&mut self, event: &ResultEvent, is_text: bool, word: &str) {
        if !event.result.contains_key("exception") {
            return;
        }
        const NONE: &str = "(traceback unavailable)";
        let text = match (is_text, self.verbosity) {
            (true, _) => one_line_text(event, word),
            (false, ..3) => format!(
                "An exception occurred during task execution. To see the full traceback, use -vvv. The error was: {NONE}"
            ),
            (false, _) => format!(
                "An exception occurred during task execution. The full traceback is:\n{NONE}"
            ),
        };
        self.sink.line(&text, Some(Paint::Failed));
    }
}

/// A result's value, unless nothing of it must be seen.
fn seen<'a>(event: &'a ResultEvent, key: &str) -> Option<&'a Value> {
    event.result.get(key).filter(|_| !event.no_log)
}

fn text_of<'a>(event: &'a ResultEvent, key: &str) -> &'a str {
    seen(event, key).and_then(Value::as_str).unwrap_or_default()
}

fn status_of(event: &ResultEvent) -> String {
    seen(event, "rc").map_or_else(|| "-1".to_owned(), Value::to_text)
}

fn block_text(event: &ResultEvent, word: &str) -> String {
    let text = format!("{} | {word} | rc={} >>\n", event.host, status_of(event));
    format!(
        "{text}{}{}{}",
        text_of(event, "stdout"),
        text_of(event, "stderr"),
        text_of(event, "msg")
    )
}

fn one_line_text(event: &ResultEvent, word: &str) -> String {
    let out = text_of(event, "stdout").replace('\n', "\\n").replace('\r', "\\r");
    let mut text = format!("{} | {word} | rc={} | (stdout) {out}", event.host, status_of(event));
    let errors = text_of(event, "stderr");
    if !errors.is_empty() {
        text.push_str(&format!(" (stderr) {}", errors.replace('\n', "\\n").replace('\r', "\\r")));
    }
    text
}

impl Output for AdHoc {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Start { config_file, .. } if self.verbosity > 0 => {
                self.sink.line(&config_line(config_file.as_ref()), Some(Paint::Verbose));
            }
            Event::Result(result) => self.result(result),
            Event::Included { hosts, told, .. } if !told.is_empty() => {
                let layout = Layout { indent: Some(4), sort_keys: true, tight: false };
                for host in hosts {
                    let line = format!("{host} | SUCCESS => {}", dump_with(told, layout));
                    self.sink.line(&line, Some(Paint::Ok));
                }
            }
            Event::Diff { diff, .. } if !self.one_line => {
                let text = diff_text(
                    diff,
                    How {
                        context: self.diff_context,
                        palette: self.sink.palette(),
                        yaml_indent: None,
                    },
                );
                self.sink.line(text.strip_suffix('\n').unwrap_or(&text), None);
            }
            Event::Error(causes) => {
                let text = format!("[ERROR]: {}", error_text(causes));
                self.sink.error_line(&text, Some(Paint::Failed));
            }
            Event::Warning(text) => self.sink.warn(text),
            Event::Told(told) => self.sink.tell(told),
            Event::Verbose { level, host, text } if self.verbosity >= *level => {
                self.sink.verbose(host.as_deref(), text);
            }
            _ => (),
        }
    }
}
