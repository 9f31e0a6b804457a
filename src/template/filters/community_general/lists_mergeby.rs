//! `lists_mergeby`: lists of dictionaries as one, by a key.

use std::sync::Arc;

use super::Filter;
use super::python_class;
use crate::{
    template::{
        filters::{
            as_dict,
            combine::{merge_options, merged},
        },
        sequence::sort_by_key,
    },
    value::{Dict, List, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.lists_mergeby",
    aliases: &[],
    summary: "Lists of dictionaries as one: those with the same value of a key become one",
    params: &["*", "**"],
    examples: &[
        (
            "{{ [{'n':1,'a':1},{'n':2}] | community.general.lists_mergeby([{'n':1,'b':2}], 'n') }}",
            "[{'n': 1, 'a': 1, 'b': 2}, {'n': 2}]",
        ),
        (
            "{{ [{'n':1,'l':[1]}] | community.general.lists_mergeby([{'n':1,'l':[2]}], 'n', list_merge='append') }}",
            "[{'n': 1, 'l': [1, 2]}]",
        ),
        (
            "{{ [{'n':1,'l':{'x':1}}] | community.general.lists_mergeby([{'n':1,'l':{'y':2}}], 'n', recursive=true) }}",
            "[{'n': 1, 'l': {'x': 1, 'y': 2}}]",
        ),
        (
            "{{ [[{'n':1,'a':1}],[{'n':1,'b':2}]] | community.general.lists_mergeby('n') }}",
            "[{'n': 1, 'a': 1, 'b': 2}]",
        ),
        (
            "{{ [{'n':1,'a':1}, 3] | community.general.lists_mergeby('n') }}",
            "[{'n': 1, 'a': 1}, 3]",
        ),
        (
            "{{ [{'n':1}] | community.general.lists_mergeby('ab', 'n') }}",
            "The filter plugin 'community.general.lists_mergeby' failed: Elements of list arguments for lists_mergeby must be dictionaries. a is <class 'str'>",
        ),
        (
            "{{ [{'n':2},{'z':1}] | community.general.lists_mergeby([{'n':3}], 'n') }}",
            "[{'n': 2}, {'n': 3}]",
        ),
        (
            "{{ [{'n':1}] | community.general.lists_mergeby }}",
            "The filter plugin 'community.general.lists_mergeby' failed: At least one list and index are needed.",
        ),
        (
            "{{ [{'n':1}] | community.general.lists_mergeby([1], 'n') }}",
            "The filter plugin 'community.general.lists_mergeby' failed: Elements of list arguments for lists_mergeby must be dictionaries. 1 is <class 'int'>",
        ),
        (
            "{{ 5 | community.general.lists_mergeby([1], 'n') }}",
            "The filter plugin 'community.general.lists_mergeby' failed: All arguments before the argument index for community.general.lists_mergeby must be lists. 5 is <class 'int'>",
        ),
        (
            "{{ [{'x':1}] | community.general.lists_mergeby([{'n':1}], 5) }}",
            "The filter plugin 'community.general.lists_mergeby' failed: First argument after the lists for community.general.lists_mergeby must be string. 5 is <class 'int'>",
        ),
        (
            "{{ [{'n':1}] | community.general.lists_mergeby([{'n':1}], 'n', nope=1) }}",
            "The filter plugin 'community.general.lists_mergeby' failed: 'recursive' and 'list_merge' are the only valid keyword arguments.",
        ),
        (
            "{{ [{'n':'b'},{'n':'a'}] | community.general.lists_mergeby([{'n':1}], 'n') }}",
            "The filter plugin 'community.general.lists_mergeby' failed: '<' not supported between instances of 'int' and 'str'",
        ),
        (
            "{{ [{'n':1}] | community.general.lists_mergeby([{'n':1}], 'n', list_merge='nope') }}",
            "The filter plugin 'community.general.lists_mergeby' failed: merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some((index, lists)) = call.rest.split_last() else {
            return Err("At least one list and index are needed.".into());
        };
        let (recursive, merge) = merge_options(
            call,
            "'recursive' and 'list_merge' are the only valid keyword arguments.",
        )?;
        let mut terms = Vec::new();
        for list in std::iter::once(&call.value).chain(lists) {
            let Some(items) = sequence(list) else {
                return Err(format!("All arguments before the argument index for community.general.lists_mergeby must be lists. {} is {}", list.to_text(), python_class(list)).into());
            };
            match items.iter().map(sequence).collect::<Option<Vec<_>>>() {
                Some(inner) => terms.extend(inner),
                None => terms.push(items),
            }
        }
        if terms.len() < 2 {
            // There is nothing to merge it with, whatever the key.
            return Ok(terms.pop().map_or_else(|| Value::list([]), Value::List));
        }
        let terms: Vec<Value> = terms.iter().flat_map(|list| list.iter().cloned()).collect();
        for term in &terms {
            if as_dict(term).is_none() {
                return Err(format!(
                    "Elements of list arguments for lists_mergeby must be dictionaries. {} is {}",
                    term.to_text(),
                    python_class(term)
                )
                .into());
            }
        }
        let Value::Str(_) = index else {
            return Err(format!("First argument after the lists for community.general.lists_mergeby must be string. {} is {}", index.to_text(), python_class(index)).into());
        };
        let mut by_key = Dict::new();
        for term in &terms {
            let Some(dict) = as_dict(term) else { continue };
            let Some(key) = dict.get_value(index) else { continue };
            let key = call.eval.resolved(key.clone())?;
            if let Some(class) = super::unhashable(&key) {
                return Err(format!("unhashable type: '{class}'").into());
            }
            let combined = match by_key.get_value(&key).and_then(as_dict) {
                Some(known) => merged(&known, &dict, recursive, &merge),
                None => (*dict).clone(),
            };
            by_key.insert(key, Value::from(combined));
        }
        let keyed = by_key.into_iter().collect();
        Ok(sort_by_key(keyed, false)?.into())
    },
};

/// The items of a list, or the letters of a text.
fn sequence(value: &Value) -> Option<Arc<List>> {
    match value {
        Value::Str(text) => {
            Some(Arc::new(text.chars().map(|letter| letter.to_string().into()).collect()))
        }
        Value::List(list) | Value::Tuple(list) => Some(Arc::clone(list)),
        _ => None,
    }
}
