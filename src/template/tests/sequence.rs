//! `sequence`: whether it has a length and items by number.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "sequence",
    aliases: &[],
    summary: "Whether it has a length and items: lists, texts, dictionaries",
    params: &[],
    examples: &[
        ("{{ [] is sequence }}", "True"),
        ("{{ 'a' is sequence }}", "True"),
        ("{{ {} is sequence }}", "True"),
        ("{{ 1 is sequence }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(match &call.value {
            crate::value::Value::Object(object) => object.items().is_some(),
            other => crate::template::evaluator::items(other).is_ok(),
        })
    },
};
