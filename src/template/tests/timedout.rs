//! `timedout`: whether a task ran out of time.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "timedout",
    aliases: &[],
    summary: "Whether a result says that the task ran out of time",
    params: &[],
    examples: &[
        ("{{ {'timedout': {'period': 1}} is timedout }}", "True"),
        ("{{ {} is timedout }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let result = super::result(call, "timedout")?;
        let period = result.get("timedout").and_then(|limit| limit.get("period"));
        Ok(period.is_some_and(crate::value::Value::is_true))
    },
};
