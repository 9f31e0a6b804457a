//! `contains`: whether a container holds a value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "contains",
    aliases: &[],
    summary: "Whether a container holds a value",
    params: &["value"],
    examples: &[
        ("{{ [1, 2] is contains(1) }}", "True"),
        ("{{ 'abc' is contains('b') }}", "True"),
        ("{{ {'a': 1} is contains('b') }}", "False"),
        ("{{ [[1], [2]] | select('contains', 2) | list }}", "[[2]]"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(crate::template::expression::contains(&call.value, call.required(0, "value")?)?)
    },
};
