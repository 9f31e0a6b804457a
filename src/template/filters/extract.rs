//! `extract`: the entry of a container that the input names.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "extract",
    aliases: &[],
    summary: "The entry of a container under this key or index",
    params: &["container", "morekeys"],
    examples: &[
        (
            "{{ 'a' | extract({'a': 1}) }} {{ [0, 2] | map('extract', ['x', 'y', 'z']) | list }}",
            "1 ['x', 'z']",
        ),
        (
            "{{ 'a' | extract({'a': {'b': [1, 2]}}, ['b', 1]) }} {{ 'a' | extract({'a': {'b': 3}}, 'b') }}",
            "2 3",
        ),
        ("{{ 'q' | extract({'a': 1}) }}", "object of type 'dict' has no attribute 'q'"),
    ],
    takes_undefined: false,
    call: |call| {
        let container = call.required(0, "container")?.clone();
        let mut keys = vec![call.value.clone()];
        match call.some(1) {
            Some(Value::List(more)) => keys.extend(more.iter().cloned()),
            Some(key) => keys.push(key.clone()),
            None => (),
        }
        let mut value = container;
        for key in &keys {
            let found = call.eval.item(&value, key)?;
            value = call.eval.resolved(found)?;
        }
        Ok(value)
    },
};
