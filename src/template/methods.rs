//! The methods that Python's values have.

mod arguments;
mod bytes;
mod container;
mod letters;
mod number;
mod text;

pub(crate) use letters::{capitalize, is_space, justify, lower, split, upper};

use std::sync::Arc;

use super::{
    TemplateError,
    cells::{DictCell, ListCell, freeze},
    evaluator::{Evaluator, Passed, Result},
    objects::{Cycler, Loop, Range, downcast},
};
use crate::value::{Undefined, Value};

/// Methods that change their list or dictionary.
pub(crate) const CHANGING: &[&str] = &[
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "sort",
    "reverse",
    "clear",
    "update",
    "setdefault",
    "popitem",
];

/// Returns whether dictionaries have a method of this name.
pub(crate) fn is_of_dicts(name: &str) -> bool {
    container::DICT.contains(&name)
}

/// Returns whether a value has a method of this name.
pub(crate) fn exists(of: &Value, name: &str) -> bool {
    match of {
        Value::Str(_) => text::NAMES.contains(&name),
        Value::Bytes(_) => bytes::exists(name),
        Value::List(_) => container::LIST.contains(&name),
        Value::Tuple(_) => matches!(name, "index" | "count"),
        Value::Dict(_) => container::DICT.contains(&name),
        Value::Int(_) | Value::BigInt(_) | Value::Bool(_) | Value::Float(_) => {
            number::exists(of, name)
        }
        Value::Object(object) => {
            if downcast::<ListCell>(of).is_some() {
                container::LIST.contains(&name)
            } else if downcast::<DictCell>(of).is_some() {
                container::DICT.contains(&name)
            } else if downcast::<Loop>(of).is_some() {
                matches!(name, "cycle" | "changed")
            } else if downcast::<Cycler>(of).is_some() {
                matches!(name, "next" | "reset")
            } else if downcast::<super::time::Duration>(of).is_some() {
                name == "total_seconds"
            } else if downcast::<super::time::Date>(of).is_some() {
                super::time::DATE_METHODS.contains(&name)
            } else if downcast::<super::time::Time>(of).is_some() {
                super::time::METHODS.contains(&name)
            } else if downcast::<Range>(of).is_some() {
                matches!(name, "count" | "index")
            } else {
                object.mapping().is_some() && matches!(name, "keys" | "values" | "items" | "get")
            }
        }
        _ => false,
    }
}

/// Calls a method; nothing when the value has none of this name.
pub(crate) fn call(
    eval: &Evaluator<'_>,
    of: &Value,
    name: &str,
    passed: &Passed,
) -> Option<Result<Value>> {
    if !exists(of, name) {
        return None;
    }
    if let Some(undefined) = passed.undefined() {
        return Some(Err(undefined.into()));
    }
    Some(match of {
        Value::Str(text) if eval.env.markup.has(of) => {
            marked(eval, text, name, passed).map(|value| eval.env.markup.mark_all(value))
        }
        Value::Str(text) => text::call(eval, text, name, passed),
        Value::List(_) | Value::Tuple(_) | Value::Dict(_) => {
            container::call(eval, of, name, passed)
        }
        Value::Object(object) => {
            if downcast::<ListCell>(of).is_some() || downcast::<DictCell>(of).is_some() {
                container::call(eval, of, name, passed)
            } else if let Some(of) = downcast::<Range>(of) {
                container::range(of, name, passed)
            } else if let Some(state) = downcast::<Loop>(of) {
                Ok(if name == "changed" {
                    state.changed(passed.positional.iter().map(freeze).collect()).into()
                } else if passed.positional.is_empty() {
                    return Some(Err(TemplateError::runtime("no items for cycling given")));
                } else {
                    passed.positional[state.index() % passed.positional.len()].clone()
                })
            } else if let Some(cycler) = downcast::<Cycler>(of) {
                Ok(if name == "next" {
                    cycler.next()
                } else {
                    cycler.position.store(0, std::sync::atomic::Ordering::Relaxed);
                    Value::None
                })
            } else if let Some(duration) = downcast::<super::time::Duration>(of) {
                #[expect(clippy::cast_precision_loss, reason = "Python gives a float too")]
                Ok(Value::Float(duration.0 as f64 / 1e6))
            } else if let Some(date) = downcast::<super::time::Date>(of) {
                super::time::date_method(*date, name, passed).map_err(TemplateError::runtime)
            } else if let Some(time) = downcast::<super::time::Time>(of) {
                super::time::method(time, name, passed).map_err(TemplateError::runtime)
            } else {
                match object.mapping() {
                    Some(dict) => container::call(eval, &Value::Dict(dict), name, passed),
                    None => return None,
                }
            }
        }
        Value::Bytes(bytes) => bytes::call(eval, bytes, name, passed),
        number => number::call(number, name, passed),
    })
}

/// Calls a method of a text that needs no escaping; what is put into it does.
fn marked(eval: &Evaluator<'_>, text: &Arc<str>, name: &str, passed: &Passed) -> Result<Value> {
    if !matches!(name, "format" | "replace") {
        return text::call(eval, text, name, passed);
    }
    let escaped = |value: &Value| eval.env.markup.escaped(value);
    let named = passed.named.iter().map(|(name, value)| (Arc::clone(name), escaped(value)));
    let passed = Passed {
        positional: passed.positional.iter().map(escaped).collect(),
        named: named.collect(),
    };
    text::call(eval, text, name, &passed)
}

impl Passed {
    /// Returns an argument by its place or its name.
    pub(crate) fn get(&self, index: usize, name: &str) -> Option<&Value> {
        let named = || self.named.iter().find(|(known, _)| &**known == name);
        self.positional.get(index).or_else(|| named().map(|(_, value)| value))
    }

    /// Returns the first argument that is undefined.
    pub(crate) fn undefined(&self) -> Option<&Undefined> {
        let all = self.positional.iter().chain(self.named.iter().map(|(_, value)| value));
        all.into_iter().find_map(Value::as_undefined).map(|undefined| &**undefined)
    }
}
