//! Python's literals, as values of INI sources are read: `5`, `'text'`, `[1, 2]`, `{'a': True}`.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::Num;

use crate::value::{Dict, Value};

/// Returns what a text means as a Python literal, with `text` applied to its strings; none when it is not one.
pub(super) fn parse(source: &str, text: &dyn Fn(String) -> Value) -> Option<Value> {
    let mut parser = Parser { rest: source.trim_start_matches([' ', '\t']), text, depth: 0 };
    let value = parser.tuple_or_value()?;
    parser.skip();
    parser.rest.is_empty().then_some(value)
}

/// How deep literals may be nested; what is deeper stays text.
const MAX_DEPTH: usize = 90;

struct Parser<'a> {
    rest: &'a str,
    text: &'a dyn Fn(String) -> Value,
    depth: usize,
}

impl Parser<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('#') {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
            self.skip();
        }
    }

    fn eat(&mut self, c: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `1, 2` is a tuple without its brackets; variables know only lists.
    fn tuple_or_value(&mut self) -> Option<Value> {
        let first = self.value()?;
        if !self.eat(',') {
            return Some(first);
        }
        let mut items = vec![first];
        self.skip();
        while !self.rest.is_empty() && !self.rest.starts_with(')') {
            items.push(self.value()?);
            if !self.eat(',') {
                break;
            }
            self.skip();
        }
        Some(Value::list(items))
    }

    fn value(&mut self) -> Option<Value> {
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH { None } else { self.value_inside() };
        self.depth -= 1;
        value
    }

    fn value_inside(&mut self) -> Option<Value> {
        self.skip();
        match self.rest.chars().next()? {
            '[' => {
                self.eat('[');
                Some(Value::list(self.items(']')?))
            }
            '(' => {
                self.eat('(');
                if self.eat(')') {
                    return Some(Value::list([]));
                }
                let value = self.tuple_or_value()?;
                self.eat(')').then_some(value)
            }
            '{' => self.braces(),
            // Inside of others these are text: variables know neither.
            '.' if self.rest.starts_with("...") => {
                self.rest = &self.rest[3..];
                Some(Value::str("..."))
            }
            '-' | '+' => self.signed(),
            '0'..='9' | '.' => self.number(),
            _ => self.word(),
        }
    }

    /// Items up to a closing bracket; a comma may follow the last.
    fn items(&mut self, close: char) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.value()?);
            if !self.eat(',') {
                return self.eat(close).then_some(items);
            }
        }
        Some(items)
    }

    /// A dictionary or a set; sets become lists.
    fn braces(&mut self) -> Option<Value> {
        self.eat('{');
        if self.eat('}') {
            return Some(Value::from(Dict::new()));
        }
        let first = self.value()?;
        if !self.eat(':') {
            let mut items = vec![first];
            if self.eat(',') {
                items.extend(self.items('}')?);
            } else if !self.eat('}') {
                return None;
            }
            return Some(Value::list(items));
        }
        let mut dict = Dict::new();
        let mut key = first;
        loop {
            if matches!(key, Value::List(_) | Value::Dict(_)) {
                return None;
            }
            let value = self.value()?;
            dict.insert(plain_key(key), value);
            if !self.eat(',') {
                return self.eat('}').then(|| Value::from(dict));
            }
            if self.eat('}') {
                return Some(Value::from(dict));
            }
            key = self.value()?;
            if !self.eat(':') {
                return None;
            }
        }
    }

    fn signed(&mut self) -> Option<Value> {
        let negative = self.rest.starts_with('-');
        self.rest = &self.rest[1..];
        self.skip();
        // One sign only: `--5` is an expression, not a literal.
        if self.rest.starts_with(['-', '+']) {
            return None;
        }
        let value = self.value()?;
        match value {
            Value::Int(_) | Value::BigInt(_) | Value::Float(_) if !negative => Some(value),
            Value::Int(number) => Some(
                number.checked_neg().map_or_else(|| Value::from(-BigInt::from(number)), Value::Int),
            ),
            Value::BigInt(number) => Some(Value::from(-(*number).clone())),
            Value::Float(number) => Some(Value::Float(-number)),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Value> {
        let mut end = 0;
        let bytes = self.rest.as_bytes();
        while let Some(byte) = bytes.get(end) {
            let exponent_sign = matches!(byte, b'+' | b'-')
                && end > 0
                && matches!(bytes[end - 1], b'e' | b'E')
                && !self.rest.starts_with("0x")
                && !self.rest.starts_with("0X");
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || exponent_sign) {
                break;
            }
            end += 1;
        }
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        number(token)
    }

    fn word(&mut self) -> Option<Value> {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let after = &self.rest[end..];
        if after.starts_with(['"', '\'']) && word.len() <= 2 {
            return self.strings();
        }
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::None,
            // The one call that a literal may be.
            "set" if after.starts_with("()") => {
                self.rest = &after[2..];
                return Some(Value::list([]));
            }
            _ => return None,
        };
        self.rest = after;
        Some(value)
    }

    /// One or several strings that stand side by side.
    fn strings(&mut self) -> Option<Value> {
        let mut joined = String::new();
        loop {
            let end = self.rest.find(['"', '\''])?;
            let prefix = self.rest[..end].to_ascii_lowercase();
            let is_raw = match prefix.as_str() {
                "" | "u" | "b" => false,
                "r" | "br" | "rb" => true,
                _ => return None,
            };
            self.rest = &self.rest[end..];
            self.string(is_raw, &mut joined)?;
            self.skip();
            let is_next = self
                .rest
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .starts_with(['"', '\'']);
            if !is_next {
                return Some((self.text)(joined));
            }
        }
    }

    fn string(&mut self, is_raw: bool, into: &mut String) -> Option<()> {
        let mark = self.rest.chars().next()?;
        let triple = mark.to_string().repeat(3);
        let is_triple = self.rest.starts_with(&triple);
        self.rest = &self.rest[if is_triple { 3 } else { 1 }..];
        loop {
            if is_triple && self.rest.starts_with(&triple) {
                self.rest = &self.rest[3..];
                return Some(());
            }
            let c = self.rest.chars().next()?;
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                c if c == mark && !is_triple => return Some(()),
                '\n' if !is_triple => return None,
                '\\' if is_raw => {
                    into.push('\\');
                    let next = self.rest.chars().next()?;
                    into.push(next);
                    self.rest = &self.rest[next.len_utf8()..];
                }
                '\\' => self.escape(into)?,
                c => into.push(c),
            }
        }
    }

    fn escape(&mut self, into: &mut String) -> Option<()> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        let plain = match c {
            '\n' => return Some(()),
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'v' => '\x0b',
            '\\' | '\'' | '"' => c,
            'x' => self.code(2, 16)?,
            'u' => self.code(4, 16)?,
            'U' => self.code(8, 16)?,
            '0'..='7' => {
                let more =
                    self.rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let digits = format!("{c}{}", &self.rest[..more]);
                self.rest = &self.rest[more..];
                char::from_u32(u32::from_str_radix(&digits, 8).ok()?)?
            }
            other => {
                into.push('\\');
                other
            }
        };
        into.push(plain);
        Some(())
    }

    fn code(&mut self, n_digits: usize, radix: u32) -> Option<char> {
        let digits = self.rest.get(..n_digits)?;
        let code = u32::from_str_radix(digits, radix).ok()?;
        self.rest = &self.rest[n_digits..];
        char::from_u32(code)
    }
}

