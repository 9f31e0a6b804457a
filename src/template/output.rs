//! What a template's statements put out: one native value, or text.

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
    pub(crate) fn push(&mut self, value: Value) {
        match self {
            _ if matches!(value, Value::None) => (),
            // An argument cannot be left out in the middle of a text: there it is nothing.
            Output::One(_) | Output::Text(_) | Output::Written(_)
                if matches!(value, Value::Omit) => {}
            Output::One(Value::Omit) => *self = Output::Text(value.to_text()),
            Output::Nothing => *self = Output::One(value),
            Output::One(first) => {
                let mut text = first.to_text();
                value.write_text(&mut text);
                *self = Output::Text(text);
            }
            Output::Text(text) | Output::Written(text) => value.write_text(text),
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Output::Nothing => Value::None,
            Output::One(value) => value,
            Output::Text(text) | Output::Written(text) => text.into(),
        }
    }

    pub(crate) fn into_text(self) -> String {
        match self {
            Output::Nothing => String::new(),
            Output::One(value) => value.to_text(),
            Output::Text(text) | Output::Written(text) => text,
        }
    }
}
