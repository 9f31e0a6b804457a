//! Lists as sets that keep their order, several at once.

use std::collections::HashSet;

use crate::{
    template::filters::{Answer, Invocation},
    value::Value,
};

/// Combines the input and all arguments, one after another.
pub(super) fn folded(
    call: &mut Invocation<'_, '_>,
    name: &str,
    combine: fn(&[Value], &[Value]) -> Vec<Value>,
) -> Answer {
    if let Some((other, _)) = call.keywords.iter().find(|(known, _)| &**known != "flatten") {
        return Err(format!("{name}() got unexpected keywords arguments: {other}").into());
    }
    let mut lists: Vec<Value> =
        std::iter::once(call.value.clone()).chain(call.rest.clone()).collect();
    if call.keyword("flatten").is_some_and(|flatten| matches!(flatten, Value::Bool(true))) {
        lists = crate::template::lookups::flattened(&lists, 1);
    }
    let mut lists = lists.into_iter();
    let Some(first) = lists.next() else { return Ok(call.value.clone()) };
    let mut result: Option<Vec<Value>> = None;
    for other in lists {
        let left = match &result {
            Some(result) => result.clone(),
            None => items(&first).ok_or("'NotImplementedType' object is not iterable")?,
        };
        let Some(right) = items(&other) else {
            let found = other.type_name();
            return Err(format!("can only concatenate list (not \"{found}\") to list").into());
        };
        result = Some(combine(&left, &right));
    }
    Ok(result.map_or(first, Value::from))
}

fn items(value: &Value) -> Option<Vec<Value>> {
    value.as_list().map(|items| items.to_vec())
}

fn distinct<'v>(items: impl Iterator<Item = &'v Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(*item)).cloned().collect()
}

pub(super) fn union(left: &[Value], right: &[Value]) -> Vec<Value> {
    distinct(left.iter().chain(right))
}

pub(super) fn intersection(left: &[Value], right: &[Value]) -> Vec<Value> {
    let right: HashSet<&Value> = right.iter().collect();
    distinct(left.iter().filter(|item| right.contains(item)))
}

pub(super) fn difference(left: &[Value], right: &[Value]) -> Vec<Value> {
    let right: HashSet<&Value> = right.iter().collect();
    distinct(left.iter().filter(|item| !right.contains(item)))
}

pub(super) fn symmetric_difference(left: &[Value], right: &[Value]) -> Vec<Value> {
    [difference(left, right), difference(right, left)].concat()
}
