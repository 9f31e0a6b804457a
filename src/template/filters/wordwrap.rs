//! `wordwrap`: text in lines of a width.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "wordwrap",
    aliases: &[],
    summary: "Text in lines that are no wider than so much",
    params: &["width", "break_long_words", "wrapstring", "break_on_hyphens"],
    examples: &[
        ("{{ 'a b c d' | wordwrap(3) }}", "a b\nc d"),
        ("{{ 'abcdefgh ij' | wordwrap(4) }}", "abcd\nefgh\nij"),
        ("{{ 'abcdefgh ij' | wordwrap(4, false, '|') }}", "abcdefgh|ij"),
    ],
    takes_undefined: false,
    call: |call| {
        let width = usize::try_from(call.int(0, 79)?).unwrap_or(79).max(1);
        let (long, separator) = (call.flag(1, true), call.text(2, "\n"));
        let text = call.text_with("splitlines")?;
        let mut wrapped = Vec::new();
        for line in crate::value::lines(&text, false) {
            wrapped.push(crate::template::sequence::wrap(line, width, long).join(&separator));
        }
        Ok(wrapped.join(&separator).into())
    },
};
