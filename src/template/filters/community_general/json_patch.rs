//! `json_patch`: a document with one change.

use super::Filter;
use crate::{
    template::{
        filters::{Answer, Invocation, Refusal},
        json,
        json_patch::{Operation, Refused, apply},
    },
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.json_patch",
    aliases: &[],
    summary: "A document with one change, which a JSON Patch describes",
    params: &["op", "path", "value", "**"],
    examples: &[
        ("{{ [1,2] | community.general.json_patch('add', '/1', 9) }}", "[1, 9, 2]"),
        ("{{ {'a':1} | community.general.json_patch('move', '/b', from='/a') }}", "{'b': 1}"),
        ("{{ {'a':1} | community.general.json_patch('test', '/a', 2) }}", "None"),
        (
            "{{ {'a':1} | community.general.json_patch('remove', '/b') }}",
            "The filter plugin 'community.general.json_patch' failed: json_patch: patch failed: can't remove a non-existent object 'b'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        for (index, name) in ["op", "path"].into_iter().enumerate() {
            call.required(index, name)?;
        }
        only(call, "json_patch", &["from", "fail_test"])?;
        let input = document(&call.value, "json_patch")?;
        let one = operation(
            "json_patch",
            (call.arg(0), call.arg(1)),
            call.keyword("from"),
            Some(call.arg(2).cloned().unwrap_or_default()),
        )?;
        patched(call, "json_patch", input, &[one])
    },
};

/// Refuses named arguments that are not known.
pub(super) fn only(call: &Invocation<'_, '_>, filter: &str, known: &[&str]) -> Result<(), Refusal> {
    let unknown =
        call.keywords.iter().map(|(name, _)| &**name).filter(|name| !known.contains(name));
    let unknown: Vec<&str> = unknown.collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(format!("{filter}: unexpected keywords arguments: {}", unknown.join(", ")).into())
}

/// Returns a document, which may be given as the text of its JSON.
pub(super) fn document(value: &Value, filter: &str) -> Answer {
    match value {
        Value::Str(text) => json::read(text)
            .map_err(|error| format!("{filter}: could not decode JSON from input: {error}").into()),
        Value::Dict(_) | Value::List(_) => Ok(value.clone()),
        _ => Err(format!("{filter}: input is not dictionary, list or string").into()),
    }
}

/// Reads one change.
pub(super) fn operation(
    filter: &str,
    (op, path): (Option<&Value>, Option<&Value>),
    from: Option<&Value>,
    value: Option<Value>,
) -> Result<Operation, Refusal> {
    let text = |name: &str, value: Option<&Value>| match value {
        Some(Value::Str(text)) => Ok(text.to_string()),
        _ => Err(Refusal::Message(format!("{filter}: '{name}' argument is not a string"))),
    };
    let (op, path) = (text("op", op)?, text("path", path)?);
    let from = match from {
        None | Some(Value::None) => None,
        from => Some(text("from", from)?),
    };
    let known = ["add", "copy", "move", "remove", "replace", "test"];
    if !known.contains(&op.as_str()) {
        return Err(format!("{filter}: unsupported 'op' argument: {op}").into());
    }
    if matches!(op.as_str(), "copy" | "move") && from.is_none() {
        return Err(format!("{filter}: 'from' argument missing for '{op}' operation").into());
    }
    Ok(Operation { op, path, from, value })
}

/// Returns a document with changes; where one of them tests in vain, nothing, or a failure if that is asked for.
pub(super) fn patched(
    call: &Invocation<'_, '_>,
    filter: &str,
    document: Value,
    operations: &[Operation],
) -> Answer {
    let fails = call.keyword("fail_test").is_some_and(Value::is_true);
    let mut found = document;
    for operation in operations {
        found = match apply(&found, operation) {
            Ok(found) => found,
            Err(Refused::Test(_)) if !fails => return Ok(Value::None),
            Err(Refused::Test(why)) => {
                return Err(format!("{filter}: test operation failed: {why}").into());
            }
            Err(Refused::Patch(why)) => {
                return Err(format!("{filter}: patch failed: {why}").into());
            }
        };
    }
    Ok(found)
}
