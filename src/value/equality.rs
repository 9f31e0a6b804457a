//! Which values are equal, and their hashes, as Python has it: numbers by their value, across types.

use std::hash::{Hash, Hasher};

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use super::Value;

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::None, Value::None) | (Value::Omit, Value::Omit) => true,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => a[..] == b[..],
            (Value::Dict(a), Value::Dict(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| b.get_value(key) == Some(value))
            }
            (Value::Template(a), Value::Template(b)) => a.text == b.text,
            (Value::Encrypted(a), Value::Encrypted(b)) => a.text == b.text,
            (Value::Object(a), Value::Object(b)) => {
                std::sync::Arc::ptr_eq(a, b)
                    || a.type_name() == b.type_name() && a.to_text() == b.to_text()
            }
            _ => match (Number::of(self), Number::of(other)) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

// NaN is not equal to itself in Python either, and may be a key there too.
impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Str(text) => text.hash(state),
            Value::Bytes(bytes) => bytes.hash(state),
            Value::Tuple(list) | Value::List(list) => {
                for item in list.iter() {
                    item.hash(state);
                }
            }
            Value::Template(template) => template.text.hash(state),
            _ => match Number::of(self) {
                Some(Number::Int(number)) => number.hash(state),
                Some(Number::Big(number)) => number.hash(state),
                Some(Number::Float(number)) => number.to_bits().hash(state),
                None => self.type_name().hash(state),
            },
        }
    }
}

/// A number in the one form that numbers of equal value share.
#[derive(PartialEq)]
enum Number {
    Int(i64),
    Big(BigInt),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Number> {
        Some(match value {
            Value::Bool(truth) => Number::Int(i64::from(*truth)),
            Value::Int(number) => Number::Int(*number),
            Value::BigInt(number) => Number::Big((**number).clone()),
            Value::Float(number) if number.fract() == 0.0 => match number.to_i64() {
                Some(whole) => Number::Int(whole),
                None => BigInt::from_f64(*number).map_or(Number::Float(*number), Number::Big),
            },
            Value::Float(number) => Number::Float(*number),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Dict;

    #[test]
    fn numbers_are_equal_across_types() {
        assert_eq!(Value::Int(1), Value::Float(1.0));
        assert_eq!(Value::Bool(true), Value::Int(1));
        assert_ne!(Value::Int(1), Value::str("1"));
        assert_ne!(
            Value::list([Value::Int(1)]),
            Value::Tuple(std::sync::Arc::new(vec![Value::Int(1)].into()))
        );
    }

    #[test]
    fn one_and_true_are_the_same_key() {
        let mut dict = Dict::new();
        dict.insert(1_i64, "a");
        dict.insert(true, "b");
        dict.insert(1.0, "c");
        dict.insert("1", "d");
        assert_eq!(dict.len(), 2);
        assert_eq!(dict.get("1"), Some(&Value::str("d")));
        assert_eq!(dict.get_value(&Value::Int(1)), Some(&Value::str("c")));
    }
}
