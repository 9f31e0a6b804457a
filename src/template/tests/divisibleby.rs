//! `divisibleby`: whether a number divides it.

use super::Test;
use crate::value::{Operator, Value};

pub(super) static UNIT: Test = Test {
    name: "divisibleby",
    aliases: &[],
    summary: "Whether a number divides it",
    params: &["num"],
    examples: &[("{{ 6 is divisibleby 3 }} {{ 5 is divisibleby(2) }}", "True False")],
    takes_undefined: false,
    call: |call| {
        let rest = Operator::Rem.apply(&call.value, call.required(0, "num")?)?;
        Ok(rest == Value::Int(0))
    },
};
