//! `junit`: a report of the run for CI systems, one file a playbook.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    Event, Output, ResultEvent, Sink, Status, TaskStart,
    dump::dump,
    options::Junit as Options,
    shown::abridged,
    units::{Kind, Unit},
};
use crate::{paths, value::Value};

pub(super) static UNIT: Unit = Unit {
    name: "junit",
    collection: "ansible.builtin",
    kind: Kind::Beside,
    make: |sink, options| {
        Box::new(Junit {
            sink,
            options: options.junit.clone(),
            playbook: String::new(),
            play: String::new(),
            tasks: Vec::new(),
        })
    },
};

struct Junit {
    sink: Sink,
    options: Options,
    /// The playbook's name without its ending.
    playbook: String,
    play: String,
    tasks: Vec<Task>,
}

struct Task {
    id: usize,
    /// `[play] file: name`.
    name: String,
    /// Its arguments as the playbook has them.
    args: String,
    path: String,
    began: Instant,
    cases: Vec<Case>,
}

struct Case {
    host: String,
    seconds: f64,
    outcome: Outcome,
    text: String,
}

enum Outcome {
    Ok,
    Skipped(String),
    Failed(String),
    /// The playbook itself broke off, rather than a test in it.
    Error(String),
}

impl Junit {
    fn task(&mut self, start: &TaskStart) {
        let is_setup = matches!(&*start.action, "setup" | "gather_facts");
        if (is_setup && !self.options.include_setup)
            || self.tasks.iter().any(|task| task.id == start.id)
        {
            return;
        }
        self.tasks.push(Task {
            id: start.id,
            name: start.name.clone(),
            args: start.args.clone().unwrap_or_default(),
            path: start.span.origin_line(),
            began: Instant::now(),
            cases: Vec::new(),
        });
    }

    fn result(&mut self, event: &ResultEvent) {
        if event.item.is_some() {
            return;
        }
        self.task(&event.task);
        let options = &self.options;
        let Some(task) = self.tasks.iter_mut().find(|task| task.id == event.task.id) else {
            return;
        };
        let said = |key: &str| event.result.get(key).map(Value::to_text).unwrap_or_default();
        let always = event.result.get("_ansible_verbose_always").is_some_and(Value::is_true);
        let mut shown = abridged(&event.result, "", 0);
        if matches!(&*event.task.action, "include_tasks" | "include_role") {
            let args = event.task.args.as_deref().unwrap_or_default();
            shown.insert("include", args.rsplit('=').next().unwrap_or_default());
            shown.insert("include_args", Value::from(crate::value::Dict::new()));
        }
        let shown = dump(&shown, Some(if always { 4 } else { 0 }));
        let why = || {
            let causes: Vec<&str> = event.causes.iter().map(|cause| &*cause.message).collect();
            if causes.is_empty() { said("msg") } else { causes.join(": ") }
        };
        let bad = matches!(event.status, Status::Failed | Status::Unreachable);
        let expected = event.task.name.contains("EXPECTED FAILURE") || event.ignored;
        let outcome = match event.status {
            Status::Skipped => Outcome::Skipped(said("skip_reason")),
            _ if bad && event.ignored && options.fail_on_ignore => Outcome::Error(why()),
            _ if bad && !expected => Outcome::Error(why()),
            Status::Changed if options.fail_on_change => Outcome::Failed(said("msg")),
            _ => Outcome::Ok,
        };
        let seconds = task.began.elapsed().as_secs_f64();
        let host = event.host.to_string();
        task.cases.push(Case { host, seconds, outcome, text: shown });
    }

