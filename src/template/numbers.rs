//! Numbers from values as Python's `int()`, `float()` and `round()` make them.

use num_bigint::{BigInt, Sign};
use num_traits::{FromPrimitive, Num};

use crate::value::Value;

/// Returns what `int()` makes of a value; text may have a fraction in base 10, as Jinja allows.
pub(crate) fn to_int(value: &Value, base: u32) -> Option<BigInt> {
    match value {
        Value::Str(text) => {
            parse_int(text, base).or_else(|| BigInt::from_f64(parse_float(text)?.trunc()))
        }
        Value::Float(number) => BigInt::from_f64(number.trunc()),
        other => other.to_big(),
    }
}

/// Rounds an integer to a power of ten, halves to the even one, as Python's `round(number, digits)`.
pub(crate) fn round_whole(number: &BigInt, digits: i32) -> BigInt {
    if digits >= 0 {
        return number.clone();
    }
    let unit = BigInt::from(10).pow(digits.unsigned_abs());
    let rest = ((number % &unit) + &unit) % &unit;
    let below = number - &rest;
    let twice = &rest * 2;
    let is_odd = (&below / &unit) % 2 != BigInt::from(0);
    if twice > unit || (twice == unit && is_odd) { below + unit } else { below }
}

/// Raises a number to a power as Python's `math.pow` does.
pub(crate) fn power(base: f64, exponent: f64) -> Result<f64, &'static str> {
    let result = base.powf(exponent);
    if !base.is_finite() || !exponent.is_finite() || result.is_finite() {
        Ok(result)
    } else if result.is_nan() || base == 0.0 {
        Err("math domain error")
    } else {
        Err("math range error")
    }
}

/// Reads an integer as Python's `int(text, base)`.
pub(crate) fn parse_int(text: &str, base: u32) -> Option<BigInt> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) if text.starts_with('-') => (Sign::Minus, digits),
        Some(digits) => (Sign::Plus, digits),
        None => (Sign::Plus, text),
    };
    let prefixed = |prefix: [&str; 2]| {
        digits.strip_prefix(prefix[0]).or_else(|| digits.strip_prefix(prefix[1]))
    };
    let (base, digits) = match base {
        0 | 16 if prefixed(["0x", "0X"]).is_some() => (16, prefixed(["0x", "0X"])?),
        0 | 8 if prefixed(["0o", "0O"]).is_some() => (8, prefixed(["0o", "0O"])?),
        0 | 2 if prefixed(["0b", "0B"]).is_some() => (2, prefixed(["0b", "0B"])?),
        0 if digits.len() > 1
            && digits.starts_with('0')
            && !digits.trim_matches(['0', '_']).is_empty() =>
        {
            return None;
        }
        0 => (10, digits),
        2..=36 => (base, digits),
        _ => return None,
    };
    let digits = without_underscores(digits)?;
    if digits.is_empty() || digits.starts_with(['-', '+']) || digits.len() > 100_000 {
        return None;
    }
    let magnitude = BigInt::from_str_radix(&digits, base).ok()?;
    Some(if sign == Sign::Minus { -magnitude } else { magnitude })
}

/// Reads a number as Python's `float(text)`.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = without_underscores(text.trim())?;
    let unsigned = text.trim_start_matches(['-', '+']);
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" | "nan" => (),
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => (),
        _ => return None,
    }
    text.parse().ok()
}

/// Returns what `float()` makes of a value.
pub(crate) fn to_float(value: &Value) -> Option<f64> {
    match value {
        Value::Str(text) => parse_float(text),
        other => other.as_float(),
    }
}

fn without_underscores(text: &str) -> Option<String> {
    let misplaced = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    (!misplaced).then(|| text.replace('_', ""))
}

/// Rounds half to even in decimal digits, as Python does.
pub(crate) fn round(number: f64, precision: i32) -> f64 {
    if !number.is_finite() || precision > 300 {
        return number;
    }
    if precision >= 0 {
        // The exact decimal value decides, as Python's correctly rounded conversion does.
        let places = usize::try_from(precision).unwrap_or(0);
        return format!("{number:.places$}").parse().unwrap_or(number);
    }
    let factor = 10_f64.powi(-precision);
    (number / factor).round_ties_even() * factor
}
