//! Tasks: their keywords, and what comes in the place of those that import.

use std::sync::Arc;

use super::{
    Args, Block, Entry, Keyword, Level, LevelKind, Levels, Task,
    load::{Loader, Place},
    words::class_of_task,
};
use crate::{
    diagnostic::{Diagnostic, Span},
    value::Value,
    yaml::Node,
};

impl Task {
    /// Returns the task below another level.
    pub(super) fn with_level(&self, level: Arc<Level>) -> Task {
        Task { level, ..self.clone() }
    }
}

impl Loader<'_> {
    /// Refuses a handler that would end its role; returns whether it is one.
    fn refuse_end_of_role(&self, args: &Args) -> bool {
        let given = args.get("_raw_params");
        let given = given.filter(|given| given.value.as_str().map(str::trim) == Some("end_role"));
        if let Some(given) = given {
            let message = "Cannot execute 'end_role' from a handler";
            self.error(Diagnostic::error(&given.span, message));
        }
        given.is_some()
    }

    /// Refuses a `register` that names no variable.
    fn check_register(&self, value: &Value, span: &Span) {
        if may_register(value) {
            return;
        }
        let what = match value {
            Value::Str(_) | Value::Template(_) => format!("'{}'", value.to_text()),
            Value::Dict(_) | Value::List(_) => format!("of type '{}'", value.type_name()),
            other => format!("'{}' of type '{}'", other.to_text(), other.type_name()),
        };
        let message = format!("Invalid 'register' specified: Invalid variable name {what}.");
        let label = "letters, digits and underscores, not beginning with a digit";
        self.error(Diagnostic::error(span, message).label(label));
    }

    /// Reads one task; an import gives what it imports.
    pub(super) fn task(&self, node: &Node, place: &Place<'_>) -> Vec<Entry> {
        let entries = node.as_mapping().unwrap_or_default();
        let level_kind = if place.handlers { Levels::HANDLER } else { Levels::TASK };
        let Some(action) = self.action(node, entries, level_kind) else { return Vec::new() };
        let mut keywords = self.keywords(entries, level_kind);
        if action.local {
            keywords.set(Keyword::DelegateTo, Value::str("localhost"), action.key.span.clone());
        }
        if let Some((value, span)) = keywords.get(Keyword::Register) {
            self.check_register(value, span);
        }
        let class = class_of_task(&action.name, level_kind);
        let vars = node.get("vars").map(|(_, vars)| self.vars(vars, class)).unwrap_or_default();
        let resolved = self.resolve_action(
            &action.name,
            &action.key.span,
            keywords.get(Keyword::Collections),
            place,
        );
        let short = &*resolved.name;
        let args = self.args(node, &action, short);
        let is_include =
            matches!(short, "include_tasks" | "import_tasks" | "include_role" | "import_role");
        if is_include && !self.check_inclusion(node, entries, &args, &action.name, place.handlers) {
            return Vec::new();
        }
        if short.starts_with("include_") {
            self.drop_what_judges(&mut keywords);
        }
        if place.handlers && short == "meta" && self.refuse_end_of_role(&args) {
            return Vec::new();
        }
        let level = Arc::new(Level {
            kind: LevelKind::of_action(short),
            keywords,
            vars: Arc::new(vars),
            parent: Some(Arc::clone(&place.level)),
        });
        let task = Task {
            // A task without a text for a name goes by its action.
            name: level
                .keywords
                .get(Keyword::Name)
                .map(|(name, _)| name.clone())
                .filter(|name| *name != Value::None && name.as_str() != Some("")),
            action: Arc::clone(&resolved.name),
            foreign: resolved.foreign.clone(),
            action_written: action.name.as_str().into(),
            action_span: action.key.span.clone(),
            args,
            looping: self.looping(node, entries),
            listen: match node.get("listen").map(|(_, node)| node.to_value()) {
                Some(Value::List(list)) => list.to_vec(),
                Some(Value::None) | None => Vec::new(),
                Some(one) => vec![one],
            },
            dir: place.dir.to_owned(),
            includes: Arc::clone(&place.includes),
            span: node.span.start(),
            level,
        };
        if let Some(error) = (self.around.unresolved)(&task, self.is_lacking(&task.action_written))
        {
            self.error(error);
            return Vec::new();
        }
        match short {
            "import_tasks" => self.import_tasks(&task, place),
            "import_role" => self.import_role(&task),
            _ => vec![Entry::Task(Arc::new(task))],
        }
    }
}

/// Whether `register` may say this: the name of a variable, or nothing.
fn may_register(value: &Value) -> bool {
    matches!(value, Value::None) || value.as_str().is_some_and(crate::value::is_variable_name)
}

impl Block {
    /// Returns a block that is nothing but a group.
    pub fn of(level: Arc<Level>, body: Vec<Entry>, span: Span) -> Block {
        Block { level, body, rescue: Vec::new(), always: Vec::new(), is_role: false, span }
    }
}
