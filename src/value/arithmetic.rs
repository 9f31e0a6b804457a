//! Python's operators on values; what Python refuses is an error in its words.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::{List, Value};

/// Digits beyond which a number would only be made to exhaust the machine.
const MAX_BITS: u64 = 1 << 20;
/// Items or bytes beyond which a repetition would only be made to exhaust the machine.
const MAX_LENGTH: usize = 1 << 28;

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
}

impl Operator {
    fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::FloorDiv => "//",
            Operator::Rem => "%",
            Operator::Pow => "** or pow()",
        }
    }

    /// Returns what Python's operator gives; `%` on text is not here, for it formats.
    pub fn apply(self, left: &Value, right: &Value) -> Result<Value, String> {
        if let (Some(a), Some(b)) = (left.as_int(), right.as_int())
            && let Some(result) = self.small(a, b)
        {
            return result;
        }
        match (left, right) {
            (Value::Float(_), _) | (_, Value::Float(_)) => {
                if let (Some(a), Some(b)) = (left.as_float(), right.as_float()) {
                    return self.floats(a, b);
                }
            }
            _ => {
                if let (Some(a), Some(b)) = (left.to_big(), right.to_big()) {
                    return self.integers(&a, &b);
                }
            }
        }
        match self {
            Operator::Add => add(left, right),
            Operator::Mul => repeat(left, right),
            Operator::Rem if matches!(left, Value::Bytes(_)) => {
                Err("not all arguments converted during bytes formatting".to_owned())
            }
            Operator::Rem if matches!(left, Value::Str(_)) => {
                Err("not all arguments converted during string formatting".to_owned())
            }
            _ => Err(self.unsupported(left, right)),
        }
    }

    fn unsupported(self, left: &Value, right: &Value) -> String {
        let (symbol, left, right) = (self.symbol(), left.type_name(), right.type_name());
        format!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'")
    }

    /// The answer where everything fits into 64 bits, or nothing.
    fn small(self, a: i64, b: i64) -> Option<Result<Value, String>> {
        Some(Ok(Value::Int(match self {
            Operator::Add => a.checked_add(b)?,
            Operator::Sub => a.checked_sub(b)?,
            Operator::Mul => a.checked_mul(b)?,
            Operator::FloorDiv if b != 0 => {
                let quotient = a.checked_div(b)?;
                if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
            }
            Operator::Rem if b != 0 => {
                let rest = a.checked_rem(b)?;
                if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
            }
            Operator::Pow => a.checked_pow(u32::try_from(b).ok()?)?,
            _ => return None,
        })))
    }

    fn integers(self, a: &BigInt, b: &BigInt) -> Result<Value, String> {
        Ok(match self {
            Operator::Add => (a + b).into(),
            Operator::Sub => (a - b).into(),
            Operator::Mul => (a * b).into(),
            Operator::Div if b.is_zero() => return Err("division by zero".to_owned()),
            Operator::Div => match divide(a, b) {
                quotient if quotient.is_finite() => Value::Float(quotient),
                _ => return Err("integer division result too large for a float".to_owned()),
            },
            Operator::FloorDiv if b.is_zero() => {
                return Err("integer division or modulo by zero".to_owned());
            }
            Operator::Rem if b.is_zero() => return Err("integer modulo by zero".to_owned()),
            Operator::FloorDiv => floor_divide(a, b).0.into(),
            Operator::Rem => floor_divide(a, b).1.into(),
            Operator::Pow if b.is_negative() => {
                return self.floats(a.to_f64().unwrap_or(0.0), b.to_f64().unwrap_or(0.0));
            }
            Operator::Pow => {
                let exponent = b.to_u32().filter(|n| a.bits().max(1) * u64::from(*n) <= MAX_BITS);
                match exponent {
                    Some(exponent) => a.pow(exponent).into(),
                    None if a.bits() <= 1 => {
                        // 0, 1 and -1 stay small whatever the exponent.
                        let odd = (b % 2_u8) != BigInt::zero();
                        if a.is_negative() && !odd { (-a).into() } else { a.clone().into() }
                    }
                    None => return Err("the result of ** is too large".to_owned()),
                }
            }
        })
    }

    fn floats(self, a: f64, b: f64) -> Result<Value, String> {
        Ok(Value::Float(match self {
            Operator::Add => a + b,
            Operator::Sub => a - b,
            Operator::Mul => a * b,
            Operator::Div if b == 0.0 => return Err("float division by zero".to_owned()),
            Operator::FloorDiv if b == 0.0 => {
                return Err("float floor division by zero".to_owned());
            }
            Operator::Rem if b == 0.0 => return Err("float modulo".to_owned()),
            Operator::Div => a / b,
            Operator::FloorDiv => python_div_mod(a, b).0,
            Operator::Rem => python_div_mod(a, b).1,
            Operator::Pow if a == 0.0 && b < 0.0 => {
                return Err("0.0 cannot be raised to a negative power".to_owned());
            }
            Operator::Pow if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 => {
                return Err("Type 'complex' is unsupported for variable storage.".to_owned());
            }
            Operator::Pow => match a.powf(b) {
                power if power.is_infinite() && a.is_finite() && b.is_finite() => {
                    return Err("(34, 'Numerical result out of range')".to_owned());
                }
                power => power,
            },
        }))
    }
}

