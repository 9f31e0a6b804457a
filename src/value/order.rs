//! Which of two values comes first, as Python has it; what has no order is an error in Python's words.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use super::Value;

impl Value {
    /// Returns which comes first, or why there is no answer; `operator` is named in the message.
    ///
    /// NaN gives no order, as `None`.
    pub fn order(&self, other: &Value, operator: &str) -> Result<Option<Ordering>, String> {
        match (self, other) {
            (Value::Str(a), Value::Str(b)) => Ok(Some(a.cmp(b))),
            (Value::Bytes(a), Value::Bytes(b)) => Ok(Some(a.cmp(b))),
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
                for (left, right) in a.iter().zip(b.iter()) {
                    if left != right {
                        return left.order(right, operator);
                    }
                }
                Ok(Some(a.len().cmp(&b.len())))
            }
            (Value::Object(a), Value::Object(_)) => match a.order(other) {
                Some(order) => Ok(Some(order)),
                None => Err(unordered(self, other, operator)),
            },
            _ => numbers(self, other).ok_or_else(|| unordered(self, other, operator)),
        }
    }
}

fn unordered(left: &Value, right: &Value, operator: &str) -> String {
    let (left, right) = (left.type_name(), right.type_name());
    format!("'{operator}' not supported between instances of '{left}' and '{right}'")
}

#[expect(clippy::option_option, reason = "whether there is an answer, and NaN's lack of order")]
fn numbers(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    match (left, right) {
        (Value::Float(a), Value::Float(b)) => return Some(a.partial_cmp(b)),
        (Value::Float(a), b) => return Some(float_and_int(*a, &b.to_big()?)),
        (a, Value::Float(b)) => {
            return Some(float_and_int(*b, &a.to_big()?).map(Ordering::reverse));
        }
        _ => (),
    }
    match (left.as_int(), right.as_int()) {
        (Some(a), Some(b)) => Some(Some(a.cmp(&b))),
        _ => Some(Some(left.to_big()?.cmp(&right.to_big()?))),
    }
}

fn float_and_int(float: f64, int: &BigInt) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    match BigInt::from_f64(float.trunc()) {
        None => Some(if float > 0.0 { Ordering::Greater } else { Ordering::Less }),
        Some(whole) => Some(
            whole.cmp(int).then_with(|| float.fract().partial_cmp(&0.0).unwrap_or(Ordering::Equal)),
        ),
    }
}

impl Value {
    /// Returns an integer of any size.
    pub fn to_big(&self) -> Option<BigInt> {
        match self {
            Value::BigInt(number) => Some((**number).clone()),
            other => other.as_int().map(BigInt::from),
        }
    }

    /// Returns a number as a float.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(number) => Some(*number),
            Value::BigInt(number) => number.to_f64(),
            #[expect(clippy::cast_precision_loss, reason = "Python's float() rounds too")]
            other => other.as_int().map(|number| number as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_across_types_and_others_are_not() {
        let less = |a: Value, b: Value| a.order(&b, "<").map(|order| order == Some(Ordering::Less));
        assert_eq!(less(Value::Int(1), Value::Float(1.5)), Ok(true));
        assert_eq!(less(Value::Float(1.5), Value::Bool(true)), Ok(false));
        assert_eq!(
            less(Value::Int(1), Value::str("a")),
            Err("'<' not supported between instances of 'int' and 'str'".to_owned())
        );
        assert_eq!(
            less(
                Value::list([Value::Int(1), Value::Int(2)]),
                Value::list([Value::Int(1), Value::Int(3)])
            ),
            Ok(true)
        );
    }
}
