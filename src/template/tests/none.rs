//! `none`: whether it is None.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "none",
    aliases: &[],
    summary: "Whether it is None",
    params: &[],
    examples: &[("{{ none is none }}", "True"), ("{{ '' is none }}", "False")],
    takes_undefined: false,
    call: |call| Ok(matches!(call.value, crate::value::Value::None)),
};
