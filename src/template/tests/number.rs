//! `number`: whether it is a number.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "number",
    aliases: &[],
    summary: "True where the value is a number",
    params: &[],
    examples: &[(
        "{{ 1 is number }} {{ 1.5 is number }} {{ true is number }} {{ '1' is number }}",
        "True True True False",
    )],
    takes_undefined: false,
    call: |call| Ok(call.value.as_float().is_some()),
};
