//! `eq`: whether two values are equal.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "eq",
    aliases: &["==", "equalto"],
    summary: "Whether it is equal to another value",
    params: &["other"],
    examples: &[
        ("{{ 1 is eq 1.0 }}", "True"),
        ("{{ 'a' is equalto 'b' }}", "False"),
        ("{{ [1, 2] | select('==', 1) | list }}", "[1]"),
    ],
    takes_undefined: false,
    call: |call| super::compared(call, super::Comparison::Equal),
};