/// Returns what Python's unary minus gives.
pub fn negate(value: &Value) -> Result<Value, String> {
    match value {
        Value::Float(number) => Ok(Value::Float(-number)),
        other => match other.to_big() {
            Some(number) => Ok((-number).into()),
            None => Err(format!("bad operand type for unary -: '{}'", value.type_name())),
        },
    }
}

/// Returns what Python's unary plus gives.
pub fn positive(value: Value) -> Result<Value, String> {
    match value {
        Value::Bool(truth) => Ok(Value::Int(i64::from(truth))),
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => Ok(value),
        other => Err(format!("bad operand type for unary +: '{}'", other.type_name())),
    }
}

/// Divides integers of any size, rounded once.
fn divide(a: &BigInt, b: &BigInt) -> f64 {
    if let (Some(x), Some(y)) = (a.to_i64(), b.to_i64())
        && x.unsigned_abs() < 1 << 53
        && y.unsigned_abs() < 1 << 53
    {
        #[expect(clippy::cast_precision_loss, reason = "these fit")]
        return x as f64 / y as f64;
    }
    let bits = |number: &BigInt| i64::try_from(number.bits()).unwrap_or(i64::MAX);
    // 66 bits and whether anything is left decide how to round.
    let shift = 66 - (bits(a) - bits(b));
    let (a, b) = if shift >= 0 { (a << shift, b.clone()) } else { (a.clone(), b << -shift) };
    let (mut quotient, rest) = (&a / &b, &a % &b);
    quotient *= 2;
    if !rest.is_zero() {
        quotient += if quotient.is_negative() || rest.is_negative() { -1 } else { 1 };
    }
    let exponent = i32::try_from(-shift - 1).unwrap_or(if shift > 0 { i32::MIN } else { i32::MAX });
    let value = quotient.to_f64().unwrap_or(f64::INFINITY);
    let half = exponent / 2;
    value * 2_f64.powi(half) * 2_f64.powi(exponent - half)
}

