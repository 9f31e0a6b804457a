//! `tagged`: whether a value has any mark; what is not named by an expression has none.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "ansible._protomatter.tagged",
    aliases: &[],
    summary: "Whether a value has a mark",
    params: &[],
    examples: &[
        ("{{ 'a' is ansible._protomatter.tagged }}", "False"),
        ("{{ [1] is ansible._protomatter.tagged }}", "False"),
    ],
    takes_undefined: false,
    call: |_| Ok(false),
};
