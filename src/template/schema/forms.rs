//! What single rules of a schema ask of a value.

use crate::{template::regex, value::Value};

pub(super) fn is_type(value: &Value, name: &str) -> Option<bool> {
    Some(match name {
        "object" => matches!(value, Value::Dict(_)),
        "array" => matches!(value, Value::List(_)),
        "string" => matches!(value, Value::Str(_)),
        "null" => matches!(value, Value::None),
        "boolean" => matches!(value, Value::Bool(_)),
        "number" => matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Float(_)),
        "integer" => match value {
            Value::Int(_) | Value::BigInt(_) => true,
            Value::Float(number) => number.fract() == 0.0,
            _ => false,
        },
        _ => return None,
    })
}

/// Equal as JSON has it: truths are no numbers.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    matches!(a, Value::Bool(_)) == matches!(b, Value::Bool(_)) && a == b
}

pub(super) fn matches_text(pattern: &str, text: &str) -> Result<bool, String> {
    regex::pattern(pattern, false, false)?.is_match(text)
}

pub(super) fn has_format(text: &str, format: &str) -> bool {
    match format {
        "email" | "idn-email" => text.contains('@'),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "date" => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        "regex" => regex::pattern(text, false, false).is_ok(),
        "uuid" => {
            text.len() == 36
                && text.char_indices().all(|(at, letter)| match at {
                    8 | 13 | 18 | 23 => letter == '-',
                    _ => letter.is_ascii_hexdigit(),
                })
        }
        _ => true,
    }
}

pub(super) fn too_few(count: usize, rule: &Value) -> bool {
    rule.as_int().is_some_and(|least| i64::try_from(count).unwrap_or(i64::MAX) < least)
}

pub(super) fn too_many(count: usize, rule: &Value) -> bool {
    rule.as_int().is_some_and(|most| i64::try_from(count).unwrap_or(i64::MAX) > most)
}

pub(super) fn short(shown: &str, rule: &Value) -> String {
    let words = if rule.as_int() == Some(1) { "should be non-empty" } else { "is too short" };
    format!("{shown} {words}")
}

pub(super) fn long(shown: &str, rule: &Value) -> String {
    let words = if rule.as_int() == Some(0) { "is expected to be empty" } else { "is too long" };
    format!("{shown} {words}")
}
