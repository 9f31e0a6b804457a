//! The task debugger: a prompt at a task's result, from which the task can be looked at, changed and done again.

use std::sync::Arc;

use super::{cursor::Next, items::Ended, strategy::Batch};
use crate::{
    output::Status,
    playbook::{Args, Argument, Keyword, Level, LevelKind, Task},
    template::{Env, Scope, laid_out},
    value::{Dict, Value},
    vars::Names,
};

/// What the operator wants next.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    Continue,
    /// Do this task, which may be changed, again.
    Redo(Arc<Task>),
    Quit,
}

const HELP: &str = "
Documented commands (type help <topic>):
========================================
EOF  c  continue  h  help  p  pprint  q  quit  r  redo  u  update_task
";

impl Batch<'_> {
    /// Whether some result of this task may open the debugger.
    pub(super) fn may_debug(&self, task: &Task) -> bool {
        task.level.keyword(Keyword::Debugger).is_some()
            || self.debugging
            || self.run.settings.enable_task_debugger.value
    }

    /// Whether this result opens it.
    pub(super) fn is_debugged(&self, task: &Task, ended: &Ended) -> bool {
        let passes_over = ended.ignored && self.run.settings.task_debugger_ignore_errors.value;
        let failed = ended.status == Status::Failed && !passes_over;
        let unreachable = ended.status == Status::Unreachable;
        let wanted = self.evaluate(task, Keyword::Debugger).map(|value| value.to_text());
        let everywhere = self.debugging || self.run.settings.enable_task_debugger.value;
        let by_default = everywhere && (failed || unreachable);
        match wanted.as_deref() {
            Some("always") => true,
            Some("never") => false,
            Some("on_failed") => by_default || failed,
            Some("on_unreachable") => by_default || unreachable,
            Some("on_skipped") => by_default || ended.status == Status::Skipped,
            _ => by_default,
        }
    }

    /// Talks with the operator about a result until they want to go on.
    pub(super) fn debug(&self, at: usize, next: &Next, ended: &Ended) -> Wish {
        let host = &self.hosts[at].host;
        let task = &next.task;
        let mut prompt = Prompt {
            title: format!("TASK: {}", self.task_name(task, Some(host))),
            host: host.name.to_string(),
            names: Names::new(&self.run.world, Some(&self.play), Some(host)).with_task(task),
            args: task
                .args
                .entries
                .iter()
                .map(|given| (Value::Str(Arc::clone(&given.name)), raw(&given.value)))
                .collect(),
            vars: Dict::new(),
            result: Value::Dict(Arc::clone(&ended.result)),
        };
        let question = format!("[{}] {} (debug)> ", prompt.host, prompt.title);
        let mut last = String::new();
        loop {
            let Some(line) = self.run.ask.line_or_end(&question) else { return Wish::Quit };
            let line = line.trim();
            // A line without a word says the last one again.
            if !line.is_empty() {
                line.clone_into(&mut last);
            }
            match prompt.obey(&last) {
                Said::Text(text) => self.run.ask.say(&text),
                Said::Nothing => (),
                Said::Continue => return Wish::Continue,
                Said::Quit => return Wish::Quit,
                Said::Redo => return Wish::Redo(prompt.changed(task)),
            }
        }
    }
}

/// What a command came to.
#[derive(Debug, PartialEq)]
enum Said {
    Nothing,
    Text(String),
    Continue,
    Redo,
    Quit,
}

struct Prompt {
    title: String,
    host: String,
    names: Names,
    /// The task's arguments, as the operator has changed them.
    args: Dict,
    /// Variables that the operator has set.
    vars: Dict,
    result: Value,
}

impl Prompt {
    fn obey(&mut self, line: &str) -> Said {
        let (word, rest) = match line.find(|c: char| !c.is_alphanumeric() && c != '_') {
            Some(end) => (&line[..end], line[end..].trim()),
            None => (line, ""),
        };
        match word {
            "" => Said::Nothing,
            "c" | "continue" if rest.is_empty() => Said::Continue,
            "q" | "quit" | "EOF" if rest.is_empty() => Said::Quit,
            "r" | "redo" if rest.is_empty() => Said::Redo,
            "u" | "update_task" if rest.is_empty() => Said::Nothing,
            "h" | "help" => Said::Text(HELP.to_owned()),
            "p" | "pprint" if !rest.starts_with('=') => Said::Text(self.print(rest)),
            _ => self.assign(line),
        }
    }

    fn print(&self, expression: &str) -> String {
        match expression {
            "task" => return self.title.clone(),
            "host" => return self.host.clone(),
            "result" | "result._result" => return laid_out(&sorted(&self.result)),
            _ => (),
        }
        match self.evaluate(expression) {
            Ok(value) => laid_out(&sorted(&value)),
            Err(message) => message,
        }
    }

    fn evaluate(&self, expression: &str) -> Result<Value, String> {
        let context = self.names.world.context(self.names.search_path());
        let value = Env::new(self, &context).eval_expression(expression, None);
        match value {
            Ok(Value::Undefined(undefined)) => Err(complaint(&undefined.message, expression)),
            Ok(value) => Ok(value),
            Err(error) => Err(complaint(&error.message, expression)),
        }
    }

