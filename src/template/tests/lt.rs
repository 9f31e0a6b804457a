//! `lt`: whether it is less than another value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "lt",
    aliases: &["<", "lessthan"],
    summary: "Whether it is less than another value",
    params: &["other"],
    examples: &[("{{ 1 is lt 2 }}", "True"), ("{{ 1 is lessthan 1 }}", "False")],
    takes_undefined: false,
    call: |call| super::compared(call, super::Comparison::Less),
};
