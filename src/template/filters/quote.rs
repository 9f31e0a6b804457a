//! `quote`: text as one word of a shell.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "quote",
    aliases: &[],
    summary: "Text as one word of a shell",
    params: &[],
    examples: &[
        ("{{ \"it's\" | quote }}", "'it'\"'\"'s'"),
        ("{{ 'a-b_c.d/e' | quote }}", "a-b_c.d/e"),
        ("{{ '' | quote }}", "''"),
        ("{{ none | quote }}", "''"),
        ("{{ 'a b' | quote }}", "'a b'"),
    ],
    takes_undefined: false,
    call: |call| {
        let text = if matches!(call.value, crate::value::Value::None) {
            "".into()
        } else {
            call.input_text()
        };
        let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
        if !text.is_empty() && text.chars().all(safe) {
            return Ok(text.into());
        }
        Ok(format!("'{}'", text.replace('\'', "'\"'\"'")).into())
    },
};
