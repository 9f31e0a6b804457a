//! The task that no role writes: what checks the arguments of one that has specifications of them.

use std::sync::Arc;

use super::Role;
use crate::{
    diagnostic::{Source, Span},
    playbook::{Args, Argument, Keyword, Keywords, Level, LevelKind, Task},
    value::{Dict, Value},
};

/// The task that validates a role's arguments before its own tasks; none where the entry point has no specification.
pub(super) fn task(
    specs: &Value,
    entry: &str,
    role: &Arc<Role>,
    level: &Arc<Level>,
) -> Option<Arc<Task>> {
    let spec = specs.get(entry)?;
    let name = match spec.get("short_description") {
        Some(text) if text.is_true() => {
            format!("Validating arguments against arg spec '{entry}' - {}", text.to_text())
        }
        _ => format!("Validating arguments against arg spec '{entry}'"),
    };
    let options = match spec.get("options") {
        Some(options @ Value::Dict(_)) => options.clone(),
        _ => Value::from(Dict::new()),
    };
    let dir = std::path::absolute(&role.dir).unwrap_or_else(|_| role.dir.clone());
    let context = Value::dict([
        ("type", Value::str("role")),
        ("name", Value::str(short_name(role))),
        ("argument_spec_name", Value::str(entry)),
        ("path", Value::str(dir.display().to_string())),
    ]);
    let args = [
        ("argument_spec", options),
        ("provided_arguments", Value::Dict(Arc::clone(&role.params))),
        ("validate_args_context", context),
    ];
    let action = "ansible.builtin.validate_argument_spec";
    // Nobody wrote it: messages show it as data.
    let shown = Value::dict([
        ("action", Value::str(action)),
        ("args", Value::dict(args.clone())),
        ("name", Value::str(name.as_str())),
        ("tags", Value::list([Value::str("always")])),
    ]);
    let source = Source::new("<unknown>", shortened(&shown.to_repr()));
    let span = Span::new(&source, (0, 0), (0, 1));
    let mut keywords = Keywords::default();
    keywords.set(Keyword::Name, Value::str(name.as_str()), span.clone());
    keywords.set(Keyword::Tags, Value::list([Value::str("always")]), span.clone());
    let level = Level {
        kind: LevelKind::Task,
        keywords,
        vars: Arc::default(),
        parent: Some(Arc::clone(level)),
    };
    Some(Arc::new(Task {
        level: Arc::new(level),
        name: Some(Value::str(name)),
        action: "validate_argument_spec".into(),
        foreign: None,
        action_written: action.into(),
        action_span: span.clone(),
        args: Args {
            entries: args
                .into_iter()
                .map(|(key, value)| Argument::new(key, value, span.clone()))
                .collect(),
            whole: Vec::new(),
        },
        looping: None,
        listen: Vec::new(),
        dir: role.dir.join("tasks"),
        includes: Arc::default(),
        span,
    }))
}

/// A role's name without its collection's.
fn short_name(role: &Role) -> &str {
    let own = role.collection.as_deref().and_then(|collection| role.name.strip_prefix(collection));
    own.and_then(|own| own.strip_prefix('.')).unwrap_or(&role.name)
}

/// A text as messages show it in the place of a line of a file: cut between words.
fn shortened(text: &str) -> String {
    const WIDTH: usize = 120;
    const DOTS: &str = " [...]";
    let words = text.split_whitespace();
    let whole = words.clone().collect::<Vec<_>>().join(" ");
    if whole.chars().count() <= WIDTH {
        return whole;
    }
    let mut short = String::new();
    for word in words {
        if short.chars().count() + 1 + word.chars().count() + DOTS.len() > WIDTH {
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short + DOTS
}
