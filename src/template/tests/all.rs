//! `all`: whether all items are true.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "all",
    aliases: &[],
    summary: "Whether all items are true",
    params: &[],
    examples: &[
        ("{{ [1, true] is all }}", "True"),
        ("{{ [1, 0] is all }}", "False"),
        ("{{ [] is all }}", "True"),
    ],
    takes_undefined: false,
    call: |call| super::has_item(call, false).map(|has| !has),
};
