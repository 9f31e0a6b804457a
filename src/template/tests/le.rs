//! `le`: whether it is at most another value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "le",
    aliases: &["<="],
    summary: "Whether it is at most another value",
    params: &["other"],
    examples: &[("{{ 1 is le 1 }}", "True"), ("{{ 3 is le 2 }}", "False")],
    takes_undefined: false,
    call: |call| super::compared(call, super::Comparison::LessEqual),
};
