//! `test`: whether there is a test of this name.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "test",
    aliases: &[],
    summary: "Whether there is a test of this name",
    params: &[],
    examples: &[("{{ 'odd' is test }}", "True"), ("{{ 'nope' is test }}", "False")],
    takes_undefined: false,
    call: |call| super::is_name(call, super::exists),
};
