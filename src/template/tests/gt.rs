//! `gt`: whether it is greater than another value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "gt",
    aliases: &[">", "greaterthan"],
    summary: "Whether it is greater than another value",
    params: &["other"],
    examples: &[
        ("{{ 2 is gt 1 }} {{ 1 is greaterthan 1 }}", "True False"),
        (
            "{{ 2 is gt 'a' }}",
            "The test plugin 'ansible.builtin.gt' failed: '>' not supported between instances of 'int' and 'str'",
        ),
    ],
    takes_undefined: false,
    call: |call| super::compared(call, super::Comparison::Greater),
};
