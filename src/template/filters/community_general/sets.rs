//! Lists as sets that keep their order, several at once.

use std::collections::HashSet;

use crate::{
    template::{
        evaluator,
        filters::{Answer, Invocation},
    },
    value::{Operator, Value},
};

/// How two lists become one.
#[derive(Clone, Copy)]
pub(super) enum Combine {
    /// From what Python's `+` makes of them.
    Added(fn(&[Value], &[Value]) -> Vec<Value>),
    /// From the items of each.
    Apart(fn(&[Value], &[Value]) -> Vec<Value>),
}

/// Adds as Python does, where the reference's own lists tell numbers something else.
pub(in crate::template) fn added(left: &Value, right: &Value) -> Result<Value, String> {
    let number =
        matches!(left, Value::Int(_) | Value::BigInt(_) | Value::Bool(_) | Value::Float(_));
    if number && matches!(right, Value::List(_)) {
        return Err("'NotImplementedType' object is not iterable".to_owned());
    }
    Operator::Add.apply(left, right)
}

/// Combines the input and all arguments, one after another.
pub(super) fn folded(call: &mut Invocation<'_, '_>, name: &str, combine: Combine) -> Answer {
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
        let left = result.map_or_else(|| first.clone(), Value::from);
        result = Some(match combine {
            Combine::Added(combine) => {
                let both = added(&left, &other)?;
                match (items(&left), items(&other)) {
                    (Some(left), Some(right)) => combine(&left, &right),
                    _ => distinct(evaluator::items(&both)?.iter()),
                }
            }
            Combine::Apart(combine) => {
                combine(&evaluator::items(&left)?, &evaluator::items(&other)?)
            }
        });
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
