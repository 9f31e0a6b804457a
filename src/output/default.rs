//! The reference's default output, line for line.

use std::collections::HashSet;

use super::{
    Event, JobState, Options, Output, Paint, Palette, ResultEvent, Sink, Stats, Status, TaskStart,
    banner, config_line,
    debug::in_blocks,
    diff::{How, diff_text},
    dump::{dump, dump_yaml},
    excerpt::error_text,
    shown::{abridged, censored},
    units::{Kind, Unit},
};
use crate::value::{Dict, Value};

pub(super) static UNIT: Unit = Unit {
    name: "default",
    collection: "ansible.builtin",
    kind: Kind::Main,
    make: |sink, options| Box::new(Default::new(sink, options.clone())),
};

/// Prints events as the reference does.
pub struct Default {
    sink: Sink,
    options: Options,
    check: bool,
    /// The task whose banner was printed last.
    banner: Option<usize>,
    /// Warnings and errors that were printed: each is printed once.
    said: HashSet<String>,
}

impl Default {
    pub fn new(sink: Sink, options: Options) -> Default {
        Default { sink, options, check: false, banner: None, said: HashSet::new() }
    }

    fn heading(&mut self, text: &str) {
        let line = banner(text, self.sink.columns());
        self.sink.line(&format!("\n{line}"), None);
    }

