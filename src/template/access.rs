//! `a.b`, `a['b']`, `a[1]` and `a[1:2]`.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{
    TemplateError,
    cells::{DictCell, ListCell},
    evaluator::{Evaluator, Result},
    expression::bound,
    methods,
    objects::{Range, downcast, object},
    tree::{Attribute, Expression},
};
use crate::{
    diagnostic::Told,
    value::{List, Value},
    yaml::{self, Aliases},
};

impl<'e> Evaluator<'e> {
    /// Says of a magic variable that it will be gone.
    pub(super) fn tell_of_old(&self, name: &str) {
        if name == "play_hosts" {
            let message = "The `play_hosts` magic variable is deprecated.";
            let told = Told::deprecation(message, self.code.span.as_ref());
            self.env.tell(Told { help: Some("Use `ansible_play_batch` instead."), ..told });
        }
    }

    /// Returns what an expression does nothing but name, where that is at hand: it is defined, and there is nothing to
    /// evaluate or to change in it.
    pub(super) fn at_hand<'s>(&'s self, expression: &'e Expression) -> Option<&'s Value> {
        let value = match expression {
            Expression::Const(value) => value,
            Expression::Name(symbol, _) => match self.slots.get(*symbol as usize) {
                Some(Some(value)) => value,
                _ => self.known.get(*symbol as usize)?.get()?,
            },
            Expression::Attribute(node) if !node.special => {
                self.at_hand(&node.of)?.as_dict()?.get_near(&node.name, &node.hint)?
            }
            Expression::Item(node) => {
                match (self.at_hand(&node.of)?, &node.key, self.at_hand(&node.key)?) {
                    (Value::Dict(dict), Expression::Const(_), Value::Str(name)) => {
                        dict.get_near(name, &node.hint)?
                    }
                    (Value::Dict(dict), _, key) => dict.get_value(key)?,
                    (Value::List(list), _, Value::Int(index)) => {
                        list.get(usize::try_from(*index).ok()?)?
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        match value {
            Value::Template(_)
            | Value::Encrypted(_)
            | Value::Undefined(_)
            | Value::Object(_)
            | Value::Omit => None,
            plain => Some(plain),
        }
    }

    /// Returns which lists and dictionaries that lie in one place in memory are one object for the reference, too: not
    /// those that its variables have in several places, of which it makes one for each, nor a template's literals.
    pub(super) fn aliases(&self) -> Aliases {
        let mut places = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let mut several: FxHashSet<usize> = self.code.constants.iter().copied().collect();
        for name in &self.code.names {
            let Some(value) = self.env.scope.get(name) else { continue };
            let mut next = Some(value.clone());
            while let Some(value) = next.take() {
                let is_new = yaml::place(&value).is_none_or(|place| places.insert(place));
                next = self.env.evaluated(&value).filter(|_| is_new);
            }
            self.look_for_places(&value, &mut seen, &mut several);
        }
        // What these hold is not looked at: there is too much of it.
        if self.code.names.iter().any(|name| matches!(&**name, "hostvars" | "vars")) {
            Aliases::Of(places)
        } else {
            Aliases::AllBut(several)
        }
    }

    fn look_for_places(
        &self,
        value: &Value,
        seen: &mut FxHashSet<usize>,
        several: &mut FxHashSet<usize>,
    ) {
        if let Some(place) = yaml::place(value)
            && !seen.insert(place)
        {
            several.insert(place);
            return;
        }
        if let Some(value) = self.env.evaluated(value) {
            self.look_for_places(&value, seen, several);
        }
        match value {
            Value::List(items) | Value::Tuple(items) => {
                items.iter().for_each(|item| self.look_for_places(item, seen, several));
            }
            Value::Dict(dict) => {
                dict.values().for_each(|item| self.look_for_places(item, seen, several));
            }
            _ => (),
        }
    }

    /// Returns `loop.index` and its like.
    pub(super) fn of_loop(&self, node: &Attribute) -> Option<Value> {
        let Expression::Name(symbol, _) = &node.of else { return None };
        let Some(Value::Object(state)) = self.slots.get(*symbol as usize)? else { return None };
        (self.code.loop_symbol == Some(*symbol)).then(|| state.attribute(&node.name)).flatten()
    }

    /// Returns `of.name`: a method or an attribute before an entry.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as `item`, which may fail")]
    pub(crate) fn attribute(&self, of: &Value, name: &str) -> Result<Value> {
        if name.starts_with("__") {
            if matches!(of, Value::Undefined(_)) {
                return Ok(of.clone());
            }
            return Ok(Value::undefined(format!(
                "access to attribute '{name}' of '{}' object is unsafe.",
                of.type_name()
            )));
        }
        match of {
            Value::Undefined(_) => Ok(of.clone()),
            Value::Dict(dict) => Ok(match dict.get(name) {
                _ if methods::exists(of, name) => bound(of, name),
                Some(value) => value.clone(),
                None => missing(of, &Value::str(name)),
            }),
            Value::Object(found) => {
                if let Some(cell) = downcast::<DictCell>(of) {
                    if methods::exists(of, name) {
                        return Ok(bound(of, name));
                    }
                    return Ok(cell
                        .entry(&Value::str(name))
                        .unwrap_or_else(|| missing(of, &Value::str(name))));
                }
                Ok(match found.attribute(name) {
                    Some(value) => value,
                    None if methods::exists(of, name) => bound(of, name),
                    None => missing(of, &Value::str(name)),
                })
            }
            _ if methods::exists(of, name) => Ok(bound(of, name)),
            _ => Ok(of_number(of, name).unwrap_or_else(|| missing(of, &Value::str(name)))),
        }
    }

    /// Returns `of[key]`: an entry before an attribute.
    pub(crate) fn item(&self, of: &Value, key: &Value) -> Result<Value> {
        Ok(match of {
            Value::Undefined(_) => of.clone(),
            Value::Dict(dict) => match dict.get_value(key) {
                Some(value) => value.clone(),
                None => match key.as_str() {
                    Some(name) if is_unsafe(name) => return self.attribute(of, name),
                    Some(name) if methods::exists(of, name) => bound(of, name),
                    _ => missing(of, key),
                },
            },
            Value::List(list) | Value::Tuple(list) => match index(key, list.len()) {
                Some(index) => list[index].clone(),
                None => return self.by_name(of, key),
            },
            Value::Str(text) => {
                let length = if text.is_ascii() { text.len() } else { text.chars().count() };
                match index(key, length) {
                    Some(index) => match text.chars().nth(index) {
                        Some(letter) => Value::from(letter.to_string()),
                        None => missing(of, key),
                    },
                    None => return self.by_name(of, key),
                }
            }
            Value::Bytes(bytes) => match index(key, bytes.len()) {
                Some(index) => Value::Int(i64::from(bytes[index])),
                None => return self.by_name(of, key),
            },
            Value::Object(found) => {
                if let Some(cell) = downcast::<ListCell>(of) {
                    let length = found.items().map_or(0, |items| items.len());
                    return match index(key, length).and_then(|index| cell.item(index)) {
                        Some(item) => Ok(item),
                        None => self.by_name(of, key),
                    };
                }
                if let Some(cell) = downcast::<DictCell>(of) {
                    return Ok(cell.entry(key).unwrap_or_else(|| missing(of, key)));
                }
                if let Some(range) = downcast::<Range>(of) {
                    return Ok(match index(key, range.len()) {
                        Some(index) => Value::Int(range.at(index)),
                        None => missing(of, key),
                    });
                }
                match (key.as_str(), key.as_int(), found.items()) {
                    (Some(name), ..) => return self.attribute(of, name),
                    (_, Some(_), Some(items)) if found.mapping().is_none() => {
                        match index(key, items.len()) {
                            Some(index) => items[index].clone(),
                            None => missing(of, key),
                        }
                    }
                    _ => missing(of, key),
                }
            }
            _ => return self.by_name(of, key),
        })
    }

    fn by_name(&self, of: &Value, key: &Value) -> Result<Value> {
        match key.as_str() {
            Some(name) => self.attribute(of, name),
            None => Ok(missing(of, key)),
        }
    }
}

/// Returns a place in a sequence for an index, which may count from the end.
fn index(key: &Value, length: usize) -> Option<usize> {
    let number = key.as_int()?;
    let index = if number < 0 { number.checked_add(i64::try_from(length).ok()?)? } else { number };
    usize::try_from(index).ok().filter(|index| *index < length)
}

fn missing(of: &Value, key: &Value) -> Value {
    let found = of.type_name();
    let message = if found == "HostVars" {
        format!("hostvars[{}]", key.to_repr())
    } else if key.is_true() {
        format!("object of type '{found}' has no attribute {}", key.to_repr())
    } else {
        // A key that is false is a key that Jinja overlooks when it looks for words.
        let shown = match of {
            Value::None => "None".to_owned(),
            _ => format!("{found} object"),
        };
        match key {
            Value::Str(_) => format!("'{shown}' has no attribute {}", key.to_repr()),
            _ => format!("{shown} has no element {}", key.to_repr()),
        }
    };
    Value::undefined(message)
}

/// Returns what numbers have beside methods.
fn of_number(of: &Value, name: &str) -> Option<Value> {
    let is_float = match of {
        Value::Int(_) | Value::BigInt(_) | Value::Bool(_) => false,
        Value::Float(_) => true,
        _ => return None,
    };
    match name {
        "real" => crate::value::positive(of.clone()).ok(),
        "numerator" if !is_float => crate::value::positive(of.clone()).ok(),
        "imag" if is_float => Some(Value::Float(0.0)),
        "imag" => Some(Value::Int(0)),
        "denominator" if !is_float => Some(Value::Int(1)),
        _ => None,
    }
}

/// Names that every object of Python has, and no template may touch.
fn is_unsafe(name: &str) -> bool {
    matches!(
        name,
        "__class__"
            | "__init__"
            | "__doc__"
            | "__dict__"
            | "__module__"
            | "__new__"
            | "__reduce__"
            | "__getattribute__"
            | "__setattr__"
            | "__eq__"
            | "__repr__"
            | "__str__"
            | "__hash__"
    )
}

/// Returns `of[start:stop:step]`.
pub(crate) fn slice(of: &Value, [start, stop, step]: [Option<i64>; 3]) -> Result<Value> {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(TemplateError::runtime("slice step cannot be zero"));
    }
    let pick = |length: usize| {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let clamp = |bound: Option<i64>, default: i64| match bound {
            None => default,
            Some(bound) if bound < 0 => bound.saturating_add(length).clamp(low, high),
            Some(bound) => bound.clamp(low, high),
        };
        let (first, last) = if step > 0 {
            (clamp(start, low), clamp(stop, high))
        } else {
            (clamp(start, high), clamp(stop, low))
        };
        (first, last)
    };
    let indices = |length: usize| {
        let (first, last) = pick(length);
        let mut at = first;
        std::iter::from_fn(move || {
            let inside = if step > 0 { at < last } else { at > last };
            let index = usize::try_from(at).ok().filter(|_| inside)?;
            at = at.saturating_add(step);
            Some(index)
        })
    };
    let list = |items: &List| -> Arc<List> {
        Arc::new(indices(items.len()).map(|index| items[index].clone()).collect())
    };
    Ok(match of {
        Value::List(items) => Value::List(list(items)),
        Value::Tuple(items) => Value::Tuple(list(items)),
        Value::Str(text) if text.is_ascii() && step == 1 => {
            let (first, last) = pick(text.len());
            let range = usize::try_from(first).unwrap_or(0)..usize::try_from(last).unwrap_or(0);
            Value::str(text.get(range).unwrap_or_default())
        }
        Value::Str(text) => {
            let letters: Vec<char> = text.chars().collect();
            indices(letters.len()).map(|index| letters[index]).collect::<String>().into()
        }
        Value::Bytes(bytes) => {
            Value::Bytes(indices(bytes.len()).map(|index| bytes[index]).collect())
        }
        Value::Object(found) => {
            if let Some(range) = downcast::<Range>(of) {
                let (first, last) = pick(range.len());
                let at = |index: i64| range.start.saturating_add(range.step.saturating_mul(index));
                return Ok(object(Range {
                    start: at(first),
                    stop: at(last),
                    step: range.step.saturating_mul(step),
                }));
            }
            match found.items() {
                Some(items) => Value::List(list(&items)),
                None => return Err(not_subscriptable(of)),
            }
        }
        Value::Dict(_) => return Err(TemplateError::runtime("unhashable type: 'slice'")),
        other => return Err(not_subscriptable(other)),
    })
}

fn not_subscriptable(value: &Value) -> TemplateError {
    TemplateError::runtime(format!("'{}' object is not subscriptable", value.type_name()))
}
