//! `ne`: whether two values differ.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "ne",
    aliases: &["!="],
    summary: "Whether it differs from another value",
    params: &["other"],
    examples: &[("{{ 1 is ne 2 }}", "True"), ("{{ 1 is ne 1 }}", "False")],
    takes_undefined: false,
    call: |call| super::compared(call, super::Comparison::NotEqual),
};
