//! `length`: how many items, entries or letters there are.

use super::Filter;
use crate::template::objects::{Range, downcast};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "length",
    aliases: &["count"],
    summary: "How many items, entries or letters there are",
    params: &[],
    examples: &[
        ("{{ [1, 2] | length }} {{ 'é' | count }} {{ {} | length }}", "2 1 0"),
        (
            "{{ 5 | length }}",
            "The filter plugin 'ansible.builtin.length' failed: object of type 'int' has no len()",
        ),
        ("{{ range(7) | length }}", "7"),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::Str(text) => Ok(text.chars().count().into()),
        Value::List(list) | Value::Tuple(list) => Ok(list.len().into()),
        Value::Dict(dict) => Ok(dict.len().into()),
        Value::Bytes(bytes) => Ok(bytes.len().into()),
        Value::Object(object) => match (downcast::<Range>(&call.value), object.items()) {
            (Some(range), _) => Ok(range.len().into()),
            (None, Some(items)) => Ok(items.len().into()),
            _ => Err(no_length(&call.value)),
        },
        other => Err(no_length(other)),
    },
};

fn no_length(value: &Value) -> super::Refusal {
    format!("object of type '{}' has no len()", value.type_name()).into()
}
