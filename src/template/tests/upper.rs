//! `upper`: whether all letters are large.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "upper",
    aliases: &[],
    summary: "Whether all letters are large",
    params: &[],
    examples: &[("{{ 'ABC' is upper }}", "True"), ("{{ 'Abc' is upper }}", "False")],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        Ok(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase))
    },
};