    fn marker(&self, check: bool) -> &'static str {
        if check && self.options.check_markers { " [CHECK MODE]" } else { "" }
    }

    fn task_banner(&mut self, task: &TaskStart) {
        if self.banner == Some(task.id) {
            return;
        }
        self.banner = Some(task.id);
        let prefix = if task.is_handler { "RUNNING HANDLER" } else { "TASK" };
        let marker = self.marker(task.check);
        let args = task.args.as_ref().filter(|_| self.options.show_args);
        let args = args.map(|args| format!(" {args}")).unwrap_or_default();
        self.heading(&format!("{prefix} [{}{args}]{marker}", task.name.trim()));
        if self.options.verbosity >= 2 {
            self.task_path(task);
        }
    }

    fn task_path(&mut self, task: &TaskStart) {
        self.sink.line(&format!("task path: {}", task.span.origin_line()), Some(Paint::Debug));
    }

    fn result(&mut self, event: &ResultEvent) {
        if let Some(status) = self.sink.status()
            && event.item.is_none()
        {
            status.host_done(&event.host);
        }
        let host = match &event.delegate {
            Some((name, address)) if name == address => format!("{} -> {name}", event.host),
            Some((name, address)) => format!("{} -> {name}({address})", event.host),
            None => event.host.to_string(),
        };
        let item = event.item.as_ref().map(|label| format!("(item={label})"));
        match event.status {
            Status::Ok | Status::Changed => self.good(event, &host, item.as_deref()),
            // Nobody did it, so no delegate is shown.
            Status::Skipped => self.skipped(event, &event.host, item.as_deref()),
            Status::Failed | Status::Unreachable => self.bad(event, &host, item.as_deref()),
        }
    }

    fn good(&mut self, event: &ResultEvent, host: &str, item: Option<&str>) {
        let changed = event.status == Status::Changed;
        if !changed && !self.options.show_ok {
            return;
        }
        if event.is_loop_summary || (is_include(&event.task.action) && event.item.is_none()) {
            return self.task_banner(&event.task);
        }
        self.task_banner(&event.task);
        self.reasons(event);
        self.sink.warn_of(event);
        let (word, paint) = if changed { ("changed", Paint::Changed) } else { ("ok", Paint::Ok) };
        let mut line = format!("{word}: [{host}]");
        if let Some(item) = item {
            line.push_str(&format!(" => {item}"));
        }
        if self.is_verbose(event) {
            line.push_str(&format!(" => {}", self.shown(event)));
        }
        self.sink.line(&line, Some(paint));
    }

    fn skipped(&mut self, event: &ResultEvent, host: &str, item: Option<&str>) {
        if !self.options.show_skipped {
            return;
        }
        self.task_banner(&event.task);
        self.sink.warn_of(event);
        let mut line = format!("skipping: [{host}]");
        if let Some(item) = item {
            line.push_str(&format!(" => {item} "));
        }
        if self.is_verbose(event) && !event.is_loop_summary {
            line.push_str(&format!(" => {}", self.shown(event)));
        } else if self.is_verbose(event) && event.result.contains_key("msg") {
            let mut summary = event.clone();
            let mut result = (*summary.result).clone();
            for key in ["results", "skipped", "failed"] {
                result.remove(key);
            }
            summary.result = std::sync::Arc::new(result);
            line.push_str(&format!(" => {}", self.shown(&summary)));
        }
        self.sink.line(&line, Some(Paint::Skipped));
    }

    fn bad(&mut self, event: &ResultEvent, host: &str, item: Option<&str>) {
        self.task_banner(&event.task);
        self.sink.warn_of(event);
        if event.is_loop_summary && &*event.task.action == "debug" && !event.no_log {
            // The reference strips a debug's result before it looks for items in it.
            self.path_of_failure(event);
            let line = format!("fatal: [{host}]: FAILED! => {}", self.shown(event));
            self.failure(&line, Paint::Failed);
        } else if event.is_loop_summary && event.status == Status::Unreachable {
            let line = format!("fatal: [{host}]: UNREACHABLE! => {}", self.shown_loop(event));
            self.failure(&line, Paint::Unreachable);
        } else if !event.is_loop_summary {
            self.reasons(event);
            if item.is_none() && event.status == Status::Failed {
                self.path_of_failure(event);
            }
            let shown = self.shown(event);
            let line = match (event.status, item) {
                (Status::Unreachable, None) => format!("fatal: [{host}]: UNREACHABLE! => {shown}"),
                (_, Some(item)) => format!("failed: [{host}] {item} => {shown}"),
                (_, None) => format!("fatal: [{host}]: FAILED! => {shown}"),
            };
            let paint = if event.status == Status::Unreachable {
                Paint::Unreachable
            } else {
                Paint::Failed
            };
            self.failure(&line, paint);
        }
        if event.ignored && event.item.is_none() {
            self.sink.line("...ignoring", Some(Paint::Skipped));
        }
    }

    /// Where a task that failed stands, if that is wanted and the heading does not say it.
    fn path_of_failure(&mut self, event: &ResultEvent) {
        if self.options.show_task_path_on_failure && self.options.verbosity < 2 {
            self.task_path(&event.task);
        }
    }

    /// Why something failed, also what does not count as failed for all that; of several hosts once.
    fn reasons(&mut self, event: &ResultEvent) {
        if event.causes.is_empty() {
            return;
        }
        let text = format!("[ERROR]: {}", error_text(&event.causes));
        if self.said.insert(text.clone()) {
            self.failure(&text, Paint::Failed);
        }
    }

    fn failure(&mut self, text: &str, paint: Paint) {
        if self.options.failed_to_stderr {
            self.sink.error_line(text, Some(paint));
        } else {
            self.sink.line(text, Some(paint));
        }
    }

    fn is_verbose(&self, event: &ResultEvent) -> bool {
        let key = |name: &str| event.result.get(name).is_some_and(Value::is_true);
        (self.options.verbosity > 0 || (key("_ansible_verbose_always") && !event.no_log))
            && (event.no_log || !key("_ansible_verbose_override"))
    }

    /// The result of a loop as JSON, each item's with it.
    fn shown_loop(&self, event: &ResultEvent) -> String {
        let mut result = (*event.result).clone();
        if event.no_log {
            let of_items = result.get("results").and_then(Value::as_list).cloned();
            result = censored(&result);
            let hidden = of_items.iter().flat_map(|list| list.iter()).filter_map(Value::as_dict);
            let hidden = hidden.map(|item| {
                let mut shown = censored(item);
                shown.extend(item.get("exception").map(|why| ("exception", why.clone())));
                Value::from(shown)
            });
            result.insert("results", Value::list(hidden.collect::<Vec<Value>>()));
        }
        let open = ResultEvent { no_log: false, result: result.into(), ..event.clone() };
        self.shown(&open)
    }

    /// The result as JSON, without what is not shown at this verbosity.
    fn shown(&self, event: &ResultEvent) -> String {
        let always = event.result.get("_ansible_verbose_always").is_some_and(Value::is_true);
        let far = self.options.verbosity > 2;
        let pretty = self.options.pretty.unwrap_or(self.options.blocks || far);
        let wide = always || far;
        let indent = self.options.pretty.unwrap_or(wide).then_some(4);
        if event.no_log {
            let mut shown = censored(&event.result);
            if &*event.task.action == "debug" {
                shown.remove("changed");
            }
            return self.dump(&shown, pretty.then_some(4));
        }
        let result = abridged(&event.result, &event.task.action, self.options.verbosity);
        if self.options.blocks { in_blocks(&result) } else { self.dump(&result, indent) }
    }

    fn dump(&self, result: &Dict, indent: Option<usize>) -> String {
        match self.options.yaml_indent {
            Some(width) => dump_yaml(result, width, self.options.pretty != Some(false)),
            None => dump(result, indent),
        }
    }

    fn recap(&mut self, stats: &[(std::sync::Arc<str>, Stats)], custom: Option<&Value>) {
        if let Some(status) = self.sink.status() {
            status.finish();
        }
        self.heading("PLAY RECAP");
        for (host, stats) in stats {
            let line = recap_line(host, stats, self.sink.palette());
            self.sink.line(&line, None);
        }
        self.sink.line("", None);
        if let Some(Value::Dict(custom)) = custom
            && self.options.show_custom_stats
        {
            self.heading("CUSTOM STATS:");
            let dumped = |values: &Value| {
                values.as_dict().map(|values| dump(values, Some(1)).replace('\n', ""))
            };
            let is_run = |name: &Value| name.as_str() == Some("_run");
            for (host, values) in custom.iter().filter(|(name, _)| !is_run(name)) {
                let shown = dumped(values).unwrap_or_default();
                self.sink.line(&format!("\t{}: {shown}", host.key_text()), None);
            }
            if let Some(shown) = custom.get("_run").and_then(dumped) {
                self.sink.line(&format!("\n\tRUN: {shown}"), None);
            }
            self.sink.line("", None);
        }
        if self.check && self.options.check_markers {
            self.heading("DRY RUN");
        }
    }
}