/// Divides as Python does: the rest has the divisor's sign, also where it is nothing.
fn python_div_mod(a: f64, b: f64) -> (f64, f64) {
    let (mut rest, mut quotient) = (a % b, (a - a % b) / b);
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (rest < 0.0) != (b < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    let floor = quotient.floor();
    let whole = match quotient {
        0.0 => 0.0_f64.copysign(a / b),
        _ if quotient - floor > 0.5 => floor + 1.0,
        _ => floor,
    };
    (whole, rest)
}

fn floor_divide(a: &BigInt, b: &BigInt) -> (BigInt, BigInt) {
    let (quotient, rest) = (a / b, a % b);
    if !rest.is_zero() && rest.is_negative() != b.is_negative() {
        (quotient - 1, rest + b)
    } else {
        (quotient, rest)
    }
}

fn add(left: &Value, right: &Value) -> Result<Value, String> {
    let concatenate = |a: &List, b: &List| {
        let mut items = Vec::with_capacity(a.len() + b.len());
        items.extend_from_slice(a);
        items.extend_from_slice(b);
        Arc::new(List::from(items))
    };
    let other = right.type_name();
    Err(match (left, right) {
        (Value::Str(a), Value::Str(b)) => return Ok([&**a, &**b].concat().into()),
        (Value::Bytes(a), Value::Bytes(b)) => {
            return Ok(Value::Bytes([&**a, &**b].concat().into()));
        }
        (Value::List(a), Value::List(b)) => return Ok(Value::List(concatenate(a, b))),
        (Value::Tuple(a), Value::Tuple(b)) => return Ok(Value::Tuple(concatenate(a, b))),
        (Value::Bytes(_), _) => format!("can't concat {other} to bytes"),
        (Value::Str(_), _) => format!("can only concatenate str (not \"{other}\") to str"),
        (Value::List(_), _) => format!("can only concatenate list (not \"{other}\") to list"),
        (Value::Tuple(_), _) => format!("can only concatenate tuple (not \"{other}\") to tuple"),
        _ => Operator::Add.unsupported(left, right),
    })
}

fn repeat(left: &Value, right: &Value) -> Result<Value, String> {
    let is_sequence = |value: &Value| {
        matches!(value, Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_))
    };
    let (sequence, count) = match (is_sequence(left), is_sequence(right)) {
        (true, _) => (left, right),
        (false, true) => (right, left),
        (false, false) => return Err(Operator::Mul.unsupported(left, right)),
    };
    let Some(count) = count.as_int() else {
        let found = count.type_name();
        if matches!(count, Value::BigInt(_)) {
            return Err(format!("cannot fit '{found}' into an index-sized integer"));
        }
        return Err(format!("can't multiply sequence by non-int of type '{found}'"));
    };
    let count = usize::try_from(count).unwrap_or(0);
    let length = match sequence {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) | Value::Tuple(list) => list.len() * 16,
        _ => 0,
    };
    if length.saturating_mul(count) > MAX_LENGTH {
        return Err("the repeated sequence is too large".to_owned());
    }
    let list = |list: &List| -> Arc<List> {
        Arc::new((0..count).flat_map(|_| list.iter().cloned()).collect())
    };
    Ok(match sequence {
        Value::Bytes(bytes) => Value::Bytes(bytes.repeat(count).into()),
        Value::List(items) => Value::List(list(items)),
        Value::Tuple(items) => Value::Tuple(list(items)),
        text => text.as_str().unwrap_or_default().repeat(count).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: impl Into<Value>, operator: Operator, right: impl Into<Value>, expected: &str) {
        let result = operator.apply(&left.into(), &right.into());
        let text = match result {
            Ok(value) => value.to_repr(),
            Err(error) => error,
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn numbers_divide_as_in_python() {
        check(-7_i64, Operator::FloorDiv, 2_i64, "-4");
        check(-7_i64, Operator::Rem, 3_i64, "2");
        check(7.5, Operator::FloorDiv, -2_i64, "-4.0");
        check(7.5, Operator::Rem, -2_i64, "-0.5");
        check(4_i64, Operator::Div, 2_i64, "2.0");
        check(1_i64, Operator::Rem, 0_i64, "integer modulo by zero");
        check(2_i64, Operator::Pow, 100_i64, "1267650600228229401496703205376");
        check(2_i64, Operator::Pow, -1_i64, "0.5");
        check(9_i64, Operator::Pow, 99_999_999_i64, "the result of ** is too large");
        check(i64::MAX, Operator::Add, 1_i64, "9223372036854775808");
    }

    #[test]
    fn sequences_are_added_and_repeated() {
        check("ab", Operator::Mul, 2_i64, "'abab'");
        check("a", Operator::Add, 1_i64, "can only concatenate str (not \"int\") to str");
        check("a", Operator::Mul, "b", "can't multiply sequence by non-int of type 'str'");
        check("a", Operator::Mul, 1_i64 << 40, "the repeated sequence is too large");
    }
}
