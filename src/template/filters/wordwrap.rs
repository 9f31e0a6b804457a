//! `wordwrap`: text in lines of a width.

use super::Filter;
use crate::template::wrapping::{Breaks, wrap};

pub(super) static UNIT: Filter = Filter {
    name: "wordwrap",
    aliases: &[],
    summary: "Text in lines of at most so many letters",
    params: &["width", "break_long_words", "wrapstring", "break_on_hyphens"],
    examples: &[
        ("{{ 'a b c d' | wordwrap(3) }}", "a b\nc d"),
        ("{{ 'abcdefgh ij' | wordwrap(4) }}", "abcd\nefgh\nij"),
        ("{{ 'abcdefgh ij' | wordwrap(4, false, '|') }}", "abcdefgh|ij"),
    ],
    takes_undefined: false,
    call: |call| {
        let given = call.int(0, 79)?;
        let Some(width) = usize::try_from(given).ok().filter(|width| *width > 0) else {
            return Err(format!("invalid width {given} (must be > 0)").into());
        };
        let breaks = Breaks { width, long_words: call.flag(1, true), hyphens: call.flag(3, true) };
        let separator = call.text(2, &call.eval.code.options.newline_sequence);
        let text = call.text_with("splitlines")?;
        let mut wrapped = Vec::new();
        for line in crate::value::lines(&text, false) {
            wrapped.push(wrap(line, breaks).join(&separator));
        }
        Ok(wrapped.join(&separator).into())
    },
};
