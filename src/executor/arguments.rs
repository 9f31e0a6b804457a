//! What a task's action gets: its arguments, evaluated, with the defaults that a play gives to modules.

use super::{Failure, Run};
use crate::{
    diagnostic::{Span, Told},
    playbook::{Argument, Foreign, Keyword, Play, Routed, Task},
    template::Env,
    value::{Dict, Template, Value},
};

const WHOLE_ARGUMENTS: &str = "Using a template for task args is unsafe in some situations (see https://docs.ansible.com/ansible/devel/reference_appendices/faq.html#argsplat-unsafe).";

/// Evaluates a task's arguments; what is omitted is not there.
pub(super) fn evaluate(
    task: &Task,
    env: &Env<'_>,
    run: &Run,
    play: &Play,
) -> Result<Dict, Failure> {
    let mut args = module_defaults(task, env, run, play)?;
    let around = |failure: Failure| {
        let action = shown_name(task);
        let message = format!("Finalization of task args for '{action}' failed");
        failure.inside(message, Some(&task.action_span))
    };
    for (whole, span) in &task.args.whole {
        // Facts stand among the variables: a host could bring arguments into a mapping that is one template.
        if run.settings.inject_facts_as_vars.value {
            env.tell(Told::warning(WHOLE_ARGUMENTS, Some(span)));
        }
        let value =
            env.eval(whole).map_err(|error| around(Failure::template(&error, "", Some(span))))?;
        match value {
            Value::Dict(dict) => {
                args.extend(dict.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            Value::Omit => (),
            text if task.foreign.as_ref().is_some_and(Foreign::takes_text) => {
                args.insert("_raw_params", text);
            }
            other => {
                let kind = other.type_name();
                let message = format!("Task args must resolve to a 'dict' not '{kind}'.");
                return Err(around(Failure::at(Some(span), message)));
            }
        }
    }
    // In the order of their names, whatever the task's is: what fails first and what lookups do tells of it.
    let mut entries: Vec<&Argument> = task.args.entries.iter().collect();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    for Argument { name: key, value, span, place } in entries {
        let place = value.template_span().unwrap_or(place);
        let evaluated = match &*task.action {
            "assert" if &**key == "that" => Ok(env.conditions(value)),
            _ => env.eval(value),
        };
        let value = evaluated.map_err(|error| {
            let shown = match &**key {
                "file" if &*task.action == "include_tasks" => "_raw_params",
                key => key,
            };
            let prefix = format!("Error while resolving value for '{shown}': ");
            around(Failure::template(&error, &prefix, Some(place)))
        })?;
        let name = match &*task.action {
            "set_fact" => name_of(key, span, env)?,
            _ => Value::str(&**key),
        };
        if matches!(value, Value::Omit) {
            // What defaults or an expression brought is omitted, too.
            args.remove_value(&name);
        } else {
            args.insert(name, value);
        }
    }
    Ok(sorted(args))
}

/// The arguments in the order of their names.
fn sorted(args: Dict) -> Dict {
    if args.keys().is_sorted_by_key(|name| name.as_str()) {
        return args;
    }
    let mut sorted: Vec<(Value, Value)> =
        args.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    sorted.sort_by_cached_key(|(name, _)| name.to_text());
    sorted.into_iter().collect()
}

/// A name that is an expression: `set_fact: {"{{ name }}": value}`.
fn name_of(key: &str, span: &crate::diagnostic::Span, env: &Env<'_>) -> Result<Value, Failure> {
    if !Template::is_in(key) {
        return Ok(Value::str(key));
    }
    let template = Value::Template(std::sync::Arc::new(Template::new(key, Some(span.clone()))));
    match env.eval(&template) {
        Ok(value) => Ok(value),
        Err(error) => Err(Failure::template(&error, "", Some(span))),
    }
}

/// The action's whole name: `ansible.builtin.debug`.
pub(super) fn full_name(task: &Task) -> String {
    crate::actions::full_name(&task.action)
}

/// What `module_defaults` say for this action: those of its groups, then its own; of each the nearest level's as a whole.
pub(super) fn module_defaults(
    task: &Task,
    env: &Env<'_>,
    run: &Run,
    play: &Play,
) -> Result<Dict, Failure> {
    let inherited = task.level.inherited(Keyword::ModuleDefaults);
    if inherited.is_empty() {
        return Ok(Dict::new());
    }
    let full = led_name(task, run, play);
    let chosen = chosen_module(task, env);
    let mut groups: Vec<(String, Value, Span)> = Vec::new();
    let (mut own, mut of_chosen) = (None, None);
    for (value, span) in inherited {
        // Names of actions may be expressions only where the whole keyword is one.
        let value = match value {
            Value::Template(_) => {
                env.eval(value).map_err(|error| Failure::template(&error, "", Some(span)))?
            }
            value => value.clone(),
        };
        let levels: Vec<&Value> = match &value {
            Value::List(list) => list.iter().collect(),
            one => vec![one],
        };
        for (name, args) in levels.into_iter().filter_map(Value::as_dict).flat_map(Dict::iter) {
            let name = name.to_text();
            if let Some(group) = name.strip_prefix("group/") {
                groups.retain(|(have, ..)| have != group);
                groups.push((group.to_owned(), args.clone(), span.clone()));
            } else if is_name_of(&name, task, &full, run, play) {
                own = Some((args.clone(), span.clone()));
            } else if chosen.is_some() && crate::actions::resolve(&name) == chosen {
                of_chosen = Some((args.clone(), span.clone()));
            }
        }
    }
    let groups = groups.into_iter().filter(|(group, ..)| {
        run.collections.is_in_group(&play.dir, group, &full).unwrap_or_default()
    });
    let mut found = Dict::new();
    if let Some((args, span)) = of_chosen {
        let args = env.eval(&args).map_err(|error| Failure::template(&error, "", Some(&span)))?;
        let taken =
            |name: &str| &*task.action == "package" || matches!(name, "name" | "state" | "enabled");
        let args = args.as_dict().into_iter().flat_map(Dict::iter);
        let args = args.filter(|(name, _)| name.as_str().is_some_and(taken));
        found.extend(args.map(|(name, value)| (name.clone(), value.clone())));
    }
    for (args, span) in groups.map(|(_, args, span)| (args, span)).chain(own) {
        let args = env.eval(&args).map_err(|error| Failure::template(&error, "", Some(&span)))?;
        let Value::Dict(args) = args else {
            no_arguments(&args)?;
            continue;
        };
        let given = args.iter().filter(|(_, value)| !matches!(value, Value::Omit));
        found.extend(given.map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(found)
}

/// Refuses defaults that are no dictionary, as Python does where it makes one of them.
fn no_arguments(given: &Value) -> Result<(), Failure> {
    let message = match given {
        Value::Str(text) if text.is_empty() => return Ok(()),
        Value::Str(_) => {
            "dictionary update sequence element #0 has length 1; 2 is required".to_owned()
        }
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            format!("'{}' object is not iterable", given.type_name())
        }
        _ => return Ok(()),
    };
    Err(Failure::at(None, message))
}

/// Returns whether an action that has defaults is the task's, be it under a name that collections redirect.
fn is_name_of(name: &str, task: &Task, resolved: &str, run: &Run, play: &Play) -> bool {
    if let Some(known) = crate::actions::resolve(name) {
        return known == &*task.action;
    }
    let name = crate::actions::short_name(name);
    name == crate::actions::short_name(&task.action)
        || match run.collections.route(&play.dir, name) {
            Routed::Name(name) => {
                name == resolved
                    || crate::actions::published(&name).as_deref() == Some(resolved)
                    || crate::actions::resolve(&name) == Some(&*task.action)
            }
            Routed::Removed(_) => false,
        }
}

/// The name of what does the task in messages: a file beside the playbook or in a role has no collection.
fn shown_name(task: &Task) -> String {
    let name = resolved_name(task);
    if name.starts_with("ansible.legacy.") {
        return task.action.to_string();
    }
    name
}

/// The full name of what does the task, wherever redirects and `collections` led.
pub(super) fn resolved_name(task: &Task) -> String {
    let of_collection = task.foreign.as_ref().and_then(|foreign| {
        let (Foreign::Module(path) | Foreign::Action(path)) = foreign;
        let mut parts = path.iter().map(|part| part.to_string_lossy());
        parts.find(|part| part == "ansible_collections")?;
        let (namespace, collection) = (parts.next()?, parts.next()?);
        let stem = path.file_stem()?.to_string_lossy();
        Some(format!("{namespace}.{collection}.{stem}"))
    });
    of_collection.unwrap_or_else(|| match &task.foreign {
        Some(_) => format!("ansible.legacy.{}", crate::actions::short_name(&task.action)),
        None => full_name(task),
    })
}

/// The full name under which groups hold the task's action: a module stays itself where another action does its part.
fn led_name(task: &Task, run: &Run, play: &Play) -> String {
    let name = resolved_name(task);
    let collection = name.rsplit_once('.').map_or("", |(collection, _)| collection);
    let written = &*task.action;
    let full =
        if written.contains('.') { written.to_owned() } else { format!("{collection}.{written}") };
    match run.collections.route(&play.dir, &full) {
        Routed::Name(full) if run.collections.module(&play.dir, &full).is_some() => full,
        _ => name,
    }
}

/// Returns the module that `service` or `package` stands for on this host, as far as its facts tell: its defaults count, too.
fn chosen_module(task: &Task, env: &Env<'_>) -> Option<&'static str> {
    let fact = match &*task.action {
        "service" => "ansible_service_mgr",
        "package" => "ansible_pkg_mgr",
        _ => return None,
    };
    let manager = env.value(fact).ok().flatten()?.to_text();
    crate::actions::resolve(&manager)
}
