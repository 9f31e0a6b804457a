//! JSON as Python's `json` writes and reads it.

use std::{fmt::Write, sync::Arc};

use num_bigint::BigInt;

use super::sequence::sort_by_key;
use crate::value::{Dict, Value, float_text};

/// How JSON is laid out.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    pub(crate) indent: Option<i64>,
    pub(crate) sort_keys: bool,
    pub(crate) ensure_ascii: bool,
    pub(crate) item_separator: Option<String>,
    pub(crate) key_separator: String,
    /// Whether keys become texts before anything else, as the reference's own filters have it.
    pub(crate) text_keys: bool,
}

impl Default for Style {
    fn default() -> Style {
        Style {
            indent: None,
            sort_keys: false,
            ensure_ascii: true,
            item_separator: None,
            key_separator: ": ".to_owned(),
            text_keys: false,
        }
    }
}

/// Returns JSON as `json.dumps` writes it.
pub(crate) fn write(value: &Value, style: &Style) -> Result<String, String> {
    let mut out = String::new();
    Writer { style, out: &mut out }.value(value, 0)?;
    Ok(out)
}

/// Returns entries whose keys are texts before they are put in order: what is the same text then is one entry.
fn text_entries(dict: &Dict, sort: bool) -> Result<Vec<(Arc<str>, &Value)>, String> {
    let mut entries = indexmap::IndexMap::with_capacity(dict.len());
    for (key, value) in dict {
        entries.insert(key_text(key)?, value);
    }
    if sort {
        entries.sort_keys();
    }
    Ok(entries.into_iter().collect())
}

/// Returns entries in the order of their keys as they are.
fn entries(dict: &Dict, sort: bool) -> Result<Vec<(Arc<str>, &Value)>, String> {
    let entries = dict.iter().map(|(key, value)| (key.clone(), (key, value))).collect();
    let entries = if sort {
        sort_by_key(entries, false)?
    } else {
        entries.into_iter().map(|(_, entry)| entry).collect()
    };
    entries.into_iter().map(|(key, value)| Ok((key_text(key)?, value))).collect()
}

fn key_text(key: &Value) -> Result<Arc<str>, String> {
    match key {
        Value::Str(text) => Ok(Arc::clone(text)),
        Value::Float(number) => Ok(number_text(*number).into()),
        Value::Tuple(_) | Value::List(_) | Value::Dict(_) => {
            let found = key.type_name();
            Err(format!("keys must be str, int, float, bool or None, not {found}"))
        }
        other => Ok(other.key_text().into()),
    }
}

