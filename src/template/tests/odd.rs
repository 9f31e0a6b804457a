//! `odd`: whether a number is odd.

use super::Test;
use crate::value::{Operator, Value};

pub(super) static UNIT: Test = Test {
    name: "odd",
    aliases: &[],
    summary: "Whether a number is odd",
    params: &[],
    examples: &[("{{ 3 is odd }} {{ 2 is odd }}", "True False")],
    takes_undefined: false,
    call: |call| Ok(Operator::Rem.apply(&call.value, &Value::Int(2))? == Value::Int(1)),
};
