//! `pprint`: a value as Python writes it. The reference's containers are its own, which `pprint` does not lay out.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "pprint",
    aliases: &[],
    summary: "A value as Python writes it",
    params: &[],
    examples: &[
        ("{{ [3, 'a', none] | pprint }}", "[3, 'a', None]"),
        ("{{ {'b': 1, 'a': 2} | pprint }}", "{'b': 1, 'a': 2}"),
        (
            "{{ ('word ' * 20) | pprint }}",
            "('word word word word word word word word word word word word word word word '\n 'word word word word word ')",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(match &call.value {
            Value::Str(text) => laid_out(text).into(),
            other => other.to_repr().into(),
        })
    },
};

/// Columns of a line.
const WIDTH: usize = 80;

/// A text as Python's `pprint` writes it: one that is wider than a line in pieces of whole words, in parentheses.
fn laid_out(text: &str) -> String {
    let whole = repr(text);
    if width(&whole) <= WIDTH {
        return whole;
    }
    let mut pieces = Vec::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        // Each line stands behind a parenthesis or a space; the last one has another behind it.
        let room = WIDTH - 1;
        let last = if lines.peek().is_none() { room - 1 } else { room };
        if width(&repr(line)) <= last {
            pieces.push(repr(line));
            continue;
        }
        let mut piece = String::new();
        let mut words = words(line).peekable();
        while let Some(word) = words.next() {
            let longer = format!("{piece}{word}");
            let room = if words.peek().is_none() { last } else { room };
            if width(&repr(&longer)) <= room {
                piece = longer;
                continue;
            }
            if !piece.is_empty() {
                pieces.push(repr(&piece));
            }
            word.clone_into(&mut piece);
        }
        if !piece.is_empty() {
            pieces.push(repr(&piece));
        }
    }
    if pieces.len() == 1 { pieces.remove(0) } else { format!("({})", pieces.join("\n ")) }
}

fn repr(text: &str) -> String {
    Value::str(text).to_repr()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Words, each with the white space behind it.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let end =
            rest[word..].find(|c: char| !c.is_whitespace()).map_or(rest.len(), |at| word + at);
        let (word, behind) = rest.split_at(end);
        rest = behind;
        Some(word)
    })
}
