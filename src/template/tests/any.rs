//! `any`: whether an item is true.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "any",
    aliases: &[],
    summary: "Whether an item is true",
    params: &[],
    examples: &[
        ("{{ [0, true] is any }}", "True"),
        ("{{ [0] is any }}", "False"),
        ("{{ [] is any }}", "False"),
    ],
    takes_undefined: false,
    call: |call| super::has_item(call, true),
};
