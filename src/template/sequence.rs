//! What filters over sequences share: attributes by path, keys that ignore case, sorting.

use std::cmp::Ordering;

use super::evaluator::{Evaluator, Result};
use crate::value::Value;

/// Returns an item's attribute by a dotted path or an index; the default stands for what is not there.
pub(crate) fn attribute(
    eval: &Evaluator<'_>,
    item: &Value,
    path: &Value,
    default: Option<&Value>,
) -> Result<Value> {
    let mut value = item.clone();
    let step = |eval: &Evaluator<'_>, value: Value, key: &Value| {
        let found = eval.item(&value, key)?;
        let found = eval.resolved(found)?;
        Ok(match default {
            Some(default) if found.is_undefined() => default.clone(),
            _ => found,
        })
    };
    match path {
        Value::Str(path) => {
            for part in path.split('.') {
                let key = match part.parse::<i64>() {
                    Ok(index) if part.bytes().all(|byte| byte.is_ascii_digit()) => {
                        Value::Int(index)
                    }
                    _ => Value::str(part),
                };
                value = step(eval, value, &key)?;
            }
            Ok(value)
        }
        key => step(eval, value, key),
    }
}

/// Returns a key for comparing: text in small letters unless case counts.
pub(crate) fn folded(value: &Value, case_sensitive: bool) -> Value {
    match value {
        Value::Str(text) if !case_sensitive => text.to_lowercase().into(),
        other => other.clone(),
    }
}

/// Returns the values in the order of their keys; equal ones keep their order, also when reversed.
pub(crate) fn sort_by_key<T>(
    mut keyed: Vec<(Value, T)>,
    reverse: bool,
) -> std::result::Result<Vec<T>, String> {
    let mut failure = None;
    if reverse {
        // As Python does it: equal items keep their order, and what cannot be compared is met from the end.
        keyed.reverse();
    }
    keyed.sort_by(|(a, _), (b, _)| match a.order(b, "<") {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(message) => {
            failure.get_or_insert(message);
            Ordering::Equal
        }
    });
    match failure {
        Some(message) => Err(message),
        None if reverse => Ok(keyed.into_iter().rev().map(|(_, value)| value).collect()),
        None => Ok(keyed.into_iter().map(|(_, value)| value).collect()),
    }
}
