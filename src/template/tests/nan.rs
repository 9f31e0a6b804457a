//! `nan`: whether it is not a number.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "nan",
    aliases: &["isnan"],
    summary: "Whether it is the float that is no number",
    params: &[],
    examples: &[("{{ ('nan' | float) is nan }} {{ 1 is nan }}", "True False")],
    takes_undefined: false,
    call: |call| match call.value.as_float() {
        Some(number) => Ok(number.is_nan()),
        None if matches!(call.value, Value::Str(_)) => Ok(false),
        None => Err(format!("must be real number, not {}", call.value.type_name()).into()),
    },
};
