//! `even`: whether a number is even.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "even",
    aliases: &[],
    summary: "Whether a number is even",
    params: &[],
    examples: &[("{{ 2 is even }}", "True"), ("{{ 3 is even }}", "False")],
    takes_undefined: false,
    call: |call| Ok(super::remainder(&call.value, &Value::Int(2))? == Value::Int(0)),
};
