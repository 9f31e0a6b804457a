//! `tagged_with`: whether a value has a certain mark; what is not named by an expression has none.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "ansible._protomatter.tagged_with",
    aliases: &[],
    summary: "Whether a value has this mark",
    params: &["tag_name"],
    examples: &[
        ("{{ 'a' is ansible._protomatter.tagged_with('Origin') }}", "False"),
        ("{{ [1] is ansible._protomatter.tagged_with('Origin') }}", "False"),
    ],
    takes_undefined: false,
    call: |_| Ok(false),
};
