//! `true`: whether it is true itself.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "true",
    aliases: &[],
    summary: "Whether it is true",
    params: &[],
    examples: &[("{{ true is true }}", "True"), ("{{ 1 is true }}", "False")],
    takes_undefined: false,
    call: |call| Ok(matches!(call.value, crate::value::Value::Bool(true))),
};
