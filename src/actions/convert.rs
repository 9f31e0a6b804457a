//! The types of arguments: whether a value can become one, in the reference's words where it cannot.

use windlass_modules::spec::{Bytes, FromArg, JsonMap};

use crate::{
    executor::{Call, Failure},
    template::filters::Given,
    value::Value,
};

/// Returns how Python names the class of a value that stands in a playbook.
pub(super) fn class(value: &Value) -> String {
    match value.tagged_type_name() {
        Some(name) => format!("<class 'ansible.module_utils._internal._datatag.{name}'>"),
        None => format!("<class '{}'>", value.type_name()),
    }
}

/// Refuses what is wrong with the arguments of a plugin of `ansible.utils`.
pub(super) fn right(given: Given, plugin: &str) -> Result<(), Failure> {
    let wrong = given.into_wrong();
    if wrong.is_empty() {
        return Ok(());
    }
    let failure = Failure::action(format!("argspec validation failed for {plugin} module plugin"));
    Err(failure.with("errors", Value::list(wrong.into_iter().map(Value::from))))
}

/// Returns an argument, under any of its names, that has to be of a type, or why it is not, in the words of the reference's checks.
pub(super) fn typed(call: &Call<'_>, names: &[&str], kind: &str) -> Result<Option<Value>, Failure> {
    let Some(value) = names.iter().find_map(|name| call.args.get(name)) else {
        return Ok(None);
    };
    let found = match kind {
        "str_or_list_of_str" => match value {
            Value::Str(_) => Ok(value.clone()),
            Value::List(list) if list.iter().all(|item| item.as_str().is_some()) => {
                Ok(value.clone())
            }
            _ => Err("a string or list of strings is required".to_owned()),
        },
        kind => convert(value, kind),
    };
    found.map(Some).map_err(|why| {
        let (name, of) = (names[0], value.type_name());
        Failure::plain(format!(
            "argument '{name}' is of type {of} and we were unable to convert to {kind}: {why}"
        ))
    })
}

/// Returns the value as this type, or why it cannot be that.
pub(super) fn convert(value: &Value, kind: &str) -> Result<Value, String> {
    let json = value.to_json();
    let no = |what: &str| Err(format!("{} cannot be converted to {what}", class(value)));
    match kind {
        "bits" if matches!(value, Value::None) => no("a Bit value"),
        "str" if !matches!(value, Value::None) => Ok(Value::str(value.to_text())),
        "str" | "path" | "raw" => Ok(value.clone()),
        "bool" => match <bool as FromArg>::from_arg(&json) {
            Ok(truth) => Ok(Value::Bool(truth)),
            Err(_) if matches!(value, Value::None | Value::List(_) | Value::Dict(_)) => {
                no("a bool")
            }
            Err(_) => Err(format!(
                "The value '{}' is not a valid boolean. Valid booleans include: 0, 1, 'f', 'no', '0', 'on', 'false', 'yes', 'off', 'n', 't', 'y', '1', 'true'",
                value.to_text()
            )),
        },
        "int" if matches!(value, Value::Bool(_)) => Ok(value.clone()),
        "int" => match <i64 as FromArg>::from_arg(&json) {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => Err(format!("\"{}\" cannot be converted to an int", value.to_repr())),
        },
        "float" => match <f64 as FromArg>::from_arg(&json) {
            Ok(number) => Ok(Value::from(serde_json::Value::from(number))),
            Err(_) => no("a float"),
        },
        "list" => match value {
            Value::List(_) | Value::Tuple(_) => Ok(value.clone()),
            Value::Str(text) => Ok(Value::list(text.split(',').map(Value::str))),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                Ok(Value::list([Value::str(value.to_text())]))
            }
            _ => no("a list"),
        },
        "dict" => match value {
            Value::Dict(_) => Ok(value.clone()),
            Value::Str(_) => match <JsonMap as FromArg>::from_arg(&json) {
                Ok(map) => Ok(Value::from(serde_json::Value::Object(map))),
                Err(_) => Err("dictionary requested, could not parse JSON or key=value".to_owned()),
            },
            _ => no("a dict"),
        },
        "bytes" => match <Bytes as FromArg>::from_arg(&json) {
            Ok(_) => Ok(value.clone()),
            Err(_) => no("a Byte value"),
        },
        "bits" => match <Bytes as FromArg>::from_arg(&json) {
            Ok(_) => Ok(value.clone()),
            Err(_) => no("a Bit value"),
        },
        "json" | "jsonarg" => match value {
            Value::Str(_) | Value::List(_) | Value::Dict(_) | Value::Tuple(_) => Ok(value.clone()),
            _ => no("a json string"),
        },
        _ => Err("'NoneType' object is not callable".to_owned()),
    }
}
