//! `lower`: whether all letters are small.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "lower",
    aliases: &[],
    summary: "Whether all letters are small",
    params: &[],
    examples: &[("{{ 'abc' is lower }}", "True"), ("{{ 'Abc' is lower }}", "False")],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        Ok(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase))
    },
};
