//! `divisibleby`: whether a number divides it.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "divisibleby",
    aliases: &[],
    summary: "Whether it can be divided by a number without a rest",
    params: &["num"],
    examples: &[("{{ 6 is divisibleby 3 }}", "True"), ("{{ 5 is divisibleby(2) }}", "False")],
    takes_undefined: false,
    call: |call| {
        let rest = super::remainder(&call.value, call.required(0, "num")?)?;
        Ok(rest == Value::Int(0))
    },
};