struct Writer<'w> {
    style: &'w Style,
    out: &'w mut String,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        match value {
            Value::None => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(_) | Value::BigInt(_) => value.write_text(self.out),
            Value::Float(number) => self.out.push_str(&number_text(*number)),
            Value::Str(text) => self.text(text),
            Value::Bytes(bytes) if !self.style.text_keys => {
                self.text(&String::from_utf8_lossy(bytes));
            }
            Value::Bytes(_) => {
                return Err("Object of type bytes is not JSON serializable".to_owned());
            }
            Value::List(items) | Value::Tuple(items) => self.list(items, depth)?,
            Value::Dict(dict) => self.dict(dict, depth)?,
            Value::Undefined(undefined) => return Err(undefined.message.clone()),
            Value::Object(object) => match (object.mapping(), object.items()) {
                (Some(dict), _) => self.dict(&dict, depth)?,
                (None, Some(items)) => self.list(&items, depth)?,
                _ => {
                    if let Some(text) = object.to_plain() {
                        self.text(&text);
                        return Ok(());
                    }
                    let found = object.type_name();
                    return Err(format!("Object of type {found} is not JSON serializable"));
                }
            },
            Value::Omit => {
                return Err("Object of type _OmitType is not JSON serializable".to_owned());
            }
            Value::Template(_) | Value::Encrypted(_) => self.text(&value.to_text()),
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Result<(), String> {
        if items.is_empty() {
            self.out.push_str("[]");
            return Ok(());
        }
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            self.separate(index, depth + 1);
            self.value(item, depth + 1)?;
        }
        self.newline(depth);
        self.out.push(']');
        Ok(())
    }

    fn dict(&mut self, dict: &Dict, depth: usize) -> Result<(), String> {
        let read = if self.style.text_keys { text_entries } else { entries };
        let entries = read(dict, self.style.sort_keys)?;
        if entries.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        self.out.push('{');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            self.separate(index, depth + 1);
            self.text(&key);
            self.out.push_str(&self.style.key_separator);
            self.value(value, depth + 1)?;
        }
        self.newline(depth);
        self.out.push('}');
        Ok(())
    }

    fn separate(&mut self, index: usize, depth: usize) {
        if index > 0 {
            match &self.style.item_separator {
                Some(separator) => self.out.push_str(separator),
                None if self.style.indent.is_some() => self.out.push(','),
                None => self.out.push_str(", "),
            }
        }
        self.newline(depth);
    }

    fn newline(&mut self, depth: usize) {
        if let Some(indent) = self.style.indent {
            self.out.push('\n');
            let width = usize::try_from(indent).unwrap_or(0).min(1000) * depth;
            self.out.push_str(&" ".repeat(width));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for letter in text.chars() {
            match letter {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\x08' => self.out.push_str("\\b"),
                '\x0c' => self.out.push_str("\\f"),
                c if c < ' ' || !c.is_ascii() && self.style.ensure_ascii => {
                    let mut units = [0; 2];
                    for unit in c.encode_utf16(&mut units) {
                        // Writing to a string does not fail.
                        let _ = write!(self.out, "\\u{unit:04x}");
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        float_text(number)
    }
}

/// Reads JSON as `json.loads` does, with its messages.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    Reader { text, at: 0, depth: 0, keeps_bytes: false }.whole()
}

/// Reads JSON in which escapes may stand for bytes that are no UTF-8, as Python has them in text.
pub(crate) fn read_bytes(text: &str) -> Result<Value, String> {
    Reader { text, at: 0, depth: 0, keeps_bytes: true }.whole()
}

struct Reader<'r> {
    text: &'r str,
    at: usize,
    depth: usize,
    keeps_bytes: bool,
}

impl Reader<'_> {
    fn whole(mut self) -> Result<Value, String> {
        self.space();
        let value = self.value()?;
        self.space();
        if self.at < self.text.len() {
            return Err(self.error("Extra data", self.at));
        }
        Ok(value)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn error(&self, message: &str, at: usize) -> String {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{message}: line {line} column {column} (char {})", before.chars().count())
    }

    fn value(&mut self) -> Result<Value, String> {
        for (word, value) in [
            ("null", Value::None),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match self.peek() {
            Some(b'"') => self.string().map(Value::from),
            Some(b'[') => self.nested(Self::list),
            Some(b'{') => self.nested(Self::dict),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.error("Expecting value", self.at)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > 400 {
            return Err(
                "maximum recursion depth exceeded while decoding a JSON document".to_owned()
            );
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Result<Value, String> {
        self.at += 1;
        self.space();
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items.into());
        }
        loop {
            self.space();
            items.push(self.value()?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(items.into());
                }
                _ => return Err(self.error("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn dict(&mut self) -> Result<Value, String> {
        self.at += 1;
        self.space();
        let mut dict = Dict::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(dict.into());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                let message = "Expecting property name enclosed in double quotes";
                return Err(self.error(message, self.at));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.error("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.space();
            let value = self.value()?;
            dict.insert(key, value);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(dict.into());
                }
                _ => return Err(self.error("Expecting ',' delimiter", self.at)),
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(letter) = self.rest().chars().next() else {
                return Err(self.error("Unterminated string starting at", start));
            };
            self.at += letter.len_utf8();
            match letter {
                '"' => return Ok(text),
                '\\' => {
                    let escape = self.rest().chars().next();
                    let Some(escape) = escape else {
                        return Err(self.error("Unterminated string starting at", start));
                    };
                    self.at += escape.len_utf8();
                    text.push(match escape {
                        '"' | '\\' | '/' => escape,
                        'b' => '\x08',
                        'f' => '\x0c',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => self.unicode()?,
                        _ => {
                            return Err(
                                self.error("Invalid \\escape", self.at - 1 - escape.len_utf8())
                            );
                        }
                    });
                }
                c if c < ' ' => return Err(self.error("Invalid control character at", self.at - 1)),
                c => text.push(c),
            }
        }
    }

    fn unit(&mut self) -> Result<u32, String> {
        let unit = self.rest().get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let unit = unit.ok_or_else(|| self.error("Invalid \\uXXXX escape", self.at))?;
        self.at += 4;
        Ok(unit)
    }

    fn unicode(&mut self) -> Result<char, String> {
        let first = self.unit()?;
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            let second = self.unit()?;
            let code = 0x10000 + ((first - 0xd800) << 10) + second.wrapping_sub(0xdc00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        if self.keeps_bytes
            && let 0xdc80..=0xdcff = first
            && let Ok(byte) = u8::try_from(first - 0xdc00)
        {
            return Ok(windlass_modules::text::from_bytes(vec![byte])
                .chars()
                .next()
                .unwrap_or_default());
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn number(&mut self) -> Result<Value, String> {
        let rest = self.rest().as_bytes();
        let mut end = usize::from(rest[0] == b'-');
        let digits = |from: usize| rest[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let whole = digits(end);
        if whole == 0 {
            return Err(self.error("Expecting value", self.at));
        }
        end += if rest[end] == b'0' { 1 } else { whole };
        let mut is_float = false;
        if rest.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            is_float = true;
            end += 1 + digits(end + 1);
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits((end + 1 + sign).min(rest.len()));
            if exponent > 0 {
                is_float = true;
                end += 1 + sign + exponent;
            }
        }
        let text = &self.rest()[..end];
        let value = if is_float {
            Value::Float(text.parse().unwrap_or(f64::NAN))
        } else {
            match text.parse::<i64>() {
                Ok(number) => Value::Int(number),
                Err(_) => text.parse::<BigInt>().map_or(Value::None, Value::from),
            }
        };
        self.at += end;
        Ok(value)
    }
}
