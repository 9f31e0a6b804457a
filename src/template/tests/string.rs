//! `string`: whether it is text.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "string",
    aliases: &[],
    summary: "Whether it is text",
    params: &[],
    examples: &[("{{ 'a' is string }}", "True"), ("{{ 1 is string }}", "False")],
    takes_undefined: false,
    call: |call| Ok(matches!(call.value, crate::value::Value::Str(_))),
};
