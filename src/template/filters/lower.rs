//! `lower`: text in small letters.

use super::Filter;
use crate::{template::methods::in_ascii, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "lower",
    aliases: &[],
    summary: "Text in small letters",
    params: &[],
    examples: &[("{{ 'ABC' | lower }} {{ 1 | lower }}", "abc 1")],
    takes_undefined: false,
    call: |call| {
        Ok(match &call.value {
            Value::Str(text) if text.is_ascii() => in_ascii(text, str::make_ascii_lowercase),
            other => other.to_text().to_lowercase().into(),
        })
    },
};
