//! `false`: whether it is false itself.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "false",
    aliases: &[],
    summary: "Whether it is false",
    params: &[],
    examples: &[("{{ false is false }}", "True"), ("{{ 0 is false }}", "False")],
    takes_undefined: false,
    call: |call| Ok(matches!(call.value, crate::value::Value::Bool(false))),
};
