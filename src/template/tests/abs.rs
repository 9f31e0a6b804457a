//! `abs`: whether a path starts at the root.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "abs",
    aliases: &["is_abs"],
    summary: "Whether a path is absolute",
    params: &[],
    examples: &[("{{ '/a' is abs }}", "True"), ("{{ 'a' is abs }}", "False")],
    takes_undefined: false,
    call: |call| Ok(call.path()?.starts_with('/')),
};
