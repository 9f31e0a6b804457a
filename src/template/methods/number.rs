//! Methods of numbers.

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use crate::{
    template::{
        TemplateError,
        evaluator::{Passed, Result},
    },
    value::{Value, positive},
};

pub(super) fn exists(of: &Value, name: &str) -> bool {
    match of {
        Value::Float(_) => {
            matches!(name, "is_integer" | "conjugate" | "as_integer_ratio" | "hex")
        }
        _ => matches!(
            name,
            "bit_length" | "bit_count" | "conjugate" | "as_integer_ratio" | "to_bytes"
        ),
    }
}

pub(super) fn call(of: &Value, name: &str, passed: &Passed) -> Result<Value> {
    let whole = || of.to_big().unwrap_or_default();
    Ok(match (of, name) {
        (Value::Float(number), "is_integer") => Value::Bool(number.fract() == 0.0),
        (_, "conjugate") => positive(of.clone()).map_err(TemplateError::runtime)?,
        (Value::Float(number), "hex") => hexadecimal(*number).into(),
        (Value::Float(number), "as_integer_ratio") => {
            ratio(*number).map_err(TemplateError::runtime)?
        }
        (_, "as_integer_ratio") => pair(whole(), BigInt::from(1)),
        (_, "bit_count") => whole().magnitude().count_ones().into(),
        (_, "to_bytes") => {
            let length = passed.get(0, "length").and_then(Value::as_int).unwrap_or(1);
            let length = usize::try_from(length).unwrap_or(0).min(1 << 20);
            let order = passed.get(1, "byteorder").map_or_else(|| "big".to_owned(), Value::to_text);
            let number = whole();
            if number.sign() == Sign::Minus {
                return Err(TemplateError::runtime("can't convert negative int to unsigned"));
            }
            let mut bytes = number.magnitude().to_bytes_le();
            if number.sign() == Sign::NoSign {
                bytes.clear();
            }
            if bytes.len() > length {
                return Err(TemplateError::runtime("int too big to convert"));
            }
            bytes.resize(length, 0);
            if order == "big" {
                bytes.reverse();
            }
            Value::Bytes(bytes.into())
        }
        _ => whole().bits().into(),
    })
}

fn pair(a: BigInt, b: BigInt) -> Value {
    Value::Tuple(std::sync::Arc::new(vec![Value::from(a), Value::from(b)].into()))
}

/// Returns the integers whose quotient a float is.
fn ratio(number: f64) -> std::result::Result<Value, String> {
    if !number.is_finite() {
        let what = if number.is_nan() { "NaN" } else { "Infinity" };
        return Err(format!("cannot convert {what} to integer ratio"));
    }
    let (mut whole, mut shift) = (number, 0_u32);
    while whole.fract() != 0.0 {
        whole *= 2.0;
        shift += 1;
    }
    let numerator: BigInt = num_traits::FromPrimitive::from_f64(whole).unwrap_or_default();
    Ok(pair(numerator, BigInt::from(1) << shift))
}

/// Python's `float.hex`.
fn hexadecimal(number: f64) -> String {
    if !number.is_finite() {
        return crate::value::float_text(number);
    }
    let bits = number.to_bits();
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let exponent = ((bits >> 52) & 0x7ff).to_i32().unwrap_or(0);
    let mantissa = bits & 0x000f_ffff_ffff_ffff;
    match (exponent, mantissa) {
        (0, 0) => format!("{sign}0x0.0p+0"),
        (0, _) => format!("{sign}0x0.{mantissa:013x}p-1022"),
        _ => format!("{sign}0x1.{mantissa:013x}p{:+}", exponent - 1023),
    }
}
