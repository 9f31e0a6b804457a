//! `in`: whether a container holds it.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "in",
    aliases: &[],
    summary: "Whether a container holds it",
    params: &["seq"],
    examples: &[
        ("{{ 1 is in [1] }}", "True"),
        ("{{ 'b' is in 'abc' }}", "True"),
        ("{{ 3 is in [1] }}", "False"),
    ],
    takes_undefined: false,
    call: |call| super::compared(call, super::Comparison::In),
};
