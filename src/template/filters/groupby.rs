//! `groupby`: items with the same attribute together.

use super::Filter;
use crate::template::{
    objects::{Group, object},
    sequence::{attribute, folded, sort_by_key},
};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "groupby",
    aliases: &[],
    summary: "Groups of items that share an attribute",
    params: &["attribute", "default", "case_sensitive"],
    examples: &[
        (
            "{{ [{'g': 'x', 'n': 1}, {'g': 'Y', 'n': 2}, {'g': 'x', 'n': 3}] | groupby('g') }}",
            "[['x', [{'g': 'x', 'n': 1}, {'g': 'x', 'n': 3}]], ['Y', [{'g': 'Y', 'n': 2}]]]",
        ),
        (
            "{% for k, v in [{'g': 1, 'n': 1}, {'g': 1, 'n': 2}] | groupby('g') %}{{ k }}:{{ v | length }}{% endfor %}",
            "1:2",
        ),
        (
            "{% for g in [{'g': 1}] | groupby('g') %}{{ g.grouper }}={{ g.list }}{% endfor %}",
            "1=[{'g': 1}]",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.required(0, "attribute")?.clone();
        // What is undefined fails in the reference before its default could stand for it.
        let case_sensitive = call.flag(2, false);
        let mut keyed = Vec::new();
        for item in call.items()?.iter() {
            let key = attribute(call.eval, item, &path, None)?;
            if let Value::Undefined(undefined) = &key {
                return Err(super::Refusal::Undefined(undefined.clone()));
            }
            let pair = Value::Tuple(std::sync::Arc::new(vec![key.clone(), item.clone()].into()));
            keyed.push((folded(&key, case_sensitive), pair));
        }
        let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
        for pair in sort_by_key(keyed, false)? {
            let Value::Tuple(pair) = pair else { continue };
            let key = folded(&pair[0], case_sensitive);
            match groups.last_mut().filter(|(known, ..)| *known == key) {
                Some((_, _, items)) => items.push(pair[1].clone()),
                None => groups.push((key, pair[0].clone(), vec![pair[1].clone()])),
            }
        }
        let group = |(_, key, items): (Value, Value, Vec<Value>)| object(Group(key, items.into()));
        Ok(Value::list(groups.into_iter().map(group)))
    },
};
