//! `unreachable`: whether the host could not be reached.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "unreachable",
    aliases: &[],
    summary: "Whether a result says that the host was not reached",
    params: &[],
    examples: &[
        ("{{ {'unreachable': true} is unreachable }}", "True"),
        ("{{ {} is unreachable }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let result = super::result(call, "unreachable")?;
        Ok(result.get("unreachable").is_some_and(crate::value::Value::is_true))
    },
};
