//! Python's comparisons, and `in`.

use std::cmp::Ordering;

use super::{TemplateError, evaluator::Result, objects::downcast, tree::Comparison};
use crate::value::Value;

pub(super) fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool> {
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        match comparison {
            Comparison::Equal => return Ok(left == right),
            Comparison::NotEqual => return Ok(left != right),
            Comparison::Less => return Ok(left < right),
            Comparison::LessEqual => return Ok(left <= right),
            Comparison::Greater => return Ok(left > right),
            Comparison::GreaterEqual => return Ok(left >= right),
            Comparison::In | Comparison::NotIn => (),
        }
    }
    if let (Value::Str(left), Value::Str(right)) = (left, right) {
        match comparison {
            Comparison::Equal => return Ok(left == right),
            Comparison::NotEqual => return Ok(left != right),
            _ => (),
        }
    }
    let order = |operator: &str| left.order(right, operator).map_err(TemplateError::runtime);
    if !matches!(comparison, Comparison::In | Comparison::NotIn)
        && let (Value::Undefined(undefined), _) | (_, Value::Undefined(undefined)) = (left, right)
    {
        return Err((&**undefined).into());
    }
    Ok(match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => order("<")? == Some(Ordering::Less),
        Comparison::LessEqual => {
            matches!(order("<=")?, Some(Ordering::Less | Ordering::Equal))
        }
        Comparison::Greater => order(">")? == Some(Ordering::Greater),
        Comparison::GreaterEqual => {
            matches!(order(">=")?, Some(Ordering::Greater | Ordering::Equal))
        }
        Comparison::In => contains(right, left)?,
        Comparison::NotIn => !contains(right, left)?,
    })
}

/// Returns whether a comparison may meet what is to be evaluated, or is undefined, inside of its operands.
pub(super) fn is_open(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let is_container =
        |value: &Value| matches!(value, Value::List(_) | Value::Tuple(_) | Value::Dict(_));
    let holds_undefined = |value: &Value| is_container(value) && value.first_undefined().is_some();
    if left.is_lazy() || right.is_lazy() {
        return true;
    }
    match (comparison, right) {
        // Whatever lies deeper is only looked at when it is compared with something of its kind.
        (Comparison::In | Comparison::NotIn, Value::List(items) | Value::Tuple(items)) => {
            items.iter().any(Value::is_undefined) || holds_undefined(left)
        }
        (Comparison::In | Comparison::NotIn, _) => false,
        (_, right) => {
            is_container(left)
                && is_container(right)
                && (holds_undefined(left) || holds_undefined(right))
        }
    }
}

/// Python's `in`.
pub(crate) fn contains(container: &Value, item: &Value) -> Result<bool> {
    match (container, item) {
        (Value::Str(text), Value::Str(part)) => Ok(text.contains(&**part)),
        (Value::Str(_), other) => Err(TemplateError::runtime(format!(
            "'in <string>' requires string as left operand, not {}",
            other.type_name()
        ))),
        (Value::List(list) | Value::Tuple(list), _) => Ok(list.contains(item)),
        (Value::Dict(dict), _) => match item.unhashable() {
            Some(found) => Err(TemplateError::runtime(format!("unhashable type: '{found}'"))),
            None => Ok(dict.get_value(item).is_some()),
        },
        (Value::Bytes(bytes), Value::Bytes(part)) => {
            Ok(part.is_empty() || bytes.windows(part.len()).any(|window| window == &**part))
        }
        (Value::Bytes(bytes), _) => match item.as_int() {
            Some(number) => match u8::try_from(number) {
                Ok(byte) => Ok(bytes.contains(&byte)),
                Err(_) => Err(TemplateError::runtime("byte must be in range(0, 256)")),
            },
            None => Err(TemplateError::runtime(format!(
                "a bytes-like object is required, not '{}'",
                item.type_name()
            ))),
        },
        (Value::Undefined(undefined), _) => Err((&**undefined).into()),
        (Value::Object(found), _) => {
            if let Some(range) = downcast::<super::objects::Range>(container) {
                return Ok(item.as_int().is_some_and(|number| {
                    let distance = i128::from(number) - i128::from(range.start);
                    let step = i128::from(range.step);
                    distance % step == 0
                        && usize::try_from(distance / step).is_ok_and(|at| at < range.len())
                }));
            }
            if let Some(answer) = found.contains(item) {
                return Ok(answer);
            }
            match found.items() {
                Some(items) => Ok(items.contains(item)),
                None => Err(not_container(container)),
            }
        }
        _ => Err(not_container(container)),
    }
}

fn not_container(value: &Value) -> TemplateError {
    let found = value.type_name();
    TemplateError::runtime(format!("argument of type '{found}' is not iterable"))
}