/// Returns whether an action shows its result as files that were included.
fn is_include(action: &str) -> bool {
    matches!(action, "include_tasks" | "include_role")
}

/// `host : ok=1 ...` with the columns where scripts expect them.
pub(super) fn recap_line(host: &str, stats: &Stats, palette: Option<&Palette>) -> String {
    let host_paint = match stats {
        Stats { failed: 0, unreachable: 0, changed: 0, .. } => Paint::Ok,
        Stats { failed: 0, unreachable: 0, .. } => Paint::Changed,
        _ => Paint::Failed,
    };
    let host = match palette {
        Some(palette) => format!("{:<37}", palette.text(host_paint, host)),
        None => format!("{host:<26}"),
    };
    let part = |lead: &str, number: usize, paint: Paint| {
        let text = format!("{lead}={number:<4}");
        match palette {
            Some(palette) if number != 0 => palette.text(paint, &text),
            _ => text,
        }
    };
    format!(
        "{host} : {} {} {} {} {} {} {}",
        part("ok", stats.ok, Paint::Ok),
        part("changed", stats.changed, Paint::Changed),
        part("unreachable", stats.unreachable, Paint::Unreachable),
        part("failed", stats.failed, Paint::Failed),
        part("skipped", stats.skipped, Paint::Skipped),
        part("rescued", stats.rescued, Paint::Ok),
        part("ignored", stats.ignored, Paint::Warning),
    )
}

