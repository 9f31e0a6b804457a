//! `number`: whether it is a number.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "number",
    aliases: &[],
    summary: "True where the value is a number",
    params: &[],
    examples: &[
        ("{{ 1 is number }}", "True"),
        ("{{ 1.5 is number }}", "True"),
        ("{{ true is number }}", "True"),
        ("{{ '1' is number }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(call.value.as_float().is_some()),
};
