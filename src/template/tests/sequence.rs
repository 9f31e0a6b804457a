//! `sequence`: whether it has a length and items by number.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "sequence",
    aliases: &[],
    summary: "Whether it has items by number",
    params: &[],
    examples: &[(
        "{{ [] is sequence }} {{ 'a' is sequence }} {{ {} is sequence }} {{ 1 is sequence }}",
        "True True True False",
    )],
    takes_undefined: false,
    call: |call| {
        Ok(match &call.value {
            crate::value::Value::Object(object) => object.items().is_some(),
            other => crate::template::evaluator::items(other).is_ok(),
        })
    },
};
