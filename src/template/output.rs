//! What a template's statements put out: one native value, or text.

use super::{TemplateError, evaluator::Seen, expression::is_lenient, leaving::without_omitted};
use crate::value::Value;

/// What was put out so far.
pub(crate) enum Output {
    Nothing,
    /// The only value so far, as it is.
    One(Value),
    Text(String),
    /// Always text: files, captured blocks, macros.
    Written(String),
}

impl Output {
    /// Returns an output that keeps a lone value native.
    pub(crate) fn native() -> Output {
        Output::Nothing
    }

    /// Returns an output that is always text.
    pub(crate) fn text() -> Output {
        Output::Written(String::new())
    }

    /// Adds a value; None leaves no trace.
    pub(crate) fn push(&mut self, value: Seen<'_>) {
        match self {
            Output::Text(text) | Output::Written(text) => match &*value {
                Value::Str(part) => text.push_str(part),
                // An argument cannot be left out in the middle of a text: there it is nothing.
                Value::None | Value::Omit => (),
                nothing if is_lenient(nothing) => (),
                other => write(other, text),
            },
            Output::Nothing | Output::One(_) => self.push_among_first(value.into_owned()),
        }
    }

    fn push_among_first(&mut self, value: Value) {
        match self {
            _ if matches!(value, Value::None) => (),
            Output::One(_) if matches!(value, Value::Omit) || is_lenient(&value) => {}
            Output::One(first) if matches!(first, Value::Omit) || is_lenient(first) => {
                let mut text = String::new();
                write(&value, &mut text);
                *self = Output::Text(text);
            }
            Output::Nothing => *self = Output::One(value),
            Output::One(first) => {
                let mut text = String::new();
                write(first, &mut text);
                write(&value, &mut text);
                *self = Output::Text(text);
            }
            Output::Text(text) | Output::Written(text) => write(&value, text),
        }
    }

    /// Returns the native value, which must be one that a variable can hold.
    pub(crate) fn into_value(self) -> Result<Value, TemplateError> {
        match self {
            Output::Nothing => Ok(Value::None),
            Output::One(value) => match unstorable(&value) {
                None => Ok(value),
                Some(found) => Err(TemplateError::runtime(format!(
                    "Type '{found}' is unsupported for variable storage."
                ))),
            },
            Output::Text(text) | Output::Written(text) => Ok(text.into()),
        }
    }

    /// Returns what a block put out, which may be something that no variable can hold.
    pub(crate) fn into_captured(self) -> Value {
        match self {
            Output::Nothing => Value::None,
            Output::One(value) => value,
            Output::Text(text) | Output::Written(text) => text.into(),
        }
    }

    pub(crate) fn into_text(self) -> String {
        match self {
            Output::Nothing => String::new(),
            Output::One(value) => {
                let mut text = String::new();
                write(&value, &mut text);
                text
            }
            Output::Text(text) | Output::Written(text) => text,
        }
    }
}

/// Adds a value to a text; bytes are the text that they spell.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Bytes(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
        Value::List(_) | Value::Dict(_) if value.is_lazy() => {
            without_omitted(value).write_text(text);
        }
        other => other.write_text(text),
    }
}

/// Returns the type of what no variable can hold, if there is such a thing in a value.
fn unstorable(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(object) if object.mapping().is_none() && object.to_plain().is_none() => {
            Some(object.type_name())
        }
        Value::Undefined(_) => Some("Undefined"),
        Value::List(items) | Value::Tuple(items) => items.iter().find_map(unstorable),
        Value::Dict(dict) => dict.values().find_map(unstorable),
        _ => None,
    }
}
