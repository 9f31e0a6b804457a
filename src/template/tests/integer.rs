//! `integer`: whether it is a whole number.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "integer",
    aliases: &[],
    summary: "Whether it is an integer",
    params: &[],
    examples: &[
        ("{{ 1 is integer }}", "True"),
        ("{{ 1.0 is integer }}", "False"),
        ("{{ true is integer }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(matches!(call.value, crate::value::Value::Int(_) | crate::value::Value::BigInt(_)))
    },
};
