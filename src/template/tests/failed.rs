//! `failed`: whether a task failed.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "failed",
    aliases: &["failure"],
    summary: "Whether a result says that the task failed",
    params: &[],
    examples: &[
        (
            "{{ {'failed': true} is failed }} {{ {} is failed }} {{ {'failed': false} is failure }}",
            "True False False",
        ),
        (
            "{{ 5 is failed }}",
            "The test plugin 'ansible.builtin.failed' failed: The 'failed' test expects a dictionary",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(super::result(call, "failed")?.get("failed").is_some_and(crate::value::Value::is_true))
    },
};
