//! `lower`: text in small letters.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "lower",
    aliases: &[],
    summary: "Text in small letters",
    params: &[],
    examples: &[("{{ 'ABC' | lower }}", "abc"), ("{{ 1 | lower }}", "1")],
    takes_undefined: false,
    call: |call| Ok(crate::template::methods::lower(&call.input_text())),
};
