//! `sameas`: whether two values are the same object.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "sameas",
    aliases: &[],
    summary: "Whether it is the same object as another value",
    params: &["other"],
    examples: &[
        ("{{ true is sameas true }}", "True"),
        ("{{ none is sameas none }}", "True"),
        ("{{ 1 is sameas 1.0 }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let other = call.required(0, "other")?;
        Ok(call.value.type_name() == other.type_name() && call.value == *other)
    },
};