    /// `task.args['name'] = value` and `task_vars['name'] = value`.
    fn assign(&mut self, line: &str) -> Said {
        let target = |prefix: &str| {
            let rest = line.strip_prefix(prefix)?.trim_start().strip_prefix('[')?;
            let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            let (name, rest) = rest[1..].split_once(quote)?;
            let value = rest.trim_start().strip_prefix(']')?.trim_start().strip_prefix('=')?;
            (!value.starts_with('=')).then(|| (name.to_owned(), value.trim().to_owned()))
        };
        if let Some((name, value)) = target("task.args") {
            return match self.evaluate(&value) {
                Ok(value) => {
                    self.args.insert(name, value);
                    Said::Nothing
                }
                Err(message) => Said::Text(message),
            };
        }
        if let Some((name, value)) = target("task_vars") {
            return match self.evaluate(&value) {
                Ok(value) => {
                    self.vars.insert(name, value);
                    Said::Nothing
                }
                Err(message) => Said::Text(message),
            };
        }
        Said::Text(match self.evaluate(line) {
            // An expression alone says nothing, as in a program.
            Ok(_) => return Said::Nothing,
            Err(message) => message,
        })
    }

    /// The task with the operator's changes.
    fn changed(&self, task: &Arc<Task>) -> Arc<Task> {
        let mut args = Vec::new();
        for (key, value) in &self.args {
            let key: Arc<str> = key.to_text().into();
            let before = task.args.get(&key);
            args.push(match before {
                // What nobody touched stays the template that it was.
                Some(old) if raw(&old.value) == *value => old.clone(),
                Some(old) => Argument { value: value.clone(), ..old.clone() },
                None => Argument::new(key, value.clone(), task.span.clone()),
            });
        }
        let mut level = Level {
            kind: LevelKind::Task,
            keywords: task.level.keywords.clone(),
            vars: Arc::clone(&task.level.vars),
            parent: task.level.parent.clone(),
        };
        if !self.vars.is_empty() {
            let mut vars = (*level.vars).clone();
            vars.extend(self.vars.iter().map(|(key, value)| (key.clone(), value.clone())));
            level.vars = Arc::new(vars);
        }
        Arc::new(Task {
            level: Arc::new(level),
            name: task.name.clone(),
            action: Arc::clone(&task.action),
            foreign: task.foreign.clone(),
            action_written: Arc::clone(&task.action_written),
            action_span: task.action_span.clone(),
            args: Args { entries: args, whole: task.args.whole.clone() },
            looping: task.looping.clone(),
            listen: task.listen.clone(),
            dir: task.dir.clone(),
            includes: Arc::clone(&task.includes),
            span: task.span.clone(),
        })
    }
}

impl Scope for Prompt {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "task" => {
                let entries = [
                    ("args", Value::from(self.args.clone())),
                    ("name", Value::str(self.title.strip_prefix("TASK: ").unwrap_or_default())),
                ];
                Some(Value::dict(entries))
            }
            "task_vars" => {
                let context = self.names.world.context(self.names.search_path());
                let env = Env::new(&self.names, &context);
                let mut vars: Dict = self
                    .names
                    .names()
                    .into_iter()
                    .filter_map(|name| {
                        let value = self.names.get(&name)?;
                        let value = env.eval(&value).ok()?;
                        Some((Value::Str(name), value))
                    })
                    .collect();
                vars.extend(self.vars.iter().map(|(key, value)| (key.clone(), value.clone())));
                Some(Value::from(vars))
            }
            "host" => Some(Value::str(self.host.as_str())),
            "result" => Some(self.result.clone()),
            _ => None,
        }
    }

    fn names(&self) -> Vec<Arc<str>> {
        ["task", "task_vars", "host", "result"].map(Arc::from).to_vec()
    }
}

/// An argument as the playbook has it.
fn raw(value: &Value) -> Value {
    match value {
        Value::Template(template) => Value::Str(Arc::clone(&template.text)),
        other => other.clone(),
    }
}

/// Dictionaries with their keys in order, as Python prints them prettily.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Dict(dict) => {
            let mut entries: Vec<(Value, Value)> =
                dict.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by_key(|(key, _)| key.to_text());
            Value::Dict(Arc::new(entries.into_iter().collect()))
        }
        Value::List(items) => Value::list(items.iter().map(sorted)),
        other => other.clone(),
    }
}

/// What went wrong, as the reference's prompt says it of a name.
fn complaint(message: &str, expression: &str) -> String {
    if let Some(key) = message.strip_prefix("object of type 'dict' has no attribute ")
        && expression.trim_end().ends_with(']')
    {
        return format!("***KeyError:KeyError({key})");
    }
    match message.strip_suffix(" is undefined").and_then(|text| text.strip_prefix('\'')) {
        Some(name) => {
            let name = name.trim_end_matches('\'');
            format!("***NameError:NameError(\"name '{name}' is not defined\")")
        }
        None => format!("***Error:{message}"),
    }
}
