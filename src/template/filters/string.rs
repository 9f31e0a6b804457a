//! `string`: a value as text.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "string",
    aliases: &[],
    summary: "A value as text",
    params: &[],
    examples: &[
        ("{{ 1 | string }}", "1"),
        ("{{ [1, 'a'] | string }}", "[1, 'a']"),
        ("{{ none | string }}", "None"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::value::Value::Str(call.input_text())),
};
