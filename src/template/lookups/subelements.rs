//! `subelements`: each item with each of the items in one of its lists.

use super::{Found, Lookup, Query};
use crate::value::{Dict, Value};

pub(super) static UNIT: Lookup = Lookup {
    name: "subelements",
    aliases: &[],
    summary: "Each item with each item of one of its lists",
    examples: &[
        (
            "{{ query('subelements', [{'n': 'a', 'k': [1, 2]}], 'k') }}",
            "[[{'n': 'a'}, 1], [{'n': 'a'}, 2]]",
        ),
        ("{{ query('subelements', [{'n': 'a'}], 'k', {'skip_missing': true}) }}", "[]"),
    ],
    run,
};

const USAGE: &str = "subelements lookup expects a list of two or three items,";

fn run(query: &mut Query<'_, '_>) -> Found {
    let (items, path, skip) = asked(&query.terms)?;
    if items.get("skipped").is_some_and(|skipped| *skipped != Value::Bool(false)) {
        return Ok(Vec::new());
    }
    let items = match items {
        Value::Dict(dict) => dict.values().cloned().collect(),
        other => super::as_items(other),
    };
    let path: Vec<&str> = path.split('.').collect();
    let mut found = Vec::new();
    for item in items {
        if item.get("skipped").is_some_and(Value::is_true) {
            continue;
        }
        let Value::Dict(dict) = &item else {
            return Err(format!(
                "subelements lookup expects a dictionary, got '{}'",
                item.to_text()
            )
            .into());
        };
        let mut list = Some(item.clone());
        for (at, key) in path.iter().enumerate() {
            let around = list.take().unwrap_or_default();
            list = around.get(key).cloned();
            let is_last = at + 1 == path.len();
            match &list {
                None if !skip => {
                    return Err(format!(
                        "could not find '{key}' key in iterated item '{}'",
                        around.to_repr()
                    )
                    .into());
                }
                None => break,
                Some(Value::Dict(_)) => (),
                Some(_) if !is_last && skip => {
                    list = None;
                    break;
                }
                Some(other) if !is_last => {
                    return Err(format!(
                        "the key {key} should point to a dictionary, got '{}'",
                        other.to_text()
                    )
                    .into());
                }
                Some(_) => (),
            }
        }
        let list = match list {
            Some(Value::List(list)) => list,
            Some(other) => {
                return Err(format!(
                    "the key {} should point to a list, got '{}'",
                    path.join("."),
                    other.to_text()
                )
                .into());
            }
            None => continue,
        };
        let rest = without(dict, &path);
        found.extend(list.iter().map(|element| Value::list([rest.clone(), element.clone()])));
    }
    Ok(found)
}

/// Returns what is asked for: the items, the path to their lists, and whether an item may have none.
fn asked(terms: &[Value]) -> Result<(&Value, &str, bool), super::LookupError> {
    let (items, path, flags) = match terms {
        [items @ (Value::Dict(_) | Value::List(_) | Value::Tuple(_)), Value::Str(path)] => {
            return Ok((items, path, false));
        }
        [items @ (Value::Dict(_) | Value::List(_) | Value::Tuple(_)), Value::Str(path), flags] => {
            (items, path, flags)
        }
        [_, _] | [_, _, _] => {
            return Err(format!(
                "{USAGE} first a dict or a list, second a string pointing to the subkey"
            )
            .into());
        }
        _ => return Err(USAGE.into()),
    };
    let Value::Dict(flags) = flags else {
        return Err(match flags {
            Value::Str(_) => {
                format!("{USAGE} the optional third item must be a dict with flags skip_missing")
            }
            other => format!("'{}' object is not iterable", other.type_name()),
        }
        .into());
    };
    let skip = match flags.get("skip_missing") {
        Some(Value::Str(text)) => {
            matches!(text.to_lowercase().as_str(), "true" | "yes" | "1" | "on")
        }
        given => given.is_some_and(Value::is_true),
    };
    Ok((items, path, skip))
}

/// The dict without what the path leads to.
fn without(dict: &Dict, path: &[&str]) -> Value {
    let mut rest = dict.clone();
    if let [key, deeper @ ..] = path {
        match rest.get(key) {
            Some(Value::Dict(inner)) if !deeper.is_empty() => {
                let inner = without(inner, deeper);
                rest.insert(*key, inner);
            }
            _ => {
                rest.remove(key);
            }
        }
    }
    Value::from(rest)
}
