//! `boolean`: whether it is true or false itself.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "boolean",
    aliases: &[],
    summary: "Whether it is a boolean",
    params: &[],
    examples: &[("{{ true is boolean }}", "True"), ("{{ 1 is boolean }}", "False")],
    takes_undefined: false,
    call: |call| Ok(matches!(call.value, crate::value::Value::Bool(_))),
};
