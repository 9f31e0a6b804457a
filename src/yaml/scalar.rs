//! What a plain scalar means in YAML 1.1, as `PyYAML`'s resolver reads it.

use std::sync::{Arc, LazyLock};

use jiff::civil;
use num_bigint::BigInt;
use num_traits::Num;
use regex::Regex;

use crate::value::{
    Value,
    time::{Date, Time},
};

/// A scalar that has been resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    BigInt(Arc<BigInt>),
    Float(f64),
    Date(Date),
    Time(Time),
    /// `!!binary`.
    Bytes(Arc<[u8]>),
    Str(Arc<str>),
    /// `!unsafe`: text that never is a template.
    Unsafe(Arc<str>),
    /// `!vault`: encrypted text.
    Vault(Arc<str>),
}

impl Scalar {
    /// Returns the value, text as it stands.
    pub fn plain_value(&self) -> Value {
        match self {
            Scalar::Null => Value::None,
            Scalar::Bool(truth) => Value::Bool(*truth),
            Scalar::Int(number) => Value::Int(*number),
            Scalar::BigInt(number) => Value::BigInt(Arc::clone(number)),
            Scalar::Float(number) => Value::Float(*number),
            Scalar::Date(date) => Value::Object(Arc::new(*date)),
            Scalar::Time(time) => Value::Object(Arc::new(time.clone())),
            Scalar::Bytes(bytes) => Value::Bytes(Arc::clone(bytes)),
            Scalar::Str(text) | Scalar::Unsafe(text) | Scalar::Vault(text) => {
                Value::Str(Arc::clone(text))
            }
        }
    }

    /// Resolves a plain scalar without a tag.
    pub fn resolve(text: &str) -> Scalar {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Scalar::Bool(true);
            }
            "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
                return Scalar::Bool(false);
            }
            _ => (),
        }
        match text.as_bytes()[0] {
            b'0'..=b'9' | b'+' | b'-' | b'.' => {
                let number = int(text).or_else(|| float(text)).or_else(|| timestamp(text));
                number.unwrap_or_else(|| Scalar::Str(text.into()))
            }
            _ => Scalar::Str(text.into()),
        }
    }
}

/// Bytes in base64, broken into lines or not.
pub(super) fn binary(text: &str) -> Option<Scalar> {
    use base64::Engine as _;
    let packed: String = text.split_ascii_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
    Some(Scalar::Bytes(bytes.into()))
}

/// Integers: binary, octal with a leading zero, decimal, hexadecimal, sexagesimal, with underscores.
pub(super) fn int(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let number = if let Some(binary) = digits.strip_prefix("0b") {
        in_radix(binary, 2)?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        in_radix(hex, 16)?
    } else if digits == "0" {
        BigInt::ZERO
    } else if let Some(octal) = digits.strip_prefix('0') {
        in_radix(octal, 8)?
    } else if digits.contains(':') {
        sexagesimal(digits)?
    } else {
        let first = digits.as_bytes().first()?;
        (b'1'..=b'9').contains(first).then(|| in_radix(digits, 10))??
    };
    let number = if negative { -number } else { number };
    Some(match i64::try_from(&number) {
        Ok(small) => Scalar::Int(small),
        Err(_) => Scalar::BigInt(Arc::new(number)),
    })
}

fn in_radix(digits: &str, radix: u32) -> Option<BigInt> {
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    if plain.is_empty() || !plain.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    BigInt::from_str_radix(&plain, radix).ok()
}

/// `1:30:00`: every part after the first is below 60.
fn sexagesimal(digits: &str) -> Option<BigInt> {
    let mut parts = digits.split(':');
    let first = parts.next()?;
    if !(b'1'..=b'9').contains(first.as_bytes().first()?) {
        return None;
    }
    let mut number = in_radix(first, 10)?;
    for part in parts {
        if !below_sixty(part) {
            return None;
        }
        number = number * 60 + part.parse::<u8>().ok()?;
    }
    Some(number)
}

fn below_sixty(part: &str) -> bool {
    let bytes = part.as_bytes();
    match bytes {
        [digit] => digit.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    }
}

