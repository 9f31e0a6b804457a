//! `started`: whether an asynchronous task has begun.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "started",
    aliases: &[],
    summary: "Whether an asynchronous task has started",
    params: &[],
    examples: &[
        ("{{ {'started': 1} is started }}", "True"),
        ("{{ {'started': 0} is started }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let result = super::result(call, "started")?;
        Ok(result.get("started").is_none_or(crate::value::Value::is_true))
    },
};
