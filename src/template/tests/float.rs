//! `float`: whether it is a number with a fraction.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "float",
    aliases: &[],
    summary: "Whether it is a float",
    params: &[],
    examples: &[("{{ 1.0 is float }}", "True"), ("{{ 1 is float }}", "False")],
    takes_undefined: false,
    call: |call| Ok(matches!(call.value, crate::value::Value::Float(_))),
};
