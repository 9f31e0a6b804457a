//! `ge`: whether it is at least another value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "ge",
    aliases: &[">="],
    summary: "Whether it is at least another value",
    params: &["other"],
    examples: &[("{{ 1 is ge 1 }}", "True"), ("{{ 1 is ge 2 }}", "False")],
    takes_undefined: false,
    call: |call| super::compared(call, super::Comparison::GreaterEqual),
};
