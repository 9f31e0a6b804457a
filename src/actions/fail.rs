//! `fail`: fails with a message.

use super::Action;
use crate::{
    executor::{Call, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action =
    Action { name: "fail", args: &["msg"], open: false, needs_host: false, run };

#[expect(clippy::unnecessary_wraps, reason = "every action may fail")]
fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let message = call
        .args
        .get("msg")
        .cloned()
        .unwrap_or_else(|| Value::str("Failed as requested from task"));
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("failed", true);
    result.insert("msg", message);
    Ok(Step::Done(result))
}
