//! `filter`: whether there is a filter of this name.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "filter",
    aliases: &[],
    summary: "Whether there is a filter of this name",
    params: &[],
    examples: &[("{{ 'upper' is filter }}", "True"), ("{{ 'nope' is filter }}", "False")],
    takes_undefined: false,
    call: |call| super::is_name(call, crate::template::filters::exists),
};