/// A key is never a template.
fn plain_key(key: Value) -> Value {
    match key {
        Value::Template(template) => Value::Str(Arc::clone(&template.text)),
        key => key,
    }
}

fn number(token: &str) -> Option<Value> {
    let lower = token.to_ascii_lowercase();
    if let Some(digits) = lower.strip_suffix('j').filter(|_| !lower.starts_with("0x")) {
        return number(digits).map(|value| Value::from(format!("{}j", value.to_text())));
    }
    let in_radix = |digits: &str, radix| {
        let digits = digits.strip_prefix('_').unwrap_or(digits);
        BigInt::from_str_radix(&underscored(digits)?, radix).ok().map(Value::from)
    };
    if let Some(digits) = lower.strip_prefix("0x") {
        return in_radix(digits, 16);
    }
    if let Some(digits) = lower.strip_prefix("0o") {
        return in_radix(digits, 8);
    }
    if let Some(digits) = lower.strip_prefix("0b") {
        return in_radix(digits, 2);
    }
    let plain = underscored(&lower)?;
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        // `0644` was octal once and is an error in Python 3; zeros alone are zero.
        let is_old_octal =
            plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|b| b != b'0');
        return (!is_old_octal)
            .then(|| BigInt::from_str_radix(&plain, 10).ok().map(Value::from))?;
    }
    let is_float = plain.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-'));
    plain.parse().ok().filter(|_| is_float && plain != ".").map(Value::Float)
}

/// Takes away underscores, which may only stand between digits.
fn underscored(text: &str) -> Option<String> {
    let is_fine = text.split('_').all(|part| {
        let is_inner = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        !text.contains('_') || is_inner(part.as_bytes().first()) && is_inner(part.as_bytes().last())
    });
    is_fine.then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &str) {
        let value =
            parse(source, &Value::from).map_or("text".to_owned(), |value| format!("{value:?}"));
        assert_eq!(value, expected, "{source}");
    }

    #[test]
    fn literals_are_what_python_says() {
        for (source, expected) in [
            ("5", "5"),
            ("-5", "-5"),
            ("--5", "text"),
            ("0644", "text"),
            ("00", "0"),
            ("1_000", "1000"),
            ("1__0", "text"),
            ("0x10", "16"),
            ("0o17", "15"),
            ("1e3", "1000.0"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("1j", "\"1j\""),
            ("12345678901234567890", "12345678901234567890"),
            ("True", "True"),
            ("true", "text"),
            ("None", "None"),
            ("'x' 'y'", "\"xy\""),
            ("r'\\n'", "\"\\\\n\""),
            ("'\\x41\\n'", "\"A\\n\""),
            ("f'x'", "text"),
            ("1,2", "[1, 2]"),
            ("()", "[]"),
            ("(1)", "1"),
            ("(1,)", "[1]"),
            ("[1, 'a',]", "[1, \"a\"]"),
            ("{'a': (1, 2), 'b': {1}}", "{\"a\": [1, 2], \"b\": [1]}"),
            ("{}", "{}"),
            ("5 # comment", "5"),
            ("abc # comment", "text"),
            ("[1, 2,", "text"),
            ("", "text"),
            ("10.0.0.1", "text"),
            ("1 + 2", "text"),
        ] {
            check(source, expected);
        }
    }
}
