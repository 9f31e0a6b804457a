//! How values leave a template: nothing undefined in them, tuples as lists.

use super::{TemplateError, evaluator::Result};
use crate::value::{Dict, List, Value};

/// What an inline `if` without `else` gives: nothing, which is empty text where text is wanted.
pub(super) const NO_ELSE: &str =
    "Error rendering template: Type 'Undefined' is unsupported for variable storage.";

/// Returns whether there is nothing in a value to evaluate, to look into or to change.
pub(crate) fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::None)
}

/// Returns whether an undefined value is that of an inline `if` without `else`.
pub(crate) fn is_lenient(value: &Value) -> bool {
    matches!(value, Value::Undefined(undefined) if undefined.message == NO_ELSE)
}

/// Returns a value as a variable could hold it; what shows the variables of a host becomes a dictionary where it is
/// `handed_over`, to a task and not to another template.
pub(super) fn plain(value: Value, handed_over: bool) -> Result<Value> {
    let needs_work = |item: &Value| {
        !matches!(
            item,
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)
        )
    };
    match &value {
        Value::Undefined(undefined) => Err((&**undefined).into()),
        Value::List(list) => {
            if !list.iter().any(needs_work) {
                return Ok(value);
            }
            plain_items(list, handed_over)
        }
        Value::Tuple(list) => plain_items(list, handed_over),
        Value::Dict(dict) => {
            if !dict.iter().any(|(key, value)| needs_work(value) || matches!(key, Value::Tuple(_)))
            {
                return Ok(value);
            }
            let mut entries = Dict::with_capacity(dict.len());
            for (key, value) in dict.iter() {
                if matches!(key, Value::Tuple(_) | Value::List(_)) {
                    return Err(TemplateError::runtime("unhashable type: 'list'"));
                }
                entries.insert(key.clone(), plain(value.clone(), handed_over)?);
            }
            Ok(entries.into())
        }
        Value::Object(object) if super::time::is_tuple(object.type_name()) => {
            match object.items() {
                Some(items) => plain_items(&items, handed_over),
                None => Ok(value),
            }
        }
        Value::Object(object) if handed_over => match object.mapping() {
            Some(entries) => plain(Value::Dict(entries), handed_over),
            None => Ok(value),
        },
        _ => Ok(value),
    }
}

/// Returns whether a value is a tuple, or a list that holds one.
pub(super) fn holds_tuple(value: &Value) -> bool {
    match value {
        Value::Tuple(_) => true,
        Value::List(items) => items.iter().any(|item| matches!(item, Value::Tuple(_))),
        _ => false,
    }
}

/// Returns what stands in a text for a value whose tuples have names for their parts: those do not become lists there.
pub(super) fn shown(value: &Value) -> Option<Value> {
    let is_named = |value: &Value| matches!(value, Value::Object(object) if super::time::is_tuple(object.type_name()));
    match value {
        Value::List(items) => items.iter().any(is_named).then(|| value.clone()),
        other => is_named(other).then(|| value.clone()),
    }
}

fn plain_items(list: &List, handed_over: bool) -> Result<Value> {
    let items = list.iter().map(|item| plain(item.clone(), handed_over));
    Ok(items.collect::<Result<Vec<Value>>>()?.into())
}

/// Returns a value without what is omitted inside of it.
pub(super) fn without_omitted(value: &Value) -> Value {
    let stays = |value: &&Value| !matches!(value, Value::Omit);
    match value {
        Value::List(list) if value.is_lazy() => {
            Value::list(list.iter().filter(stays).map(without_omitted).collect::<Vec<_>>())
        }
        Value::Dict(dict) if value.is_lazy() => {
            let entries = dict.iter().filter(|(_, value)| stays(value));
            let entries = entries.map(|(key, value)| (key.clone(), without_omitted(value)));
            entries.collect::<Dict>().into()
        }
        other => other.clone(),
    }
}
