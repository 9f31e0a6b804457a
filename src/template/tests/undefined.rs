//! `undefined`: whether a name or an attribute has no value.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "undefined",
    aliases: &[],
    summary: "Whether it is not defined",
    params: &[],
    examples: &[("{{ nothing is undefined }}", "True"), ("{{ none is undefined }}", "False")],
    takes_undefined: true,
    call: |call| Ok(call.value.is_undefined()),
};
