//! What a module was called with, as results tell it: every argument, those that were not given with their defaults.

use windlass_modules::spec::{Arg, FromArg, Json, Kind};
use windlass_protocol::TaskRequest;

use crate::value::{Dict, Value};

/// What stands for an argument that nobody must see.
const SECRET: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

/// Returns `invocation` of a module's result; nothing for a module that is not ours.
pub(super) fn describe(request: &TaskRequest) -> Option<Value> {
    // Another's program tells itself.
    let is_own = request.module != "windlass_foreign";
    let module = windlass_modules::find(&request.module).filter(|_| is_own)?;
    let mut args = Dict::new();
    // The order in which they were given does not matter: the reference sorts what it shows.
    for arg in module.spec.args() {
        if !arg.hidden {
            tell(arg, request, &mut args);
        }
    }
    if module.spec.free_form {
        free_form(request, &mut args);
    }
    Some(Value::dict([(Value::str("module_args"), Value::from(args))]))
}

fn tell(arg: &Arg, request: &TaskRequest, args: &mut Dict) {
    let mut found = None;
    for name in std::iter::once(&arg.name).chain(arg.aliases) {
        let Some(given) = request.args.get(*name) else { continue };
        found.get_or_insert(given);
        if name != &arg.name {
            args.insert(*name, shown(arg, given));
        }
    }
    let value = match (found, arg.default) {
        (Some(given), _) => shown(arg, given),
        (None, Some(default)) => shown(arg, &Json::from(default)),
        (None, None) => Value::None,
    };
    args.insert(arg.name, value);
}

/// A value as the module reads it.
fn shown(arg: &Arg, given: &Json) -> Value {
    if arg.secret && !given.is_null() {
        return Value::str(SECRET);
    }
    let read = match arg.kind {
        Kind::Bool => bool::from_arg(given).ok().map(Json::from),
        Kind::Int => i64::from_arg(given).ok().map(Json::from),
        Kind::Float => f64::from_arg(given).ok().map(Json::from),
        Kind::Str | Kind::Path if !given.is_null() => String::from_arg(given).ok().map(Json::from),
        Kind::List if !given.is_null() => match arg.elements {
            Some(Kind::Str | Kind::Path) => Vec::<String>::from_arg(given).ok().map(Json::from),
            Some(Kind::Int) => Vec::<i64>::from_arg(given).ok().map(Json::from),
            _ => None,
        },
        _ => None,
    };
    Value::from(read.unwrap_or_else(|| given.clone()))
}

/// `command` and `shell` are one module there, with the text and the difference in arguments of their own.
fn free_form(request: &TaskRequest, args: &mut Dict) {
    let short = request.module.rsplit('.').next().unwrap_or_default();
    let raw = request.args.get("_raw_params").map_or(Value::None, |text| Value::from(text.clone()));
    args.insert("_raw_params", raw);
    if matches!(short, "command" | "shell") {
        args.insert("_uses_shell", short == "shell");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(module: &str, args: Json) -> String {
        let Json::Object(args) = args else { unreachable!() };
        let request = TaskRequest { module: module.to_owned(), args, ..TaskRequest::default() };
        describe(&request).map(|value| value.to_repr()).unwrap_or_default()
    }

    #[test]
    fn arguments_are_told_with_their_defaults_and_types() {
        insta::assert_snapshot!(described("ping", json!({})), @"{'module_args': {'data': 'pong'}}");
        let text = described("stat", json!({"name": "/x", "follow": "yes"}));
        assert!(text.contains("'path': '/x'") && text.contains("'name': '/x'"), "{text}");
        assert!(text.contains("'follow': True"), "{text}");
        let text = described("user", json!({"name": "a", "password": "secret"}));
        assert!(text.contains(SECRET) && !text.contains("'secret'"), "{text}");
        assert_eq!(described("nobodys", json!({})), "");
    }
}
