//! JSON Patch: changes of a document as data, as Python's `jsonpatch` reads and makes them.

mod diff;

pub(crate) use diff::diff;

use std::sync::Arc;

use crate::value::{Dict, Value};

/// Why a patch was not applied.
pub(crate) enum Refused {
    /// A test of it found something else.
    Test(String),
    Patch(String),
}

impl From<String> for Refused {
    fn from(message: String) -> Refused {
        Refused::Patch(message)
    }
}

/// A change.
pub(crate) struct Operation {
    pub op: String,
    pub path: String,
    pub from: Option<String>,
    pub value: Option<Value>,
}

type Applied = Result<Value, Refused>;

/// Returns a document with a change.
pub(crate) fn apply(document: &Value, operation: &Operation) -> Applied {
    let path = parts(&operation.path)?;
    let value = || {
        operation.value.clone().ok_or_else(|| {
            Refused::Patch("The operation does not contain a 'value' member".to_owned())
        })
    };
    match operation.op.as_str() {
        "add" => add(document, &path, &value()?),
        "remove" => remove(document, &path),
        "replace" => replace(document, &path, &value()?),
        "test" => {
            let (wanted, found) = (value()?, get(document, &path));
            let found = found.map_err(Refused::Test)?;
            if found == wanted {
                return Ok(document.clone());
            }
            let shown =
                |value: &Value| format!("{} (<class '{}'>)", value.to_text(), value.type_name());
            Err(Refused::Test(format!(
                "{} is not equal to tested value {}",
                shown(&found),
                shown(&wanted)
            )))
        }
        op => {
            let from = operation.from.as_deref().unwrap_or_default();
            let from = parts(from)?;
            let value = taken(document, &from)?;
            if op == "copy" {
                return add(document, &path, &value);
            }
            if path == from {
                return Ok(document.clone());
            }
            if path.starts_with(&from) {
                return Err("Cannot move values into their own children".to_owned().into());
            }
            add(&remove(document, &from)?, &path, &value)
        }
    }
}

