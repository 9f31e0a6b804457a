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
            text @ Value::Str(_) => laid_out(text).into(),
            other => other.to_repr().into(),
        })
    },
};

/// Columns of a line.
const WIDTH: usize = 80;

/// Returns a value as Python's `pprint` writes it: what is wider than a line has a line for each item.
pub(crate) fn laid_out(value: &Value) -> String {
    let mut out = String::new();
    write(value, (0, 0), true, &mut out);
    out
}

/// Writes a value that begins behind `indent` columns, where `allowance` columns are left for what follows it.
fn write(value: &Value, (indent, allowance): (usize, usize), outermost: bool, out: &mut String) {
    let whole = value.to_repr();
    if width(&whole) + indent + allowance <= WIDTH {
        return out.push_str(&whole);
    }
    match value {
        Value::Str(text) => write_text(text, (indent, allowance), outermost, out),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(at, indent, out);
                let behind = if at + 1 == items.len() { allowance + 1 } else { 1 };
                write(item, (indent + 1, behind), false, out);
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (at, (key, item)) in dict.iter().enumerate() {
                separate(at, indent, out);
                let key = key.to_repr();
                out.push_str(&key);
                out.push_str(": ");
                let behind = if at + 1 == dict.len() { allowance + 1 } else { 1 };
                write(item, (indent + width(&key) + 3, behind), false, out);
            }
            out.push('}');
        }
        _ => out.push_str(&whole),
    }
}

fn separate(at: usize, indent: usize, out: &mut String) {
    if at > 0 {
        out.push_str(&format!(",\n{:1$}", "", indent + 1));
    }
}

/// Writes a text in pieces of whole words, in parentheses where it is the whole value.
fn write_text(
    text: &str,
    (mut indent, mut allowance): (usize, usize),
    outermost: bool,
    out: &mut String,
) {
    if outermost {
        // Each piece stands behind a parenthesis or a space; the last one has another behind it.
        (indent, allowance) = (indent + 1, allowance + 1);
    }
    let room = WIDTH.saturating_sub(indent);
    let last_room = room.saturating_sub(allowance);
    let mut pieces = Vec::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let last = if lines.peek().is_none() { last_room } else { room };
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
    let joined = pieces.join(&format!("\n{:indent$}", ""));
    if pieces.len() > 1 && outermost {
        out.push_str(&format!("({joined})"));
    } else {
        out.push_str(&joined);
    }
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
