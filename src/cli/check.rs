//! What can be known of a playbook before a host is touched: modules, parameters, templates, conditions, handlers.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use crate::{
    actions,
    diagnostic::{Diagnostic, Diagnostics, Fault, Span, closest},
    executor::{Tags, missing_default, names_of_defaults},
    playbook::{Argument, Collections, Entry, Keyword, Level, LevelKind, Play, Playbook, Task},
    template,
    value::Value,
};
use windlass_modules::spec::{self, Arg, Mismatch};

/// What is known of the run that a playbook is checked for.
pub(super) struct Known<'a> {
    pub(super) tags: &'a Tags,
    /// Whether a play's pattern matches hosts before anything has run.
    pub(super) has_hosts: &'a dyn Fn(&Play) -> bool,
    pub(super) collections: &'a Collections,
    /// Whether a playbook's folder, a role or a folder of the settings brings a module or action of this name.
    pub(super) brings: &'a dyn Fn(&Path, &str) -> bool,
    /// Whether odd groups of actions are told of.
    pub(super) validates_groups: bool,
    /// Whether the run begins at its first task.
    pub(super) from_the_start: bool,
}

/// Checks all plays; everything that is wrong is reported at once.
///
/// What a task would fail of is an error only where it is sure that the task runs: the reference never looks at the
/// arguments of a task that is skipped.
pub(super) fn check(playbook: &Playbook, known: &Known<'_>) -> Diagnostics {
    let mut checker = Checker {
        known,
        found: Diagnostics::default(),
        handlers: Handlers::default(),
        is_sure: false,
        is_asked: false,
        playbook_dir: PathBuf::new(),
        seen: HashSet::new(),
        may_be_over: false,
    };
    for (dir, defaults, span) in &playbook.defaults_of_imports {
        checker.playbook_dir.clone_from(dir);
        for name in names_of_defaults(defaults).iter().filter(|name| !name.starts_with("group/")) {
            checker.default_of(name, span);
        }
    }
    for play in &playbook.plays {
        checker.play(play);
    }
    checker.found
}

struct Checker<'a> {
    known: &'a Known<'a>,
    found: Diagnostics,
    handlers: Handlers,
    /// Whether the task that is looked at surely runs, and fails the run when it fails.
    is_sure: bool,
    /// Whether the conditions that are looked at are surely asked.
    is_asked: bool,
    playbook_dir: PathBuf,
    /// Levels around tasks that were looked at.
    seen: HashSet<*const Level>,
    /// Whether something before this place may have ended the play, or taken hosts out of it.
    may_be_over: bool,
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

