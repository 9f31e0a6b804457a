//! `falsy`: whether it is false as Python sees it.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "falsy",
    aliases: &[],
    summary: "Whether Python takes it for false",
    params: &["convert_bool"],
    examples: &[
        ("{{ '' is falsy }}", "True"),
        ("{{ 'no' is falsy }}", "False"),
        ("{{ 'no' is falsy(convert_bool=true) }}", "True"),
    ],
    takes_undefined: false,
    call: |call| Ok(!super::truth(&call.value, call.flag(0, false))),
};
