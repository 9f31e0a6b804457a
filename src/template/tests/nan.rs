//! `nan`: whether it is not a number.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "nan",
    aliases: &["isnan"],
    summary: "Whether it is the float that is no number",
    params: &[],
    examples: &[("{{ ('nan' | float) is nan }}", "True"), ("{{ 1 is nan }}", "False")],
    takes_undefined: false,
    call: |call| Ok(call.value.as_float().is_some_and(f64::is_nan)),
};
