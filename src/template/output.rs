//! What a template's statements put out: one native value, or text.

use std::borrow::Cow;

use super::{
    Below, TemplateError, evaluator::Seen, expression::is_lenient, leaving::without_omitted,
};
use crate::value::Value;

/// What was put out so far.
pub(crate) struct Output {
    made: Made,
    /// What the only value looks like as text, where that is something else.
    shown: Option<Value>,
    /// Whether what cannot be put out fails only when somebody uses the whole.
    pub(super) waits: bool,
    /// What could not be put out.
    failed: Option<TemplateError>,
    /// How many bytes the text is likely to have.
    expects: usize,
}

/// What the values that were put out make.
pub(super) enum Made {
    Nothing,
    /// The only value so far, as it is.
    One(Value),
    Text(String),
    /// Always text: files, captured blocks, macros.
    Written(String),
}

impl Output {
    fn new(made: Made, waits: bool) -> Output {
        Output { made, shown: None, waits, failed: None, expects: 0 }
    }

    /// Returns an output that keeps a lone value native.
    pub(crate) fn native() -> Output {
        Output::new(Made::Nothing, false)
    }

    /// Returns this output for a text that is likely to have so many bytes.
    pub(super) fn expecting(self, bytes: usize) -> Output {
        Output { expects: bytes, ..self }
    }

    /// Returns the output of a block that somebody may use: a lone value is kept native.
    pub(crate) fn captured() -> Output {
        Output::new(Made::Nothing, true)
    }

    /// Returns an output that is always text.
    pub(crate) fn text(waits: bool) -> Output {
        Output::new(Made::Written(String::new()), waits)
    }

    /// Returns the output of a text that holds no template.
    pub(crate) fn of_text(text: String) -> Output {
        Output::new(Made::Text(text), false)
    }

    /// Changes what was made.
    pub(super) fn change(&mut self, change: impl FnOnce(Made) -> Made) {
        self.made = change(std::mem::replace(&mut self.made, Made::Nothing));
    }

    /// Notes that a value cannot be put out.
    ///
    /// # Errors
    ///
    /// Fails at once where nothing waits.
    pub(crate) fn fail(&mut self, error: TemplateError) -> Result<(), TemplateError> {
        if !self.waits {
            return Err(error);
        }
        self.failed.get_or_insert(error);
        Ok(())
    }

    /// Adds what another output has.
    pub(crate) fn append(&mut self, other: Output) -> Result<(), TemplateError> {
        match other.failed {
            Some(error) => self.fail(error),
            None => {
                self.push(Cow::Owned(other.into_captured()));
                Ok(())
            }
        }
    }

    /// Adds a value that looks otherwise as text.
    pub(crate) fn push_shown(&mut self, value: Value, shown: Value) {
        if matches!(self.made, Made::Nothing) {
            self.made = Made::One(value);
            self.shown = Some(shown);
        } else {
            self.push(Cow::Owned(shown));
        }
    }

    /// Adds a value; None leaves no trace.
    pub(crate) fn push(&mut self, value: Seen<'_>) {
        if self.write_plain(&value) {
            return;
        }
        if let Made::One(first) = &mut self.made
            && !matches!(*value, Value::None)
            && let Some(shown) = self.shown.take()
        {
            *first = shown;
        }
        match &mut self.made {
            Made::Text(text) | Made::Written(text) => match &*value {
                // An argument cannot be left out in the middle of a text: there it is nothing.
                Value::Omit => (),
                nothing if is_lenient(nothing) => (),
                other => write(other, text),
            },
            made @ (Made::Nothing | Made::One(_)) => {
                made.push_among_first(value.into_owned(), self.expects);
            }
        }
    }

    /// Adds a plain value to a text that has begun; returns whether it is one, and there is one.
    #[inline]
    pub(super) fn write_plain(&mut self, value: &Value) -> bool {
        let (Made::Text(text) | Made::Written(text)) = &mut self.made else { return false };
        match value {
            Value::Str(part) => text.push_str(part),
            Value::Int(_) | Value::Bool(_) | Value::Float(_) => value.write_repr(text),
            Value::None => (),
            _ => return false,
        }
        true
    }

    /// Returns the native value, which must be one that a variable can hold.
    pub(crate) fn into_value(self) -> Result<Value, TemplateError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        match self.made {
            Made::Nothing => Ok(Value::None),
            Made::One(value) => match unstorable(&value) {
                None => Ok(value),
                Some((found, about)) => {
                    let message = format!("Type '{found}' is unsupported for variable storage.");
                    let mut error = TemplateError::runtime(&message);
                    error.below = vec![Below { message, about: Some(about), ..Below::default() }];
                    Err(error)
                }
            },
            Made::Text(text) | Made::Written(text) => Ok(text.into()),
        }
    }

    /// Returns the text that a file becomes.
    pub(crate) fn into_text(mut self) -> Result<String, TemplateError> {
        if let Made::Text(text) | Made::Written(text) = &mut self.made
            && self.failed.is_none()
        {
            return Ok(std::mem::take(text));
        }
        Ok(match self.into_value()? {
            Value::None => String::new(),
            Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => other.to_text(),
        })
    }

    /// Returns what a block put out, which may be something that no variable can hold, or that fails when it is used.
    pub(crate) fn into_captured(self) -> Value {
        if let Some(error) = self.failed {
            return error.into();
        }
        match self.made {
            Made::Nothing => Value::None,
            Made::One(value) => value,
            Made::Text(text) | Made::Written(text) => text.into(),
        }
    }
}

impl Made {
    fn push_among_first(&mut self, value: Value, expects: usize) {
        match self {
            _ if matches!(value, Value::None) => (),
            Made::Nothing => *self = Made::One(value),
            // What stands for nothing is empty beside others.
            Made::One(first) => {
                let mut text = String::with_capacity(expects);
                for part in [&*first, &value] {
                    if !matches!(part, Value::Omit) && !is_lenient(part) {
                        write(part, &mut text);
                    }
                }
                *self = Made::Text(text);
            }
            Made::Text(text) | Made::Written(text) => write(&value, text),
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

/// Returns the type and the text of what no variable can hold, if there is such a thing in a value.
pub(super) fn unstorable(value: &Value) -> Option<(&'static str, String)> {
    match value {
        Value::Object(object) if object.mapping().is_none() && object.to_plain().is_none() => {
            Some((object.type_name(), value.to_repr()))
        }
        Value::Undefined(_) => Some(("Undefined", String::new())),
        Value::List(items) | Value::Tuple(items) => items.iter().find_map(unstorable),
        Value::Dict(dict) => dict.values().find_map(unstorable),
        _ => None,
    }
}
