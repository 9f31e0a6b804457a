//! `replace`: one text in place of another.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "replace",
    aliases: &[],
    summary: "One text in place of another",
    params: &["old", "new", "count"],
    examples: &[
        ("{{ 'foo' | replace('o', '0') }}", "f00"),
        ("{{ 'foo' | replace('o', '0', 1) }}", "f0o"),
        ("{{ 11 | replace('1', '2') }}", "22"),
    ],
    takes_undefined: false,
    call: |call| {
        let (old, new) = (call.required(0, "old")?.to_text(), call.required(1, "new")?.to_text());
        let text = call.input_text();
        Ok(match usize::try_from(call.optional_int(2, -1)?) {
            Ok(count) => text.replacen(&old, &new, count),
            Err(_) => text.replace(&old, &new),
        }
        .into())
    },
};