/// Floats: a point is needed, an exponent needs its sign; `.inf`, `.nan`, sexagesimal with a fraction.
pub(super) fn float(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(Scalar::Float(sign * f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" if digits.len() == text.len() => {
            return Some(Scalar::Float(f64::NAN));
        }
        _ => (),
    }
    let (before, after) = digits.split_once('.')?;
    if before.contains(':') {
        return sexagesimal_float(sign, before, after);
    }
    let (fraction, exponent) = match after.find(['e', 'E']) {
        Some(at) => (&after[..at], Some(&after[at + 1..])),
        None => (after, None),
    };
    let is_number = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == '_');
    let starts_well = match before.as_bytes().first() {
        Some(first) => first.is_ascii_digit(),
        // `.5` is a number and `._5` or `.` is not; a sign before it is not foreseen without digits.
        None => {
            digits.len() == text.len()
                && fraction.as_bytes().first().is_some_and(u8::is_ascii_digit)
        }
    };
    let exponent_is_good = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or("");
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    });
    if !(is_number(before) && is_number(fraction) && starts_well && exponent_is_good) {
        return None;
    }
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    plain.parse::<f64>().ok().map(|number| Scalar::Float(sign * number))
}

fn sexagesimal_float(sign: f64, before: &str, after: &str) -> Option<Scalar> {
    let mut parts = before.split(':');
    let first: String = parts.next()?.chars().filter(|c| *c != '_').collect();
    let mut number: f64 = first.parse().ok()?;
    for part in parts {
        if !below_sixty(part) {
            return None;
        }
        number = number * 60.0 + part.parse::<f64>().ok()?;
    }
    let fraction: String = after.chars().filter(|c| *c != '_').collect();
    if !fraction.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let fraction: f64 = format!("0.{fraction}0").parse().ok()?;
    Some(Scalar::Float(sign * (number + fraction)))
}

/// A date, or a date and a time with an optional fraction and zone.
pub(super) fn timestamp(text: &str) -> Option<Scalar> {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})",
            r"(?:\.([0-9]*))?(?:[ \t]*(?:(Z)|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?$",
        ))
        .ok()
    });
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let found = PATTERN.as_ref()?.captures(text)?;
    let number = |group: usize| found.get(group).and_then(|part| part.as_str().parse::<i8>().ok());
    let date = civil::Date::new(found[1].parse().ok()?, number(2)?, number(3)?).ok()?;
    if found.get(4).is_none() {
        return (found[2].len() == 2 && found[3].len() == 2).then_some(Scalar::Date(Date(date)));
    }
    let fraction: String = found.get(7).map_or("", |part| part.as_str()).chars().take(6).collect();
    let micros: i32 = format!("{fraction:0<6}").parse().ok()?;
    let time = civil::Time::new(number(4)?, number(5)?, number(6)?, micros * 1000).ok()?;
    let offset = if found.get(8).is_some() {
        Some(0)
    } else if let Some(sign) = found.get(9) {
        let (hours, minutes) = (i32::from(number(10)?), i32::from(number(11).unwrap_or(0)));
        let seconds = (hours * 60 + minutes) * 60;
        Some(if sign.as_str() == "-" { -seconds } else { seconds })
    } else {
        None
    };
    Some(Scalar::Time(Time { civil: date.to_datetime(time), offset }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(format!("{:?}", Scalar::resolve(text).plain_value()), expected, "{text}");
    }

    #[test]
    fn scalars_are_what_yaml_1_1_says() {
        for (text, expected) in [
            ("yes", "True"),
            ("Off", "False"),
            ("y", "\"y\""),
            ("~", "None"),
            ("0644", "420"),
            ("0o644", "\"0o644\""),
            ("08", "\"08\""),
            ("1_000", "1000"),
            ("0b101", "5"),
            ("0xFF", "255"),
            ("1:30:00", "5400"),
            ("1:60", "\"1:60\""),
            ("22:22", "1342"),
            ("1.5", "1.5"),
            ("1e3", "\"1e3\""),
            ("1.0e+3", "1000.0"),
            ("1.", "1.0"),
            (".5", "0.5"),
            (".", "\".\""),
            ("-.inf", "-inf"),
            ("+12", "12"),
            ("-", "\"-\""),
            ("1.2.3", "\"1.2.3\""),
            ("12345678901234567890", "12345678901234567890"),
            ("20.30:1", "\"20.30:1\""),
            ("2024-01-02", "Date(2024-01-02)"),
            ("2024-1-2", "\"2024-1-2\""),
            ("2024-13-02", "\"2024-13-02\""),
        ] {
            check(text, expected);
        }
    }
}
