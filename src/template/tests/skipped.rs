//! `skipped`: whether a task was skipped.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "skipped",
    aliases: &["skip"],
    summary: "Whether a result says that the task was skipped",
    params: &[],
    examples: &[("{{ {'skipped': true} is skipped }}", "True"), ("{{ {} is skip }}", "False")],
    takes_undefined: false,
    call: |call| {
        Ok(super::result(call, "skipped")?.get("skipped").is_some_and(crate::value::Value::is_true))
    },
};
