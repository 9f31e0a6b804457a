//! `wordcount`: how many words a text has.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "wordcount",
    aliases: &[],
    summary: "How many words a text has",
    params: &[],
    examples: &[("{{ 'a bc, d_e' | wordcount }}", "3"), ("{{ '' | wordcount }}", "0")],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        Ok(words.filter(|word| !word.is_empty()).count().into())
    },
};
