//! `urn`: whether text is the name of something.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "urn",
    aliases: &[],
    summary: "Whether text is a URN",
    params: &[],
    examples: &[("{{ 'urn:isbn:1' is urn }}", "True"), ("{{ 'http://a' is urn }}", "False")],
    takes_undefined: false,
    call: |call| {
        Ok(matches!(call.value, Value::Str(_))
            && call.input_text().to_lowercase().starts_with("urn:"))
    },
};
