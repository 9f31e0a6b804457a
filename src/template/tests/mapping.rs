//! `mapping`: whether it is a dictionary.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "mapping",
    aliases: &[],
    summary: "Whether it is a dictionary",
    params: &[],
    examples: &[("{{ {} is mapping }}", "True"), ("{{ [] is mapping }}", "False")],
    takes_undefined: false,
    call: |call| Ok(call.dict().is_some()),
};
