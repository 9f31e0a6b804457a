//! What methods of text are made of: kinds of letters, parts, padding.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::value::Value;

pub(super) fn is_decimal(c: char) -> bool {
    static DECIMAL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").ok());
    c.is_ascii_digit()
        || !c.is_ascii() && DECIMAL.as_ref().is_some_and(|pattern| pattern.is_match(&c.to_string()))
}

/// Digits that are raised, lowered or in a circle.
pub(super) fn is_raised(c: char) -> bool {
    matches!(c, '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{2070}' | '\u{2074}'..='\u{2079}'
        | '\u{2080}'..='\u{2089}' | '\u{2460}'..='\u{2468}' | '\u{2474}'..='\u{247c}'
        | '\u{2488}'..='\u{2490}' | '\u{24ea}' | '\u{24f5}'..='\u{24fd}' | '\u{24ff}'
        | '\u{2776}'..='\u{277e}' | '\u{2780}'..='\u{2788}' | '\u{278a}'..='\u{2792}')
}

/// Python's idea of white space.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// Python's `str.upper`.
pub(crate) fn upper(text: &str) -> Value {
    in_ascii(text, str::make_ascii_uppercase).unwrap_or_else(|| text.to_uppercase().into())
}

/// Python's `str.lower`.
pub(crate) fn lower(text: &str) -> Value {
    in_ascii(text, str::make_ascii_lowercase).unwrap_or_else(|| text.to_lowercase().into())
}

/// Returns a text of ASCII alone with its letters changed where they stand.
fn in_ascii(text: &str, change: fn(&mut str)) -> Option<Value> {
    let mut copy: Arc<str> = text.is_ascii().then(|| text.into())?;
    change(Arc::get_mut(&mut copy)?);
    Some(copy.into())
}

/// Adds a letter as it begins a word in a title.
fn push_titled(text: &mut String, letter: char) {
    text.push(match letter {
        // Two letters in one have a form of their own with only the first one large.
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // So have vowels with an iota below.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
            char::from_u32(u32::from(letter) + 8).unwrap_or(letter)
        }
        '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}' => letter,
        '\u{1fb3}' | '\u{1fbc}' => '\u{1fbc}',
        '\u{1fc3}' | '\u{1fcc}' => '\u{1fcc}',
        '\u{1ff3}' | '\u{1ffc}' => '\u{1ffc}',
        // Of ligatures the first letter is large, of marks that stand for themselves nothing changes.
        '\u{df}' | '\u{587}' | '\u{fb00}'..='\u{fb17}' => {
            let mut large = letter.to_uppercase();
            text.extend(large.next());
            text.extend(large.flat_map(char::to_lowercase));
            return;
        }
        _ => return text.extend(letter.to_uppercase()),
    });
}

/// Python's `str.capitalize`.
pub(crate) fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let mut capitalized = String::with_capacity(text.len());
    if let Some(first) = letters.next() {
        push_titled(&mut capitalized, first);
    }
    capitalized + &letters.as_str().to_lowercase()
}

/// Python's `str.title`: a letter after anything that has no case is large.
pub(super) fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut inside = false;
    for letter in text.chars() {
        if inside {
            titled.extend(letter.to_lowercase());
        } else {
            push_titled(&mut titled, letter);
        }
        inside = letter.is_alphabetic();
    }
    titled
}

/// Python's `split` and `rsplit`.
pub(crate) fn split<'t>(
    text: &'t str,
    separator: Option<&str>,
    limit: i64,
    from_right: bool,
) -> Vec<&'t str> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts: Vec<&str> = match (separator, from_right) {
        (Some(separator), false) => text.splitn(limit.saturating_add(1), separator).collect(),
        (Some(separator), true) => text.rsplitn(limit.saturating_add(1), separator).collect(),
        (None, false) => {
            let mut parts = Vec::new();
            let mut rest = text.trim_start_matches(is_space);
            while !rest.is_empty() {
                let end = rest.find(is_space).unwrap_or(rest.len());
                if parts.len() == limit {
                    parts.push(rest);
                    break;
                }
                parts.push(&rest[..end]);
                rest = rest[end..].trim_start_matches(is_space);
            }
            if let Some(last) = parts.last_mut() {
                *last = last.trim_end_matches(is_space);
            }
            parts
        }
        (None, true) => {
            let mut parts = Vec::new();
            let mut rest = text.trim_end_matches(is_space);
            while !rest.is_empty() {
                if parts.len() == limit {
                    parts.push(rest.trim_start_matches(is_space));
                    break;
                }
                let start = rest.char_indices().rev().find(|(_, c)| is_space(*c));
                let start = start.map_or(0, |(at, c)| at + c.len_utf8());
                parts.push(&rest[start..]);
                rest = rest[..start].trim_end_matches(is_space);
            }
            parts
        }
    };
    if from_right {
        parts.reverse();
    }
    parts
}

pub(super) fn window(text: &str, start: i64, end: Option<Value>) -> &str {
    if start == 0 && end.is_none() {
        return text;
    }
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |number: i64| {
        let at = if number < 0 { (number + length).max(0) } else { number.min(length) };
        let at = usize::try_from(at).unwrap_or(0);
        text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset)
    };
    let from = place(start);
    let to = end.and_then(|end| end.as_int()).map_or(text.len(), place);
    text.get(from..to).unwrap_or_default()
}

/// Python's `ljust`, `rjust` and `center`.
pub(crate) fn justify(text: &str, width: i64, fill: &str, how: &str) -> String {
    let width = usize::try_from(width).unwrap_or(0).min(1 << 20);
    let length = text.chars().count();
    let Some(missing) = width.checked_sub(length) else { return text.to_owned() };
    let left = match how {
        "ljust" => 0,
        "rjust" => missing,
        // Python leans to the left where the width is even, to the right where it is odd.
        _ => missing / 2 + (missing & width & 1),
    };
    [&fill.repeat(left), text, &fill.repeat(missing - left)].concat()
}

pub(super) fn expand_tabs(text: &str, size: i64) -> String {
    let size = usize::try_from(size).unwrap_or(0).min(1000);
    let mut expanded = String::new();
    let mut column = 0;
    for letter in text.chars() {
        match letter {
            '\t' if size > 0 => {
                let count = size - column % size;
                expanded.push_str(&" ".repeat(count));
                column += count;
            }
            '\t' => (),
            '\n' | '\r' => {
                expanded.push(letter);
                column = 0;
            }
            other => {
                expanded.push(other);
                column += 1;
            }
        }
    }
    expanded
}
