//! Texts that HTML shows as they are and that are not escaped again, Jinja's `Markup`.
//!
//! They are ordinary texts, which the evaluation that made them remembers: outside of it they are like any other.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rustc_hash::FxHashMap;

use super::{escape::escape, objects::object};
use crate::value::{Object, Value};

/// Filters whose text needs no escaping.
const MAKERS: [&str; 4] = ["escape", "forceescape", "safe", "tojson"];
/// Filters of which that holds when it held of their input.
const KEEPERS: [&str; 8] =
    ["capitalize", "format", "indent", "lower", "string", "title", "trim", "upper"];

/// The texts that need no escaping, by their addresses; each is kept, so that its address stays its own.
#[derive(Default)]
pub(super) struct Markup {
    any: AtomicBool,
    texts: Mutex<FxHashMap<usize, Arc<str>>>,
}

impl Markup {
    pub(super) fn has(&self, value: &Value) -> bool {
        let Value::Str(text) = value else { return false };
        self.any.load(Ordering::Relaxed)
            && self
                .texts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains_key(&address(text))
    }

    /// Returns a text as one that needs no escaping: a copy where others have it too, a variable for example.
    pub(super) fn mark(&self, value: Value) -> Value {
        let Value::Str(text) = value else { return value };
        let text = if Arc::strong_count(&text) == 1 { text } else { Arc::from(&*text) };
        self.any.store(true, Ordering::Relaxed);
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert(address(&text), Arc::clone(&text));
        Value::Str(text)
    }

    /// Returns what a filter gives to a text that needs no escaping, where that is the text itself.
    pub(super) fn spared(&self, filter: &str, input: &Value) -> Option<Value> {
        (matches!(filter, "escape" | "safe") && self.has(input)).then(|| input.clone())
    }

    /// Marks what a filter has given where it makes or keeps texts that need no escaping.
    pub(super) fn of_filter(&self, filter: &str, was_marked: bool, result: Value) -> Value {
        let is_marked = MAKERS.contains(&filter) || was_marked && KEEPERS.contains(&filter);
        if is_marked { self.mark(result) } else { result }
    }

    /// Returns a value whose texts are shown as `Markup`, where there are such in a list or a dictionary.
    pub(super) fn shown(&self, value: &Value) -> Option<Value> {
        let inside = |value: &Value| match value {
            Value::Str(text) if self.has(value) => Some(object(Marked(Arc::clone(text)))),
            Value::List(_) | Value::Dict(_) => self.shown(value),
            _ => None,
        };
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        match value {
            Value::List(items) => {
                let shown: Vec<_> = items.iter().map(inside).collect();
                shown.iter().any(Option::is_some).then(|| {
                    let items = items.iter().zip(shown);
                    Value::list(items.map(|(item, shown)| shown.unwrap_or_else(|| item.clone())))
                })
            }
            Value::Dict(entries) => {
                let shown: Vec<_> = entries.values().map(inside).collect();
                shown.iter().any(Option::is_some).then(|| {
                    let entries = entries.iter().zip(shown);
                    Value::dict(entries.map(|((key, value), shown)| {
                        (key.clone(), shown.unwrap_or_else(|| value.clone()))
                    }))
                })
            }
            _ => None,
        }
    }

    /// Returns arguments of a format that needs no escaping: those that do are escaped.
    pub(super) fn escaped(&self, arguments: &Value) -> Value {
        match arguments {
            Value::Str(text) if !self.has(arguments) => escape(text).into(),
            Value::Tuple(items) => {
                Value::Tuple(Arc::new(items.iter().map(|item| self.escaped(item)).collect()))
            }
            Value::Dict(entries) => {
                Value::dict(entries.iter().map(|(key, value)| (key.clone(), self.escaped(value))))
            }
            other => other.clone(),
        }
    }

    /// Marks what a method of a text that needs no escaping gives.
    pub(super) fn mark_all(&self, value: Value) -> Value {
        match value {
            Value::Str(_) => self.mark(value),
            Value::List(items) => Value::list(items.iter().map(|item| self.mark_all(item.clone()))),
            Value::Tuple(items) => {
                let items = items.iter().map(|item| self.mark_all(item.clone()));
                Value::Tuple(Arc::new(items.collect()))
            }
            other => other,
        }
    }

    /// Returns two texts one after the other, where one of them needs no escaping: then the other is escaped.
    pub(super) fn joined(&self, left: &Value, right: &Value) -> Option<Value> {
        if !self.has(left) && !self.has(right) {
            return None;
        }
        let escaped = |value: &Value| match value {
            Value::Str(text) if self.has(value) => Some(text.to_string()),
            Value::Str(text) => Some(escape(text)),
            _ => None,
        };
        Some(self.mark(Value::from(escaped(left)? + &escaped(right)?)))
    }
}

/// A text that needs no escaping, in a list or a dictionary that becomes text.
#[derive(Debug)]
struct Marked(Arc<str>);

impl Object for Marked {
    fn type_name(&self) -> &'static str {
        "str"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn to_text(&self) -> String {
        self.0.to_string()
    }

    fn to_repr(&self) -> String {
        format!("Markup({})", Value::Str(Arc::clone(&self.0)).to_repr())
    }
}

fn address(text: &Arc<str>) -> usize {
    Arc::as_ptr(text).cast::<u8>() as usize
}
