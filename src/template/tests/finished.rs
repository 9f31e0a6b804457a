//! `finished`: whether an asynchronous task has come to its end.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "finished",
    aliases: &[],
    summary: "Whether an asynchronous task has finished",
    params: &[],
    examples: &[
        ("{{ {'finished': 1} is finished }}", "True"),
        ("{{ {'finished': 0} is finished }}", "False"),
        ("{{ {} is finished }}", "True"),
    ],
    takes_undefined: false,
    call: |call| {
        let result = super::result(call, "finished")?;
        Ok(result.get("finished").is_none_or(crate::value::Value::is_true))
    },
};