    fn report(&mut self) -> std::io::Result<()> {
        let tasks = std::mem::take(&mut self.tasks);
        let mut cases = Vec::new();
        for task in &tasks {
            if !task.name.starts_with(&self.options.case_prefix) {
                continue;
            }
            cases.extend(task.cases.iter().map(|case| self.case(task, case)));
        }
        let count = |is: fn(&Outcome) -> bool| {
            let all = tasks.iter().flat_map(|task| &task.cases);
            all.filter(|case| is(&case.outcome)).count()
        };
        let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
        let errors = count(|outcome| matches!(outcome, Outcome::Error(_)));
        let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        let seconds: f64 = tasks.iter().flat_map(|task| &task.cases).map(|case| case.seconds).sum();
        let tests = cases.len();
        let text = format!(
            "<?xml version=\"1.0\" ?>\n<testsuites disabled=\"0\" errors=\"{errors}\" failures=\"{failed}\" tests=\"{tests}\" time=\"{seconds}\">\n\t<testsuite disabled=\"0\" errors=\"{errors}\" failures=\"{failed}\" name=\"{}\" skipped=\"{skipped}\" tests=\"{tests}\" time=\"{seconds}\">\n{}\t</testsuite>\n</testsuites>\n",
            escaped(&self.playbook),
            cases.concat()
        );
        std::fs::create_dir_all(&self.options.folder)?;
        let stamp = jiff::Timestamp::now();
        let stamp = stamp.as_microsecond();
        let name = format!("{}-{}.{:06}.xml", self.playbook, stamp / 1_000_000, stamp % 1_000_000);
        std::fs::write(self.options.folder.join(name), text)
    }

    fn case(&self, task: &Task, case: &Case) -> String {
        let path = self.path(&task.path);
        let class = if self.options.task_class {
            let file = path.rsplit_once(':').and_then(|(file, _)| file.strip_suffix(".yml"));
            file.unwrap_or(&path).to_owned()
        } else {
            path
        };
        let mut name = format!("[{}] {}: {}", case.host, self.play, task.name);
        if !self.options.hide_arguments && !task.args.is_empty() {
            name.push_str(&format!(" {}", task.args));
        }
        let inner = match &case.outcome {
            Outcome::Ok => format!("<system-out>{}</system-out>", escaped(&case.text)),
            Outcome::Skipped(why) => format!("<skipped>{}</skipped>", escaped(why)),
            Outcome::Failed(message) => format!(
                "<failure message=\"{}\" type=\"failure\">{}</failure>",
                escaped(message),
                escaped(&case.text)
            ),
            Outcome::Error(message) => format!(
                "<error message=\"{}\" type=\"error\">{}</error>",
                escaped(message),
                escaped(&case.text)
            ),
        };
        format!(
            "\t\t<testcase classname=\"{}\" name=\"{}\" time=\"{}\">\n\t\t\t{inner}\n\t\t</testcase>\n",
            escaped(&class),
            escaped(&name),
            case.seconds
        )
    }

    /// The path of a task, relative where the settings say so.
    fn path(&self, path: &str) -> String {
        let base = &self.options.relative_to;
        if base == &PathBuf::new() {
            return path.to_owned();
        }
        let path = paths::relative(Path::new(path), base);
        match &self.options.out_of_tree {
            Some(instead) if path.starts_with("..") => {
                let name = path.file_name().unwrap_or_default();
                format!("{instead}{}", name.display())
            }
            _ => path.display().to_string(),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no place for them.
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => (),
            c => out.push(c),
        }
    }
    out
}

impl Output for Junit {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlaybookStart { path, .. } => {
                let stem = Path::new(path).file_stem().unwrap_or_default();
                self.playbook = stem.to_string_lossy().into_owned();
            }
            Event::PlayStart { name, .. } => self.play = name.to_string(),
            Event::TaskStart(task) => self.task(task),
            Event::Result(result) => self.result(result),
            Event::Included { path, hosts, .. } => {
                if let Some(task) = self.tasks.last_mut() {
                    task.cases.push(Case {
                        host: "include".to_owned(),
                        seconds: task.began.elapsed().as_secs_f64(),
                        outcome: Outcome::Ok,
                        text: format!("{path} (args={{}} vars={{}}): [{}]", hosts.join(", ")),
                    });
                }
            }
            Event::Recap { .. } => {
                if let Err(error) = self.report() {
                    let text = format!("[WARNING]: cannot write the JUnit report: {error}");
                    self.sink.error_line(&text, None);
                }
            }
            _ => (),
        }
    }
}
