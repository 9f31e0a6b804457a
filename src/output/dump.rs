//! Results as JSON text, as Python's `json.dumps` writes it.

use std::fmt::Write as _;

use crate::{
    value::{Dict, Value},
    yaml::{Style, write as write_yaml},
};

/// What keys begin with that are nobody's but the machine's.
pub(super) const OWN: &str = "_ansible_";

/// Leaves out of dictionaries in a result what is for the machine.
pub(super) fn without_own(value: &Value) -> Value {
    let is_own = |key: &Value| key.as_str().is_some_and(|key| key.starts_with(OWN));
    match value {
        _ if !has_own(value) => value.clone(),
        Value::Dict(dict) => {
            let shown = dict.iter().filter(|(key, _)| !is_own(key));
            Value::dict(shown.map(|(key, value)| (key.clone(), without_own(value))))
        }
        Value::List(items) => Value::list(items.iter().map(without_own)),
        other => other.clone(),
    }
}

fn has_own(value: &Value) -> bool {
    match value {
        Value::Dict(dict) => dict.iter().any(|(key, value)| {
            key.as_str().is_some_and(|key| key.starts_with(OWN)) || has_own(value)
        }),
        Value::List(items) => items.iter().any(has_own),
        _ => false,
    }
}

/// How results are laid out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    pub indent: Option<usize>,
    pub sort_keys: bool,
    /// What stands between items on one line: `, `, or `,` in one-line output.
    pub tight: bool,
}

/// Returns the JSON of a result with its keys sorted, on one line or indented.
pub fn dump(result: &Dict, indent: Option<usize>) -> String {
    dump_with(result, Layout { indent, sort_keys: true, tight: false })
}

/// Returns the YAML of a result, each line indented, after a line end.
pub(super) fn dump_yaml(result: &Dict, indent: usize, lossy: bool) -> String {
    // What is shown exactly as it is has PyYAML's own indentation.
    let indentation = if lossy { i32::try_from(indent).unwrap_or(4) } else { 2 };
    let style = Style { indent: indentation, flow: Some(false), blocks: true, ..Style::default() };
    let mut shown = result.clone();
    for (text, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        // The text says it all, line by line.
        if lossy && shown.contains_key(text) && shown.contains_key(lines) {
            shown.insert(lines, "<omitted>");
        }
    }
    let shown = Value::from(shown);
    let value = if lossy { readable(&shown) } else { shown };
    let text = write_yaml(&value, &style).unwrap_or_else(|_| dump(result, None));
    let mut out = String::new();
    for line in text.trim_end().lines() {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
    out
}

/// Texts without what would keep YAML from showing them as lines.
fn readable(value: &Value) -> Value {
    match value {
        Value::Str(text) if !text.contains('\n') => Value::Str(std::sync::Arc::clone(text)),
        Value::Str(text) => {
            let lines: Vec<String> = text
                .trim_end()
                .replace('\t', "        ")
                .replace('\r', "")
                .split('\n')
                .map(|line| line.trim_end_matches(' ').to_owned())
                .collect();
            Value::str(lines.join("\n"))
        }
        Value::List(items) | Value::Tuple(items) => Value::list(items.iter().map(readable)),
        Value::Dict(dict) => {
            let entries = dict.iter().map(|(key, value)| (key.clone(), readable(value)));
            Value::Dict(std::sync::Arc::new(entries.collect()))
        }
        other => other.clone(),
    }
}

/// Returns the JSON of a value on one line, its keys in their order.
pub fn dump_value(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, Layout::default(), 0);
    out
}

/// Returns the JSON of a result in this layout.
pub(super) fn dump_with(result: &Dict, layout: Layout) -> String {
    let mut out = String::new();
    write_dict(&mut out, result, layout, 0);
    out
}

fn write_value(out: &mut String, value: &Value, layout: Layout, depth: usize) {
    match value {
        Value::None | Value::Undefined(_) | Value::Omit => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => drop(write!(out, "{number}")),
        Value::BigInt(number) => drop(write!(out, "{number}")),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::Str(text) => write_text(out, text),
        Value::Bytes(bytes) => write_text(out, &String::from_utf8_lossy(bytes)),
        Value::List(items) | Value::Tuple(items) => {
            write_items(out, layout, depth, ['[', ']'], items.iter(), |out, item| {
                write_value(out, item, layout, depth + 1);
            });
        }
        Value::Dict(dict) => write_dict(out, dict, layout, depth),
        Value::Template(template) => write_text(out, &template.text),
        Value::Encrypted(_) => write_text(out, "<vault>"),
        Value::Object(object) => {
            write_text(out, &object.to_plain().unwrap_or_else(|| object.to_text()));
        }
    }
}

fn write_dict(out: &mut String, dict: &Dict, layout: Layout, depth: usize) {
    let mut entries: Vec<(String, &Value)> =
        dict.iter().map(|(key, value)| (key.key_text(), value)).collect();
    if layout.sort_keys {
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    write_items(out, layout, depth, ['{', '}'], entries.iter(), |out, (key, value)| {
        write_text(out, key);
        out.push_str(": ");
        write_value(out, value, layout, depth + 1);
    });
}

fn write_items<T>(
    out: &mut String,
    layout: Layout,
    depth: usize,
    brackets: [char; 2],
    items: impl ExactSizeIterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    out.push(brackets[0]);
    let is_empty = items.len() == 0;
    for (at, item) in items.enumerate() {
        match layout.indent {
            Some(_) if at > 0 => out.push(','),
            None if at > 0 => out.push_str(if layout.tight { "," } else { ", " }),
            _ => (),
        }
        new_line(out, layout, depth + 1);
        write(out, item);
    }
    if !is_empty {
        new_line(out, layout, depth);
    }
    out.push(brackets[1]);
}

fn new_line(out: &mut String, layout: Layout, depth: usize) {
    if let Some(indent) = layout.indent {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent * depth));
    }
}

fn float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        crate::value::float_text(number)
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}
