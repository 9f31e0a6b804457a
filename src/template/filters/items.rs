//! `items`: a dictionary's entries as pairs.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "items",
    aliases: &[],
    summary: "A dictionary's entries as pairs",
    params: &[],
    examples: &[
        ("{{ {'a': 1} | items | list }}", "[['a', 1]]"),
        (
            "{{ [1] | items }}",
            "The filter plugin 'ansible.builtin.items' failed: Can only get item pairs from a mapping.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(dict) = call.dict() else {
            return Err("Can only get item pairs from a mapping.".into());
        };
        let pair = |(key, value): (&Value, &Value)| {
            Value::Tuple(std::sync::Arc::new(vec![key.clone(), value.clone()].into()))
        };
        Ok(Value::list(dict.iter().map(pair)))
    },
};