impl Checker<'_> {
    fn play(&mut self, play: &Play) {
        self.playbook_dir.clone_from(&play.dir);
        let has_hosts = (self.known.has_hosts)(play);
        self.may_be_over |= !has_hosts || !self.known.from_the_start;
        self.unsure();
        self.level(&play.level);
        self.handlers = Handlers::default();
        self.handlers.add(&play.handlers);
        for section in &play.sections {
            self.handlers.add_includes(section);
        }
        for section in &play.sections {
            self.entries(section, true);
        }
        self.entries(&play.handlers, false);
        self.may_be_over = true;
    }

    /// Checks entries, which are `reached` where nothing keeps the run from them.
    fn entries(&mut self, entries: &[Entry], reached: bool) {
        for entry in entries {
            match entry {
                Entry::Task(task) => {
                    let comes = reached && !self.may_be_over && self.surely_comes(task);
                    let has = |keyword| task.level.keyword(keyword).is_some();
                    self.is_sure = comes && !has(Keyword::When) && !has(Keyword::FailedWhen);
                    // Its own condition is asked where no other one is asked before.
                    self.is_asked = comes && task.level.inherited(Keyword::When).len() == 1;
                    self.task(task);
                    self.may_be_over |= matches!(&*task.action, "meta" | "fail" | "assert");
                }
                Entry::Block(block) => {
                    self.unsure();
                    self.level(&block.level);
                    // What fails may be rescued.
                    let is_rescued = !block.rescue.is_empty();
                    self.entries(&block.body, reached && !is_rescued);
                    self.entries(&block.rescue, false);
                    self.entries(&block.always, reached);
                }
            }
        }
    }

    fn unsure(&mut self) {
        (self.is_sure, self.is_asked) = (false, false);
    }

    /// Whether no tag or loop can keep a task from its turn, and nothing takes its failure away.
    fn surely_comes(&self, task: &Task) -> bool {
        let is_excused = task.level.keyword(Keyword::IgnoreErrors).is_some();
        let tags = task.level.tags();
        let chosen = !tags.iter().any(Value::is_lazy) && self.known.tags.choose(&tags);
        let loops = task.looping.as_ref().is_none_or(|looping| match &looping.items {
            Value::List(items) => looping.lookup.is_none() && !items.is_empty(),
            _ => false,
        });
        !is_excused && chosen && loops
    }

    /// Checks the keywords of a play or block.
    fn level(&mut self, level: &Level) {
        self.seen.insert(std::ptr::from_ref(level));
        self.keywords(&level.keywords);
    }

    /// Checks what imports and roles around a task say for the actions in them, once each.
    fn levels_around(&mut self, task: &Task) {
        for level in task.level.chain().skip(1) {
            if let Some((value, span)) = level.keywords.get(Keyword::ModuleDefaults)
                && matches!(level.kind, LevelKind::Import | LevelKind::Role(_) | LevelKind::Block)
                && self.seen.insert(std::ptr::from_ref(level))
            {
                self.module_defaults(value, span);
            }
        }
    }

    fn task(&mut self, task: &Task) {
        self.level(&task.level);
        self.levels_around(task);
        for argument in &task.args.entries {
            self.templates(&argument.value, &argument.span);
        }
        for (value, span) in &task.args.whole {
            self.templates(value, span);
        }
        if let Some(looping) = &task.looping {
            self.templates(&looping.items, &looping.span);
            let control = &looping.control;
            let words = [&control.loop_var, &control.index_var, &control.pause, &control.extended];
            let words = words.into_iter().chain([&control.extended_allitems, &control.label]);
            for (value, span) in words.flatten() {
                self.templates(value, span);
            }
            if let Some(name) = &looping.lookup
                && !template::lookups::exists(name)
            {
                self.refuse(Diagnostic::error(
                    &looping.span,
                    format!("The lookup plugin '{name}' was not found."),
                ));
            }
        }
        self.action(task);
    }

    fn action(&mut self, task: &Task) {
        let name = &*task.action;
        if let Some(error) = super::meta::out_of_place(task) {
            self.found.push(error);
            return;
        }
        if let Some(error) = actions::unresolved(task) {
            return self.refuse(error);
        }
        if task.foreign.is_some() || template_in(name) {
            return;
        }
        if !actions::exists(name)
            && let Some(full) = actions::published(name)
        {
            return self.refuse(
                Diagnostic::error(
                    &task.action_span,
                    format!("windlass does not have the module `{full}` yet"),
                )
                .label("this module is not supported"),
            );
        }
        if !task.args.whole.is_empty() || !task.level.inherited(Keyword::ModuleDefaults).is_empty()
        {
            return;
        }
        let Some(module) = windlass_modules::find(name) else { return };
        if actions::find(name).is_some() && !matches!(name, "copy") {
            return;
        }
        self.parameters(task, module.spec);
    }

    /// Notes what the task would fail of when its turn came.
    fn refuse(&mut self, diagnostic: Diagnostic) {
        let diagnostic = diagnostic.fault(Fault::Task);
        self.found.push(if self.is_sure { diagnostic } else { diagnostic.warning() });
    }

    fn parameters(&mut self, task: &Task, spec: &'static spec::Spec) {
        let (hidden, args): (Vec<&'static Arg>, Vec<&'static Arg>) =
            spec.args().into_iter().partition(|arg| arg.hidden);
        // The manual does not name them, but the reference takes them.
        let is_taken = |key: &str| {
            !key.starts_with("_windlass_")
                && hidden.iter().any(|arg| arg.name == key || arg.aliases.contains(&key))
        };
        let known: Vec<&str> = args
            .iter()
            .flat_map(|arg| std::iter::once(arg.name).chain(arg.aliases.iter().copied()))
            .collect();
        for Argument { name: key, value, span, .. } in &task.args.entries {
            let Some(arg) =
                args.iter().find(|arg| arg.name == &**key || arg.aliases.contains(&&**key))
            else {
                // Of text that is no `key=value` the task itself tells.
                if &**key == "_raw_params" || spec.open || known.is_empty() || is_taken(key) {
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
            self.value(arg, value, span);
        }
        let given = |name: &str| {
            let arg = args.iter().find(|arg| arg.name == name);
            task.args.entries.iter().any(|given| {
                &*given.name == name || arg.is_some_and(|arg| arg.aliases.contains(&&*given.name))
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
    fn value(&mut self, arg: &Arg, value: &Value, span: &Span) {
        if value.is_lazy() || matches!(value, Value::None | Value::Omit) {
            return;
        }
        let json = value.to_json();
        let Err(mismatch) = (arg.fits)(&json) else { return };
        let error = Diagnostic::error(span, spec::explain(arg.name, &json, &mismatch).message);
        self.refuse(match &mismatch {
            Mismatch::Choice { got, choices } => {
                let error = error.label(format!("not a choice of `{}`", arg.name));
                match closest(got, choices.iter().copied()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None if matches!(value, Value::Bool(_)) => error
                        .hint("YAML reads yes, no, on and off as truth: put the value into quotes"),
                    None => error,
                }
            }
            Mismatch::Choices { .. } => error.label(format!("not a choice of `{}`", arg.name)),
            Mismatch::Type { wanted, .. } | Mismatch::Element { wanted, .. } => {
                error.label(format!("expected {}", wanted.as_str()))
            }
        });
    }

    fn keywords(&mut self, keywords: &crate::playbook::Keywords) {
        for (keyword, value, span) in keywords.iter() {
            match keyword {
                Keyword::When => {
                    let is_sure = std::mem::replace(&mut self.is_sure, self.is_asked);
                    let conditions =
                        value.as_list().map_or(std::slice::from_ref(value), |list| &list[..]);
                    for condition in conditions {
                        self.conditions(condition, span);
                        // The next one is asked only where this one holds.
                        self.is_sure = false;
                    }
                    self.is_sure = is_sure;
                }
                Keyword::ChangedWhen | Keyword::FailedWhen | Keyword::Until => {
                    self.conditions(value, span);
                }
                Keyword::ModuleDefaults => self.module_defaults(value, span),
                // A name that cannot be evaluated is shown as that.
                Keyword::Name => {
                    let is_sure = std::mem::take(&mut self.is_sure);
                    self.templates(value, span);
                    self.is_sure = is_sure;
                }
                Keyword::Notify => {
                    self.notified(value, span);
                    self.templates(value, span);
                }
                _ => self.templates(value, span),
            }
        }
    }

    /// Groups and actions that have defaults must exist, as the reference has it.
    fn module_defaults(&mut self, value: &Value, span: &Span) {
        self.templates(value, span);
        for name in names_of_defaults(value) {
            self.default_of(&name, span);
        }
    }

    /// Checks that there is what defaults are given for.
    fn default_of(&mut self, name: &str, span: &Span) {
        let Known { collections, validates_groups, brings, .. } = self.known;
        if let Some(group) = name.strip_prefix("group/").filter(|_| *validates_groups) {
            for message in collections.odd_in_group(&self.playbook_dir, group) {
                self.found.push(Diagnostic::error(span, message).warning());
            }
        }
        let dir = &self.playbook_dir;
        let message = missing_default(name, collections, dir, &|short| brings(dir, short));
        if let Some(message) = message {
            let place = span.find(name).unwrap_or_else(|| span.clone());
            self.found.push(Diagnostic::error(&place, message).label("nothing has this name"));
        }
    }

    fn notified(&mut self, value: &Value, span: &Span) {
        match value {
            Value::List(list) => list.iter().for_each(|name| self.notified(name, span)),
            Value::Str(name) if !self.handlers.open && !self.handlers.names.contains(&**name) => {
                // Not the words that the run ends with, which scripts count.
                let message = format!("nothing answers to the handler '{name}' that is notified");
                let place = span.find(name).unwrap_or_else(|| span.clone());
                let error = Diagnostic::error(&place, message).label("no handler has this name");
                let near = closest(name, self.handlers.names.iter().map(String::as_str))
                    .map(ToOwned::to_owned);
                // It fails only when the task changes something.
                let warning = error.warning();
                self.found.push(match near {
                    Some(near) => warning.hint(format!("did you mean `{near}`?")),
                    None => warning,
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

fn template_in(text: &str) -> bool {
    crate::value::Template::is_in(text)
}