impl Output for Default {
    #[expect(clippy::too_many_lines, reason = "one arm an event")]
    fn event(&mut self, event: &Event) {
        match event {
            Event::Start { check, config_file } => {
                self.check = *check;
                if self.options.verbosity > 0 {
                    self.sink.line(&config_line(config_file.as_ref()), Some(Paint::Verbose));
                }
                if *check && self.options.check_markers {
                    self.heading("DRY RUN");
                }
            }
            Event::PlayStart { name, check, .. } => {
                let marker = self.marker(*check);
                let name = name.trim();
                let text = if name.is_empty() {
                    format!("PLAY{marker}")
                } else {
                    format!("PLAY [{name}]{marker}")
                };
                self.heading(&text);
            }
            Event::PlaybookStart { path, n_plays } => {
                if self.options.verbosity > 1 {
                    let name = path.rsplit('/').next().unwrap_or(path);
                    self.heading(&format!("PLAYBOOK: {name}"));
                    let text = format!("{n_plays} plays in {path}");
                    self.sink.line(&text, Some(Paint::Verbose));
                }
            }
            Event::Abandoned => {
                if let Some(status) = self.sink.status() {
                    status.finish();
                }
            }
            Event::Notified { handler, host } => {
                if self.options.verbosity > 1 {
                    let text = format!("NOTIFIED HANDLER {handler} for {host}");
                    self.sink.line(&text, Some(Paint::Verbose));
                }
            }
            Event::NoHostsMatched => {
                self.sink.line("skipping: no hosts matched", Some(Paint::Skipped));
            }
            Event::NoHostsRemaining => self.heading("NO MORE HOSTS LEFT"),
            Event::TaskStart(task) => {
                if let Some(status) = self.sink.status() {
                    status.task(&task.name, task.n_hosts);
                }
                if self.options.show_ok && self.options.show_skipped && !task.unsteady {
                    self.task_banner(task);
                }
            }
            Event::HostStart { task, host } => {
                if self.options.show_host_start {
                    let prefix = if task.is_handler { "HANDLER" } else { "TASK" };
                    let line = format!(" [started {prefix}: {} on {host}]", task.name.trim());
                    self.sink.line(&line, None);
                }
            }
            Event::Result(result) => self.result(result),
            Event::Retry { host, delegate, task, left, result } => {
                let host = match delegate {
                    Some(delegate) => format!("{host} -> {delegate}"),
                    None => host.to_string(),
                };
                // The name alone; where there is none, what stands for it, behind the role's.
                let name = if task.is_named { &task.name[task.of_role..] } else { &task.name };
                let mut line =
                    format!("FAILED - RETRYING: [{host}]: {name} ({left} retries left).");
                let always = result.get("_ansible_verbose_always").is_some_and(Value::is_true);
                if self.options.verbosity > 2 || always {
                    let result = abridged(result, "", self.options.verbosity);
                    line.push_str(&format!("Result was: {}", dump(&result, Some(4))));
                }
                self.sink.line(&line, Some(Paint::Debug));
            }
            Event::RetryFile { path } => {
                self.sink.line(&format!("\tto retry, use: --limit @{path}"), None);
            }
            Event::Stepped { question } => self.heading(question.trim_end()),
            Event::Quit => self.sink.line("User interrupted execution", None),
            Event::Job { host, state, id, .. } => {
                let word = match state {
                    JobState::Running => "POLL",
                    JobState::Ok => "OK",
                    JobState::Failed => "FAILED",
                };
                let id = id.as_deref().unwrap_or("None");
                let mut line = format!("ASYNC {word} on {host}: jid={id}");
                if *state == JobState::Running {
                    line.push_str(" started=True finished=False");
                }
                self.sink.line(&line, Some(Paint::Debug));
            }
            Event::Included { task, path, hosts, items, .. } => {
                if let Some(task) = task {
                    self.task_banner(task);
                }
                let mut line = format!("included: {path} for {}", hosts.join(", "));
                for item in items {
                    line.push_str(&format!(" => (item={item})"));
                }
                self.sink.line(&line, Some(Paint::Included));
            }
            Event::PlayContext { .. }
            | Event::VarsPrompt(_)
            | Event::Diff { changed: false, .. } => (),
            Event::Diff { task, diff, .. } => {
                let text = diff_text(
                    diff,
                    How {
                        context: self.options.diff_context,
                        palette: self.sink.palette(),
                        yaml_indent: self.options.yaml_indent,
                    },
                );
                if !text.is_empty() {
                    self.task_banner(task);
                    self.sink.line(text.strip_suffix('\n').unwrap_or(&text), None);
                }
            }
            Event::Output { host, bytes, .. } => {
                let text = String::from_utf8_lossy(bytes);
                let mut lines = String::new();
                for line in text.split_inclusive('\n') {
                    lines.push_str(&format!("{host} | {line}"));
                }
                let end = if lines.ends_with('\n') { "" } else { "\n" };
                self.sink.raw(&format!("{lines}{end}"));
            }
            Event::Error(causes) => {
                let text = format!("[ERROR]: {}", error_text(causes));
                if self.said.insert(text.clone()) {
                    self.sink.error_line(&text, Some(Paint::Failed));
                }
            }
            Event::Warning(text) => self.sink.warn(text),
            Event::Told(told) => self.sink.tell(told),
            Event::Verbose { level, host, text } => {
                if self.options.verbosity >= *level {
                    self.sink.verbose(host.as_deref(), text);
                }
            }
            Event::Recap { stats, custom } => self.recap(stats, custom.as_ref()),
        }
    }
}
