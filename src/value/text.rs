//! What Python's `str()` and `repr()` give for a value.

use std::{fmt::Write, sync::LazyLock};

use regex::Regex;

use super::Value;

impl Value {
    /// Returns what Python's `str()` gives.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text);
        text
    }

    /// Appends what Python's `str()` gives.
    pub fn write_text(&self, out: &mut String) {
        match self {
            Value::Str(text) => out.push_str(text),
            Value::Template(template) => out.push_str(&template.text),
            Value::Encrypted(encrypted) => out.push_str(&encrypted.text),
            Value::Object(object) => out.push_str(&object.to_text()),
            other => other.write_repr(out),
        }
    }

    /// Returns what Python's `repr()` gives.
    pub fn to_repr(&self) -> String {
        let mut text = String::new();
        self.write_repr(&mut text);
        text
    }

    /// Appends what Python's `repr()` gives.
    pub fn write_repr(&self, out: &mut String) {
        match self {
            Value::None => out.push_str("None"),
            Value::Bool(true) => out.push_str("True"),
            Value::Bool(false) => out.push_str("False"),
            Value::Int(number) => out.push_str(itoa::Buffer::new().format(*number)),
            Value::BigInt(number) => push(out, number),
            Value::Float(number) => out.push_str(&float_text(*number)),
            Value::Str(text) => write_quoted(text, out),
            Value::Template(template) => write_quoted(&template.text, out),
            Value::Encrypted(encrypted) => write_quoted(&encrypted.text, out),
            Value::Bytes(bytes) => out.push_str(&windlass_modules::text::bytes_repr(bytes)),
            Value::List(list) => write_items(list, "[", "]", out),
            Value::Tuple(list) if list.len() == 1 => write_items(list, "(", ",)", out),
            Value::Tuple(list) => write_items(list, "(", ")", out),
            Value::Dict(dict) => {
                out.push('{');
                for (index, (key, value)) in dict.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    key.write_repr(out);
                    out.push_str(": ");
                    value.write_repr(out);
                }
                out.push('}');
            }
            Value::Undefined(_) => out.push_str("Undefined"),
            Value::Object(object) => out.push_str(&object.to_repr()),
            Value::Omit => out.push_str("<<Omit>>"),
        }
    }
}

fn push(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a string does not fail.
    let _ = write!(out, "{value}");
}

fn write_items(items: &[Value], open: &str, close: &str, out: &mut String) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        item.write_repr(out);
    }
    out.push_str(close);
}

/// Returns a float as Python writes it: the shortest digits that read back the same, an exponent below 1e-4 and from 1e16.
pub fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// What Python's `str.isprintable` denies.
static UNPRINTABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[\p{C}\p{Zl}\p{Zp}\p{Zs}]$").ok());

/// Returns the lines as Python's `splitlines` gives them, with their ends where `keep` says so.
pub fn lines(text: &str, keep: bool) -> Vec<&str> {
    let is_end = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(at) = rest.find(is_end) else {
            lines.push(rest);
            break;
        };
        let end = match rest[at..].strip_prefix("\r\n") {
            Some(_) => at + 2,
            None => at + rest[at..].chars().next().map_or(1, char::len_utf8),
        };
        lines.push(if keep { &rest[..end] } else { &rest[..at] });
        rest = &rest[end..];
    }
    lines
}

/// Returns whether `repr()` shows a character as it is.
pub fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    let mut buffer = [0; 4];
    let text: &str = character.encode_utf8(&mut buffer);
    UNPRINTABLE.as_ref().is_none_or(|pattern| !pattern.is_match(text))
}

fn write_quoted(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => match u32::from(c) {
                code @ 0..=0xff => push(out, format_args!("\\x{code:02x}")),
                code @ 0x100..=0xffff => push(out, format_args!("\\u{code:04x}")),
                code => push(out, format_args!("\\U{code:08x}")),
            },
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_written_with_all_their_digits() {
        for number in [0, 7, -1, 10, 1234, i64::MAX, i64::MIN] {
            assert_eq!(Value::Int(number).to_text(), number.to_string());
        }
    }

    #[test]
    fn floats_look_as_in_python() {
        for (number, text) in [
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (3.0, "3.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.5e300, "1.5e+300"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(float_text(number), text);
        }
    }

    #[test]
    fn text_is_quoted_as_in_python() {
        for (text, quoted) in [
            ("a'b", "\"a'b\""),
            ("it's \"q\"", "'it\\'s \"q\"'"),
            ("\u{200b}\u{7}\u{85}😀ü", "'\\u200b\\x07\\x85😀ü'"),
        ] {
            assert_eq!(Value::str(text).to_repr(), quoted);
        }
        assert_eq!(Value::Tuple(std::sync::Arc::new(vec![Value::Int(1)].into())).to_repr(), "(1,)");
    }
}
