//! What `select` and its kin, and `min` and `max`, have in common.

use std::{cmp::Ordering, sync::Arc};

use super::{
    evaluator::Passed,
    filters::{Answer, Invocation, Refusal},
    sequence::{attribute, folded},
    tests,
};
use crate::value::Value;

/// Returns the items that a test, or their truth, chooses: by an attribute when asked to.
pub(crate) fn chosen(call: &mut Invocation<'_, '_>, by_attribute: bool, wanted: bool) -> Answer {
    // What is empty or nothing at all has no items, whatever it is.
    let items = if call.value.is_true() { call.items()? } else { Arc::default() };
    let mut rest = call.rest.clone().into_iter();
    let path = match (by_attribute, call.keyword("attribute")) {
        (false, _) => None,
        (true, Some(path)) => Some(path.clone()),
        (true, None) => match rest.next() {
            Some(path) => Some(path),
            None => return Err("Missing parameter for attribute name".into()),
        },
    };
    let test = match rest.next() {
        None => None,
        Some(name) => {
            let name = name.to_text();
            // Where there are no items nobody looks for the test.
            if !items.is_empty() && !tests::exists(&name) {
                return Err(format!("No test named '{name}'.").into());
            }
            Some(name)
        }
    };
    let arguments: Vec<Value> = rest.collect();
    let mut kept = Vec::new();
    for item in items.iter() {
        call.eval.step()?;
        let subject = match &path {
            Some(path) => attribute(call.eval, item, path, None)?,
            None => item.clone(),
        };
        let holds = match &test {
            Some(test) => {
                let named = call.keywords.iter().filter(|(name, _)| &**name != "attribute");
                let passed =
                    Passed { positional: arguments.clone(), named: named.cloned().collect() };
                tests::apply_by_name(call.eval, test, subject, passed)?
            }
            None => match &subject {
                Value::Undefined(undefined) => {
                    return Err(Refusal::Undefined(Arc::clone(undefined)));
                }
                subject => subject.is_true(),
            },
        };
        if holds == wanted {
            kept.push(item.clone());
        }
    }
    Ok(kept.into())
}

/// Returns the item that comes first (`Less`) or last (`Greater`) in order.
pub(crate) fn extreme(call: &mut Invocation<'_, '_>, which: Ordering) -> Answer {
    let case_sensitive = call.flag(0, false);
    let path = call.some(1).cloned();
    let mut best: Option<(Value, Value)> = None;
    for item in call.items()?.iter() {
        let key = match &path {
            Some(path) => attribute(call.eval, item, path, None)?,
            None => item.clone(),
        };
        if let Value::Undefined(undefined) = &key {
            return Err(Refusal::Undefined(Arc::clone(undefined)));
        }
        let key = folded(&key, case_sensitive);
        let operator = if which == Ordering::Less { "<" } else { ">" };
        let better = match &best {
            None => true,
            Some((known, _)) => key.order(known, operator)? == Some(which),
        };
        if better {
            best = Some((key, item.clone()));
        }
    }
    Ok(match best {
        Some((_, item)) => item,
        None => Value::undefined("No aggregated item, sequence was empty."),
    })
}
