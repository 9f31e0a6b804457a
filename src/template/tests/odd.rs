//! `odd`: whether a number is odd.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "odd",
    aliases: &[],
    summary: "Whether a number is odd",
    params: &[],
    examples: &[("{{ 3 is odd }}", "True"), ("{{ 2 is odd }}", "False")],
    takes_undefined: false,
    call: |call| Ok(super::remainder(&call.value, &Value::Int(2))? == Value::Int(1)),
};
