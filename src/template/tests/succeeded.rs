//! `succeeded`: whether a task did not fail.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "succeeded",
    aliases: &["success", "successful"],
    summary: "Whether a result says that the task did not fail",
    params: &[],
    examples: &[
        ("{{ {} is succeeded }}", "True"),
        ("{{ {'failed': true} is success }}", "False"),
        ("{{ {'failed': false} is successful }}", "True"),
    ],
    takes_undefined: false,
    call: |call| {
        let result = super::result(call, "failed")?;
        Ok(!result.get("failed").is_some_and(crate::value::Value::is_true))
    },
};
