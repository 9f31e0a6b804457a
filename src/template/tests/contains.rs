//! `contains`: whether a container holds a value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "contains",
    aliases: &[],
    summary: "Whether a container holds a value",
    params: &["value"],
    examples: &[(
        "{{ [1, 2] is contains(1) }} {{ 'abc' is contains('b') }} {{ {'a': 1} is contains('b') }} {{ [[1], [2]] | select('contains', 2) | list }}",
        "True True False [[2]]",
    )],
    takes_undefined: false,
    call: |call| {
        Ok(crate::template::expression::contains(&call.value, call.required(0, "value")?)?)
    },
};
