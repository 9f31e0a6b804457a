//! What a task's action gets: its arguments, evaluated, with the defaults that a play gives to modules.

use super::Failure;
use crate::{
    playbook::{Keyword, Task},
    template::Env,
    value::{Dict, Template, Value},
};

/// Evaluates a task's arguments; what is omitted is not there.
pub(super) fn evaluate(task: &Task, env: &Env<'_>) -> Result<Dict, Failure> {
    let mut args = module_defaults(task, env)?;
    let action = full_name(task);
    let around = |failure: Failure| {
        failure.inside(
            format!("Finalization of task args for '{action}' failed"),
            Some(&task.action_span),
        )
    };
    if let Some((whole, span)) = &task.args.whole {
        let value =
            env.eval(whole).map_err(|error| around(Failure::template(&error, "", Some(span))))?;
        match value {
            Value::Dict(dict) => {
                args.extend(dict.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            Value::None | Value::Omit => (),
            other => {
                let message =
                    format!("The `args` keyword must be a mapping, not '{}'", other.type_name());
                return Err(around(Failure::at(Some(span), message)));
            }
        }
    }
    for (key, value, span) in &task.args.entries {
        let place = match value {
            Value::Template(template) => template.span.clone(),
            _ => None,
        };
        let value = env.eval(value).map_err(|error| {
            let prefix = format!("Error while resolving value for '{key}': ");
            around(Failure::template(&error, &prefix, Some(place.as_ref().unwrap_or(span))))
        })?;
        if !matches!(value, Value::Omit) {
            args.insert(name_of(key, span, env).map_err(&around)?, value);
        }
    }
    Ok(args)
}

/// A name that is an expression: `set_fact: {"{{ name }}": value}`.
fn name_of(key: &str, span: &crate::diagnostic::Span, env: &Env<'_>) -> Result<String, Failure> {
    if !Template::is_in(key) {
        return Ok(key.to_owned());
    }
    let template = Value::Template(std::sync::Arc::new(Template::new(key, Some(span.clone()))));
    match env.eval(&template) {
        Ok(value) => Ok(value.to_text()),
        Err(error) => Err(Failure::template(&error, "", Some(span))),
    }
}

/// The action's whole name: `ansible.builtin.debug`.
pub(super) fn full_name(task: &Task) -> String {
    if task.action_written.contains('.') {
        task.action_written.to_string()
    } else {
        format!("ansible.builtin.{}", task.action)
    }
}

/// What `module_defaults` of the play, the blocks and the task say for this action, the nearest last.
fn module_defaults(task: &Task, env: &Env<'_>) -> Result<Dict, Failure> {
    let mut found = Dict::new();
    let full = full_name(task);
    for (value, span) in task.level.inherited(Keyword::ModuleDefaults) {
        let levels: Vec<&Value> = match value {
            Value::List(list) => list.iter().collect(),
            one => vec![one],
        };
        for defaults in levels.into_iter().filter_map(Value::as_dict) {
            for name in [&*task.action, full.as_str()] {
                let Some(args) = defaults.get(name) else { continue };
                let args =
                    env.eval(args).map_err(|error| Failure::template(&error, "", Some(span)))?;
                if let Value::Dict(args) = args {
                    found.extend(args.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
            }
        }
    }
    Ok(found)
}
