//! `escaped`: whether text needs no escaping any more.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "escaped",
    aliases: &[],
    summary: "Whether text needs no escaping any more",
    params: &[],
    examples: &[("{{ 'a' is escaped }}", "False"), ("{{ 'a' | e is escaped }}", "True")],
    takes_undefined: false,
    call: |call| Ok(call.eval.env.markup.has(&call.value)),
};
