//! `map`: each item's attribute, or each item through a filter.

use super::Filter;
use crate::template::{evaluator::Passed, sequence::attribute};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "map",
    aliases: &[],
    summary: "Each item's attribute, or each item through a filter",
    params: &["*", "**"],
    examples: &[
        ("{{ [{'a': {'b': 1}}, {'a': {'b': 2}}] | map(attribute='a.b') | list }}", "[1, 2]"),
        (
            "{{ ['a', 'b'] | map('upper') | list }} {{ [{'a': 1}, {}] | map(attribute='a', default=0) | list }}",
            "['A', 'B'] [1, 0]",
        ),
        ("{{ ['foo'] | map('replace', 'o', '0') | join }}", "f00"),
        (
            "{{ [1] | map('nope') | list }}",
            "The filter plugin 'ansible.builtin.map' failed: No filter named 'nope'.",
        ),
        (
            "{{ [1] | map | list }}",
            "The filter plugin 'ansible.builtin.map' failed: map requires a filter argument",
        ),
        ("{{ [[1, 2], [3, 4]] | map(attribute=0) | list }}", "[1, 3]"),
        ("{{ ['a'] | map('extract', {'a': 1}) | list }}", "[1]"),
    ],
    takes_undefined: false,
    call: |call| {
        // What is empty or nothing at all has no items, whatever it is.
        if !call.value.is_true() {
            return Ok(Value::list([]));
        }
        let items = call.items()?;
        let mut mapped = Vec::with_capacity(items.len());
        if call.rest.is_empty()
            && let Some(path) = call.keyword("attribute").cloned()
        {
            let default =
                call.keyword("default").filter(|value| !matches!(value, Value::None)).cloned();
            for item in items.iter() {
                mapped.push(attribute(call.eval, item, &path, default.as_ref())?);
            }
            return Ok(mapped.into());
        }
        let Some((name, rest)) = call.rest.split_first() else {
            return Err("map requires a filter argument".into());
        };
        let name = name.to_text();
        if !super::exists(&name) {
            return Err(format!("No filter named '{name}'.").into());
        }
        for item in items.iter() {
            call.eval.step()?;
            let passed = Passed { positional: rest.to_vec(), named: call.keywords.clone() };
            mapped.push(super::apply_by_name(call.eval, &name, item.clone(), passed)?);
        }
        Ok(Value::from(mapped))
    },
};
