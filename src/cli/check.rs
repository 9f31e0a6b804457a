//! What can be known of a playbook before a host is touched: modules, parameters, templates, conditions, handlers.

use std::collections::HashSet;

use crate::{
    actions,
    diagnostic::{Diagnostic, Diagnostics, Fault, Span, closest},
    playbook::{Entry, Keyword, Play, Playbook, Task},
    template,
    value::Value,
};
use windlass_modules::spec::{self, Arg, Kind};

/// Checks all plays; everything that is wrong is reported at once.
pub(super) fn check(playbook: &Playbook) -> Diagnostics {
    let mut checker = Checker { found: Diagnostics::default(), handlers: Handlers::default() };
    for play in &playbook.plays {
        checker.play(play);
    }
    checker.found
}

struct Checker {
    found: Diagnostics,
    handlers: Handlers,
}

/// Names and topics of a play's handlers.
#[derive(Default)]
struct Handlers {
    names: HashSet<String>,
    /// Whether there may be others: names that are templates, roles and tasks that are included while the play runs.
    open: bool,
}

impl Handlers {
    fn add(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Block(block) => self.add(&block.body),
                Entry::Task(task) => {
                    for name in task.name.iter().chain(&task.listen) {
                        self.open |= name.is_lazy();
                        let name = name.to_text();
                        if let Some(role) = task.level.role() {
                            self.names.insert(format!("{} : {name}", role.name));
                        }
                        self.names.insert(name);
                    }
                    self.open |= task.action.starts_with("include_");
                }
            }
        }
    }

    fn add_includes(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Task(task) => self.open |= task.action.starts_with("include_"),
                Entry::Block(block) => {
                    self.add_includes(&block.body);
                    self.add_includes(&block.rescue);
                    self.add_includes(&block.always);
                }
            }
        }
    }
}

impl Checker {
    fn play(&mut self, play: &Play) {
        self.handlers = Handlers::default();
        self.handlers.add(&play.handlers);
        for section in &play.sections {
            self.handlers.add_includes(section);
        }
        for section in play.sections.iter().chain([&play.handlers]) {
            self.entries(section);
        }
    }

    fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            match entry {
                Entry::Task(task) => self.task(task),
                Entry::Block(block) => {
                    self.keywords(&block.level.keywords);
                    self.entries(&block.body);
                    self.entries(&block.rescue);
                    self.entries(&block.always);
                }
            }
        }
    }

    fn task(&mut self, task: &Task) {
        self.keywords(&task.level.keywords);
        for (_, value, span) in &task.args.entries {
            self.templates(value, span);
        }
        if let Some((value, span)) = &task.args.whole {
            self.templates(value, span);
        }
        if let Some(looping) = &task.looping {
            self.templates(&looping.items, &looping.span);
            if let Some(name) = &looping.lookup
                && template::lookups::find(name).is_none()
            {
                self.found.push(Diagnostic::error(
                    &looping.span,
                    format!("with_{name}: The lookup plugin '{name}' was not found."),
                ));
            }
        }
        self.action(task);
    }

    fn action(&mut self, task: &Task) {
        let name = &*task.action;
        if !actions::exists(name) {
            let error = Diagnostic::error(
                &task.action_span,
                format!("couldn't resolve module/action '{}'. This often indicates a misspelling, missing collection, or incorrect module path.", task.action_written),
            )
            .label("no such module");
            let known = Keyword::names(crate::playbook::Levels::TASK).chain(actions::names());
            let near = closest(name, actions::names()).or_else(|| closest(name, known));
            self.found.push(match near {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            });
            return;
        }
        if task.args.whole.is_some() || !task.level.inherited(Keyword::ModuleDefaults).is_empty() {
            return;
        }
        let Some(module) = windlass_modules::find(actions::module_name(name)) else { return };
        if actions::find(name).is_some() && !matches!(name, "copy") {
            return;
        }
        self.parameters(task, module.spec);
    }

    /// Notes what the task would fail of when its turn came.
    fn refuse(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic.fault(Fault::Task));
    }

    fn parameters(&mut self, task: &Task, spec: &'static spec::Spec) {
        let args: Vec<&'static Arg> = spec.args().into_iter().filter(|arg| !arg.hidden).collect();
        let known: Vec<&str> = args
            .iter()
            .flat_map(|arg| std::iter::once(arg.name).chain(arg.aliases.iter().copied()))
            .collect();
        for (key, value, span) in &task.args.entries {
            let Some(arg) =
                args.iter().find(|arg| arg.name == &**key || arg.aliases.contains(&&**key))
            else {
                if (&**key == "_raw_params" && spec.free_form) || known.is_empty() {
                    continue;
                }
                let error = Diagnostic::error(
                    span,
                    format!("module `{}` has no parameter `{key}`", task.action),
                )
                .label("unknown parameter");
                self.refuse(match closest(key, known.iter().copied()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("it has: {}", known.join(", "))),
                });
                continue;
            };
            self.value(task, arg, value, span);
        }
        let given = |name: &str| {
            let arg = args.iter().find(|arg| arg.name == name);
            task.args.entries.iter().any(|(key, ..)| {
                &**key == name || arg.is_some_and(|arg| arg.aliases.contains(&&**key))
            })
        };
        let missing: Vec<&str> = args
            .iter()
            .filter(|arg| arg.is_required() && !given(arg.name))
            .map(|arg| arg.name)
            .collect();
        if !missing.is_empty() {
            self.refuse(
                Diagnostic::error(
                    &task.action_span,
                    format!("missing required arguments: {}", missing.join(", ")),
                )
                .label(format!(
                    "module `{}` needs {}",
                    task.action,
                    missing.join(" and ")
                )),
            );
        }
    }

    /// Checks a value that is no template against the type and choices of its parameter.
    fn value(&mut self, task: &Task, arg: &Arg, value: &Value, span: &Span) {
        if value.is_lazy() || matches!(value, Value::None | Value::Omit) {
            return;
        }
        let text = value.to_text();
        if !arg.choices.is_empty()
            && arg.kind != Kind::List
            && !arg.choices.contains(&text.as_str())
        {
            let is_truth = matches!(value, Value::Bool(_));
            let error = Diagnostic::error(
                span,
                format!(
                    "value of {} must be one of: {}, got: {text}",
                    arg.name,
                    arg.choices.join(", ")
                ),
            )
            .label(format!("not a choice of `{}`", arg.name));
            self.refuse(match closest(&text, arg.choices.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None if is_truth => {
                    error.hint("YAML reads yes, no, on and off as truth: put the value into quotes")
                }
                None => error,
            });
            return;
        }
        let fits = match arg.kind {
            Kind::Bool => <bool as spec::FromArg>::from_arg(&value.to_json()).is_ok(),
            Kind::Int => <i64 as spec::FromArg>::from_arg(&value.to_json()).is_ok(),
            Kind::Float => <f64 as spec::FromArg>::from_arg(&value.to_json()).is_ok(),
            Kind::List => !matches!(value, Value::Dict(_) | Value::Bool(_)),
            Kind::Dict => <spec::JsonMap as spec::FromArg>::from_arg(&value.to_json()).is_ok(),
            _ => true,
        };
        if !fits {
            self.refuse(
                Diagnostic::error(
                    span,
                    format!(
                        "argument '{}' of `{}` is of type {} and cannot be converted to {}",
                        arg.name,
                        task.action,
                        value.type_name(),
                        arg.kind.as_str()
                    ),
                )
                .label(format!("expected {}", arg.kind.as_str())),
            );
        }
    }

    fn keywords(&mut self, keywords: &crate::playbook::Keywords) {
        for (keyword, value, span) in keywords.iter() {
            match keyword {
                Keyword::When | Keyword::ChangedWhen | Keyword::FailedWhen | Keyword::Until => {
                    self.conditions(value, span);
                }
                Keyword::Notify => {
                    self.notified(value, span);
                    self.templates(value, span);
                }
                _ => self.templates(value, span),
            }
        }
    }

    fn notified(&mut self, value: &Value, span: &Span) {
        match value {
            Value::List(list) => list.iter().for_each(|name| self.notified(name, span)),
            Value::Str(name) if !self.handlers.open && !self.handlers.names.contains(&**name) => {
                let message = format!(
                    "The requested handler '{name}' was not found in either the main handlers list nor in the listening handlers list"
                );
                let place = span.find(name).unwrap_or_else(|| span.clone());
                let error = Diagnostic::error(&place, message).label("no handler has this name");
                let near = closest(name, self.handlers.names.iter().map(String::as_str))
                    .map(ToOwned::to_owned);
                self.found.push(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
            _ => (),
        }
    }

    fn conditions(&mut self, value: &Value, span: &Span) {
        match value {
            Value::Str(text) if !text.trim().is_empty() => {
                if let Err(error) = template::check_expression(text, Some(span)) {
                    self.refuse(error);
                }
            }
            Value::List(list) => list.iter().for_each(|condition| self.conditions(condition, span)),
            other => self.templates(other, span),
        }
    }

    fn templates(&mut self, value: &Value, span: &Span) {
        match value {
            Value::Template(template) => {
                if let Err(mut error) = template::check(template) {
                    if error.span.is_none() {
                        error.span = Some(span.clone());
                    }
                    self.refuse(error);
                }
            }
            Value::List(list) | Value::Tuple(list) if list.is_lazy() => {
                list.iter().for_each(|item| self.templates(item, span));
            }
            Value::Dict(dict) if dict.is_lazy() => {
                dict.values().for_each(|value| self.templates(value, span));
            }
            _ => (),
        }
    }
}
