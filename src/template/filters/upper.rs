//! `upper`: text in large letters.

use super::Filter;
use crate::{template::methods::in_ascii, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "upper",
    aliases: &[],
    summary: "Text in large letters",
    params: &[],
    examples: &[("{{ 'abc' | upper }} {{ 'ß' | upper }}", "ABC SS")],
    takes_undefined: false,
    call: |call| {
        Ok(match &call.value {
            Value::Str(text) if text.is_ascii() => in_ascii(text, str::make_ascii_uppercase),
            other => other.to_text().to_uppercase().into(),
        })
    },
};
