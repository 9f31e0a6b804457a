//! `escaped`: whether text is marked as HTML; nothing is, here.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "escaped",
    aliases: &[],
    summary: "Whether text is marked as HTML",
    params: &[],
    examples: &[("{{ 'a' is escaped }}", "False")],
    takes_undefined: false,
    call: |_| Ok(false),
};
