//! `defined`: whether a name or an attribute has a value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "defined",
    aliases: &[],
    summary: "Whether it is defined, be it as None",
    params: &[],
    examples: &[("{{ nothing is defined }}", "False"), ("{{ none is defined }}", "True")],
    takes_undefined: true,
    call: |call| Ok(!call.value.is_undefined()),
};