/// Takes a pointer apart.
fn parts(pointer: &str) -> Result<Vec<String>, String> {
    let mut rest = pointer;
    while let Some(at) = rest.find('~') {
        rest = &rest[at + 1..];
        if !rest.starts_with(['0', '1']) {
            let next = rest.chars().next().map(String::from).unwrap_or_default();
            return Err(format!("Found invalid escape ~{next}"));
        }
    }
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let Some(inner) = pointer.strip_prefix('/') else {
        return Err("Location must start with /".to_owned());
    };
    Ok(inner.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

/// Where a part of a pointer leads to.
enum Place {
    Key(Value),
    Index(usize),
    /// Behind a list's last item.
    End,
}

fn place(document: &Value, part: &str) -> Result<Place, String> {
    match document {
        Value::Dict(dict) => {
            let number = part.parse().map(Value::Int).ok();
            let number = number.filter(|number| dict.get_value(number).is_some());
            Ok(Place::Key(match number {
                Some(number) if dict.get(part).is_none() => number,
                _ => part.into(),
            }))
        }
        Value::List(_) if part == "-" => Ok(Place::End),
        Value::List(_) => {
            let is_index = part == "0"
                || !part.starts_with('0')
                    && !part.is_empty()
                    && part.bytes().all(|b| b.is_ascii_digit());
            let index = part.parse().ok().filter(|_| is_index);
            index.map(Place::Index).ok_or_else(|| format!("'{part}' is not a valid sequence index"))
        }
        other => Err(format!(
            "Document '<class '{}'>' does not support indexing, must be mapping/sequence or support __getitem__",
            other.type_name()
        )),
    }
}

fn step(document: &Value, part: &str) -> Result<Value, String> {
    let found = match (document, place(document, part)?) {
        (Value::Dict(dict), Place::Key(key)) => {
            let shown = || format!("member '{part}' not found in {}", document.to_repr());
            return dict.get_value(&key).cloned().ok_or_else(shown);
        }
        (Value::List(items), Place::Index(index)) => items.get(index).cloned(),
        _ => None,
    };
    found.ok_or_else(|| format!("index '{part}' is out of bounds"))
}

fn get(document: &Value, path: &[String]) -> Result<Value, String> {
    path.iter().try_fold(document.clone(), |found, part| step(&found, part))
}

/// Returns what a change takes from somewhere.
fn taken(document: &Value, path: &[String]) -> Applied {
    let Some((last, above)) = path.split_last() else { return Ok(document.clone()) };
    let above = get(document, above)?;
    let found = match (&above, place(&above, last)?) {
        (Value::Dict(dict), Place::Key(key)) => {
            dict.get_value(&key).cloned().ok_or_else(|| key.to_repr())
        }
        (Value::List(items), Place::Index(index)) => {
            items.get(index).cloned().ok_or_else(|| "list index out of range".to_owned())
        }
        _ => Err("list indices must be integers or slices, not str".to_owned()),
    };
    found.map_err(Refused::Patch)
}

/// Returns a document whose part at a path went through `change`, which gets what holds it and its last part.
fn at(document: &Value, path: &[String], change: &dyn Fn(&Value, &str) -> Applied) -> Applied {
    match path {
        [] => Ok(document.clone()),
        [last] => change(document, last),
        [first, rest @ ..] => {
            let inner = at(&step(document, first)?, rest, change)?;
            Ok(with(document, place(document, first)?, inner))
        }
    }
}

/// Returns a container with a value at a place.
fn with(document: &Value, place: Place, value: Value) -> Value {
    match (document, place) {
        (Value::Dict(dict), Place::Key(key)) => {
            let mut dict: Dict = (**dict).clone();
            dict.insert(key, value);
            Value::Dict(Arc::new(dict))
        }
        (Value::List(items), Place::Index(index)) => {
            let mut items = items.to_vec();
            if let Some(item) = items.get_mut(index) {
                *item = value;
            }
            Value::list(items)
        }
        (other, _) => other.clone(),
    }
}

fn add(document: &Value, path: &[String], value: &Value) -> Applied {
    if path.is_empty() {
        return Ok(value.clone());
    }
    at(document, path, &|holder, last| match (holder, place(holder, last)?) {
        (Value::List(items), found) => {
            let mut items = items.to_vec();
            let index = if let Place::Index(index) = found { index } else { items.len() };
            if index > items.len() {
                return Err("can't insert outside of list".to_owned().into());
            }
            items.insert(index, value.clone());
            Ok(Value::list(items))
        }
        (_, place) => Ok(with(holder, place, value.clone())),
    })
}

fn remove(document: &Value, path: &[String]) -> Applied {
    at(document, path, &|holder, last| {
        let gone = || Refused::Patch(format!("can't remove a non-existent object '{last}'"));
        match (holder, place(holder, last)?) {
            (Value::Dict(dict), Place::Key(key)) => {
                dict.get_value(&key).ok_or_else(gone)?;
                let kept = dict.iter().filter(|(have, _)| **have != key);
                let kept = kept.map(|(key, value)| (key.clone(), value.clone()));
                Ok(Value::from(kept.collect::<Dict>()))
            }
            (Value::List(items), Place::Index(index)) if index < items.len() => {
                let mut items = items.to_vec();
                items.remove(index);
                Ok(Value::list(items))
            }
            (_, Place::End) => Err(format!("invalid array index '{last}'").into()),
            _ => Err(gone()),
        }
    })
}

fn replace(document: &Value, path: &[String], value: &Value) -> Applied {
    if path.is_empty() {
        return Ok(value.clone());
    }
    at(document, path, &|holder, last| {
        let place = place(holder, last)?;
        match (holder, &place) {
            (_, Place::End) => {
                Err("'path' with '-' can't be applied to 'replace' operation".to_owned().into())
            }
            (Value::List(items), Place::Index(index)) if *index >= items.len() => {
                Err("can't replace outside of list".to_owned().into())
            }
            (Value::Dict(dict), Place::Key(key)) if dict.get_value(key).is_none() => {
                Err(format!("can't replace a non-existent object '{last}'").into())
            }
            _ => Ok(with(holder, place, value.clone())),
        }
    })
}
