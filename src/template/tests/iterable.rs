//! `iterable`: whether it can be looped over.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "iterable",
    aliases: &[],
    summary: "Whether it can be looped over",
    params: &[],
    examples: &[
        ("{{ [] is iterable }}", "True"),
        ("{{ 'a' is iterable }}", "True"),
        ("{{ 1 is iterable }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::evaluator::items(&call.value).is_ok()),
};
