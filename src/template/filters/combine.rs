//! `combine`: dictionaries as one, the later ones first in rank.

use super::{Filter, Invocation, Refusal};
use crate::value::{Dict, List, Undefined, Value};
use std::sync::Arc;

pub(super) static UNIT: Filter = Filter {
    name: "combine",
    aliases: &[],
    summary: "Dictionaries as one, of which the later count; with `recursive` also those within",
    params: &["*", "**"],
    examples: &[
        (
            "{{ {'a': 1, 'b': {'x': 1}} | combine({'b': {'y': 2}, 'c': 3}) }}",
            "{'a': 1, 'b': {'y': 2}, 'c': 3}",
        ),
        (
            "{{ {'b': {'x': 1}} | combine({'b': {'y': 2}}, {'b': {'x': 3}}, recursive=true) }}",
            "{'b': {'x': 3, 'y': 2}}",
        ),
        (
            "{{ {'a': [1, 2]} | combine({'a': [2, 3]}, list_merge='append') }} {{ {'a': [1, 2]} | combine({'a': [2, 3]}, list_merge='append_rp') }} {{ {'a': [1, 2]} | combine({'a': [2, 3]}, list_merge='prepend') }} {{ {'a': [1, 2]} | combine({'a': [2, 3]}, list_merge='prepend_rp') }} {{ {'a': [1, 2]} | combine({'a': [2, 3]}, list_merge='keep') }}",
            "{'a': [1, 2, 2, 3]} {'a': [1, 2, 3]} {'a': [2, 3, 1, 2]} {'a': [2, 3, 1]} {'a': [1, 2]}",
        ),
        ("{{ [{'a': 1}, {'b': 2}] | combine }} {{ {} | combine }}", "{'a': 1, 'b': 2} {}"),
        (
            "{{ {'a': 1} | combine({'a': 2}, list_merge='nope') }}",
            "The filter plugin 'ansible.builtin.combine' failed: merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let (recursive, merge) = merge_options(
            call,
            "'recursive' and 'list_merge' are the only valid keyword arguments",
        )?;
        let mut terms = Vec::new();
        let given: Vec<Value> = std::iter::once(&call.value).chain(&call.rest).cloned().collect();
        super::flatten::flatten(&given, 1, true, &mut terms);
        // The last one is first in rank, and the first to be looked at.
        let Some(mut combined) = terms.pop() else { return Ok(Dict::new().into()) };
        for term in terms.iter().rev() {
            combined = match (super::as_dict(term), super::as_dict(&combined)) {
                (Some(low), Some(high)) => match met(&low, &high, recursive, &merge) {
                    Some(undefined) => return Err(Refusal::Undefined(Arc::clone(undefined))),
                    None => merged(&low, &high, recursive, &merge).into(),
                },
                _ => {
                    if let Some(undefined) = term.first_undefined() {
                        return Err(Refusal::Undefined(Arc::clone(undefined)));
                    }
                    return Err(format!(
                        "failed to combine variables, expected dicts but got a '{}' and a '{}'.",
                        term.type_name(),
                        combined.type_name()
                    )
                    .into());
                }
            };
        }
        Ok(combined)
    },
};

/// Returns whether dictionaries in dictionaries become one, and what lists become.
pub(in crate::template) fn merge_options(
    call: &Invocation<'_, '_>,
    complaint: &str,
) -> Result<(bool, String), Refusal> {
    let known = |name: &str| matches!(name, "recursive" | "list_merge");
    if call.keywords.iter().any(|(name, _)| !known(name)) {
        return Err(complaint.into());
    }
    let recursive = call.keyword("recursive").is_some_and(Value::is_true);
    let merge = call.keyword("list_merge").map_or_else(|| "replace".to_owned(), Value::to_text);
    if !["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"].contains(&&*merge) {
        return Err("merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'".into());
    }
    Ok((recursive, merge))
}

/// Returns what is undefined where two dictionaries are merged: what is only handed on may be, but those of one length
/// are compared first.
fn met<'v>(
    low: &'v Dict,
    high: &'v Dict,
    recursive: bool,
    merge: &str,
) -> Option<&'v Arc<Undefined>> {
    if low.is_empty() {
        return None;
    }
    if low.len() == high.len() {
        for (key, old) in low {
            let Some(new) = high.get_value(key) else { break };
            if let Some(undefined) = old.first_undefined().or_else(|| new.first_undefined()) {
                return Some(undefined);
            }
            if old != new {
                break;
            }
        }
    }
    low.values().chain(high.values()).find_map(Value::as_undefined).or_else(|| {
        high.iter().find_map(|(key, new)| match (low.get_value(key)?, new) {
            (Value::Dict(old), Value::Dict(new)) if recursive => met(old, new, recursive, merge),
            (Value::List(old), Value::List(new)) if merge != "replace" => {
                old.iter().chain(new.iter()).find_map(Value::first_undefined)
            }
            _ => None,
        })
    })
}

/// Returns two dictionaries as one, the second first in rank.
pub(crate) fn merged(low: &Dict, high: &Dict, recursive: bool, merge: &str) -> Dict {
    if !recursive && merge == "replace" {
        let mut merged = low.clone();
        merged.extend(high.iter().map(|(key, value)| (key.clone(), value.clone())));
        return merged;
    }
    let mut result = low.clone();
    for (key, value) in high {
        let combined = match (low.get_value(key), value) {
            (Some(Value::Dict(old)), Value::Dict(new)) if recursive => {
                merged(old, new, recursive, merge).into()
            }
            (Some(Value::List(old)), Value::List(new)) => {
                Value::List(Arc::new(lists(old, new, merge)))
            }
            _ => value.clone(),
        };
        result.insert(key.clone(), combined);
    }
    result
}

fn lists(old: &List, new: &List, merge: &str) -> List {
    let without = |from: &List, other: &List| -> Vec<Value> {
        from.iter().filter(|item| !other.contains(item)).cloned().collect()
    };
    let joined = |first: Vec<Value>, second: &[Value]| {
        first.into_iter().chain(second.iter().cloned()).collect()
    };
    match merge {
        "keep" => old.clone(),
        "append" => joined(old.to_vec(), new),
        "prepend" => joined(new.to_vec(), old),
        "append_rp" => joined(without(old, new), new),
        "prepend_rp" => joined(new.to_vec(), &without(old, new)),
        _ => new.clone(),
    }
}
