//! What Python's `iter()` gives for a value.

use std::sync::Arc;

use super::{TemplateError, evaluator::Result};
use crate::value::{Dict, List, Value};

/// Returns the items that iteration gives.
pub(crate) fn items(value: &Value) -> Result<Arc<List>> {
    Ok(match value {
        Value::List(list) | Value::Tuple(list) => Arc::clone(list),
        Value::Dict(dict) => keys(dict),
        Value::Str(text) => {
            let mut buffer = [0; 4];
            let letters = text.chars();
            Arc::new(letters.map(|c| Value::str(&*c.encode_utf8(&mut buffer))).collect())
        }
        Value::Bytes(bytes) => {
            Arc::new(bytes.iter().map(|byte| Value::Int(i64::from(*byte))).collect())
        }
        Value::Undefined(undefined) => return Err((&**undefined).into()),
        Value::Object(object) => match object.items() {
            Some(items) => items,
            None => return Err(not_iterable(value)),
        },
        other => return Err(not_iterable(other)),
    })
}

fn keys(dict: &Dict) -> Arc<List> {
    Arc::new(dict.keys().cloned().collect())
}

fn not_iterable(value: &Value) -> TemplateError {
    match super::objects::downcast::<super::objects::Range>(value) {
        Some(_) => TemplateError::runtime("the range is too large"),
        None => TemplateError::runtime(format!("'{}' object is not iterable", value.type_name())),
    }
}
