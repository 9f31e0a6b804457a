//! `reachable`: whether the host could be reached.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "reachable",
    aliases: &[],
    summary: "Whether a result says that the host was reached",
    params: &[],
    examples: &[
        ("{{ {} is reachable }}", "True"),
        ("{{ {'unreachable': true} is reachable }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let result = super::result(call, "reachable")?;
        Ok(!result.get("unreachable").is_some_and(crate::value::Value::is_true))
    },
};
