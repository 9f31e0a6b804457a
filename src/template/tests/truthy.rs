//! `truthy`: whether it is true as Python sees it.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "truthy",
    aliases: &[],
    summary: "Whether Python takes it for true",
    params: &["convert_bool"],
    examples: &[
        ("{{ 'a' is truthy }}", "True"),
        ("{{ 'no' is truthy(convert_bool=true) }}", "False"),
        ("{{ 'yes' is truthy(convert_bool=true) }}", "True"),
        ("{{ [] is truthy }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(super::truth(&call.value, call.flag(0, false))),
};
