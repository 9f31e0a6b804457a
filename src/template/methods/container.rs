//! Methods of lists, tuples and dictionaries.

use std::{cmp::Ordering, sync::Arc};

use super::arguments;
use crate::{
    template::{
        TemplateError,
        cells::{DictCell, ListCell, freeze, holds_cell, thaw},
        evaluator::{Evaluator, Passed, Result, items},
        objects::{Range, downcast},
    },
    value::{Dict, Value},
};

pub(super) const LIST: &[&str] = &[
    "append", "extend", "insert", "remove", "pop", "sort", "reverse", "clear", "index", "count",
    "copy",
];
pub(super) const DICT: &[&str] = &[
    "get",
    "items",
    "keys",
    "values",
    "copy",
    "update",
    "setdefault",
    "pop",
    "popitem",
    "clear",
    "fromkeys",
];

pub(super) fn call(eval: &Evaluator<'_>, of: &Value, name: &str, passed: &Passed) -> Result<Value> {
    if let Some(cell) = downcast::<ListCell>(of) {
        return match name {
            "index" | "count" | "copy" => list(eval, &freeze(of), name, passed),
            _ => cell.edit(brings(passed), |items| change_list(eval, items, name, passed)),
        };
    }
    if let Some(cell) = downcast::<DictCell>(of) {
        return match name {
            "get" => {
                let key = key(passed)?;
                Ok(cell
                    .entry(&key)
                    .or_else(|| passed.get(1, "default").cloned())
                    .unwrap_or_default())
            }
            "setdefault" => {
                let key = key(passed)?;
                if let Some(value) = cell.entry(&key) {
                    return Ok(value);
                }
                let value = passed.get(1, "default").cloned().unwrap_or_default();
                let value = thaw(value);
                cell.edit(holds_cell(&value), |dict| dict.insert(key, value.clone()));
                Ok(value)
            }
            "items" | "keys" | "values" | "copy" | "fromkeys" => {
                dict(eval, &freeze(of), name, passed)
            }
            "update" => {
                let (other, failed) = merged(eval, passed)?;
                cell.edit(brings(passed), |dict| dict.extend(other));
                failed.map_or(Ok(Value::None), Err)
            }
            _ => cell.edit(brings(passed), |dict| change_dict(dict, name, passed)),
        };
    }
    match of {
        // Nobody else sees a list that has no name: the change is lost, the answer counts.
        Value::List(found) if !matches!(name, "index" | "count" | "copy") => {
            let mut copy = found.to_vec();
            change_list(eval, &mut copy, name, passed)
        }
        Value::Tuple(_) => {
            arguments::check("tuple", name, passed).map_err(TemplateError::runtime)?;
            list(eval, of, name, passed)
        }
        Value::List(_) => list(eval, of, name, passed),
        Value::Dict(found) => match name {
            "get" => {
                let key = key(passed)?;
                let value = found.get_value(&key).or_else(|| passed.get(1, "default"));
                Ok(value.cloned().unwrap_or_default())
            }
            "items" | "keys" | "values" | "copy" | "fromkeys" => dict(eval, of, name, passed),
            "update" => merged(eval, passed)?.1.map_or(Ok(Value::None), Err),
            _ => change_dict(&mut (**found).clone(), name, passed),
        },
        _ => Ok(Value::None),
    }
}

fn brings(passed: &Passed) -> bool {
    passed.positional.iter().any(holds_cell)
        || passed.named.iter().any(|(_, value)| holds_cell(value))
}

fn key(passed: &Passed) -> Result<Value> {
    let key = passed.get(0, "key").map(freeze);
    let key = key.ok_or_else(|| {
        TemplateError::runtime("dict.get() missing 1 required positional argument: 'key'")
    })?;
    match key.unhashable() {
        Some(found) => Err(TemplateError::runtime(format!("unhashable type: '{found}'"))),
        None => Ok(key),
    }
}

fn first<'p>(passed: &'p Passed, name: &str) -> Result<&'p Value> {
    match &passed.positional[..] {
        [only] => Ok(only),
        [first, ..] if !name.starts_with("list.") => Ok(first),
        [] if name == "index" => {
            Err(TemplateError::runtime("index expected at least 1 argument, got 0"))
        }
        given => {
            let given = given.len();
            let message = format!("{name}() takes exactly one argument ({given} given)");
            Err(TemplateError::runtime(message))
        }
    }
}

fn list(eval: &Evaluator<'_>, of: &Value, name: &str, passed: &Passed) -> Result<Value> {
    let (Value::List(list) | Value::Tuple(list)) = of else { return Ok(Value::None) };
    if name == "copy" {
        return Ok(Value::List(Arc::clone(list)));
    }
    let wanted = freeze(first(passed, name)?);
    let mut count = 0_usize;
    for (index, item) in list.iter().enumerate() {
        if eval.met(item)? == wanted {
            if name == "index" {
                return Ok(index.into());
            }
            count += 1;
        }
    }
    if name == "count" {
        return Ok(count.into());
    }
    let message = match of {
        Value::Tuple(_) => "tuple.index(x): x not in tuple".to_owned(),
        _ => format!("{} is not in list", wanted.to_repr()),
    };
    Err(TemplateError::runtime(message))
}

/// Calls a method of a range.
pub(super) fn range(of: &Range, name: &str, passed: &Passed) -> Result<Value> {
    let wanted = freeze(first(passed, name)?);
    let found = (0..of.len()).find(|index| Value::Int(of.at(*index)) == wanted);
    match (name, found) {
        ("count", found) => Ok(Value::Int(found.is_some().into())),
        (_, Some(index)) => Ok(index.into()),
        (_, None) => Err(TemplateError::runtime(format!("{} is not in range", wanted.to_repr()))),
    }
}

/// Evaluates a value that is handed on; what a template left undefined stays so until somebody looks at it.
fn told(eval: &Evaluator<'_>, value: &Value) -> Result<Value> {
    if value.is_undefined() { Ok(value.clone()) } else { eval.met(value) }
}

fn change_list(
    eval: &Evaluator<'_>,
    list: &mut Vec<Value>,
    name: &str,
    passed: &Passed,
) -> Result<Value> {
    let place = |number: i64, length: usize| {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let at = if number < 0 { number + length } else { number };
        usize::try_from(at.clamp(0, length)).unwrap_or(0)
    };
    match name {
        "append" => list.push(first(passed, "list.append")?.clone()),
        "extend" => {
            let more = items(&eval.complete(first(passed, "list.extend")?.clone())?)?;
            for item in more.iter() {
                if let Some(undefined) = item.as_undefined() {
                    return Err((&**undefined).into());
                }
                list.push(item.clone());
            }
        }
        "insert" => {
            let [index, value] = &passed.positional[..] else {
                let found = passed.positional.len();
                return Err(TemplateError::runtime(format!(
                    "insert expected 2 arguments, got {found}"
                )));
            };
            let index = place(index.as_int().unwrap_or(0), list.len());
            list.insert(index, value.clone());
        }
        "remove" => {
            let wanted = freeze(first(passed, "list.remove")?);
            match list.iter().position(|item| freeze(item) == wanted) {
                Some(index) => drop(list.remove(index)),
                None => return Err(TemplateError::runtime("list.remove(x): x not in list")),
            }
        }
        "pop" => {
            let index = passed.positional.first().and_then(Value::as_int).unwrap_or(-1);
            if list.is_empty() {
                return Err(TemplateError::runtime("pop from empty list"));
            }
            let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
            if !(-length..length).contains(&index) {
                return Err(TemplateError::runtime("pop index out of range"));
            }
            return Ok(list.remove(place(index, list.len())));
        }
        "sort" => {
            let reverse = passed.get(9, "reverse").is_some_and(Value::is_true);
            sort(list).map_err(TemplateError::runtime)?;
            if reverse {
                list.reverse();
            }
        }
        "reverse" => list.reverse(),
        _ => list.clear(),
    }
    Ok(Value::None)
}

/// Sorts by Python's order, or says why there is none.
pub(crate) fn sort(list: &mut [Value]) -> std::result::Result<(), String> {
    let mut failure = None;
    list.sort_by(|a, b| match a.order(b, "<") {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(message) => {
            failure.get_or_insert(message);
            Ordering::Equal
        }
    });
    failure.map_or(Ok(()), Err)
}

fn dict(eval: &Evaluator<'_>, of: &Value, name: &str, passed: &Passed) -> Result<Value> {
    let Value::Dict(dict) = of else { return Ok(Value::None) };
    Ok(match name {
        // The reference hands its templates lists where Python has views.
        "keys" => Value::list(dict.keys().cloned()),
        "values" => {
            Value::list(dict.values().map(|value| told(eval, value)).collect::<Result<Vec<_>>>()?)
        }
        "items" => {
            let pair = |(key, value): (&Value, &Value)| {
                Ok(Value::Tuple(Arc::new(vec![key.clone(), told(eval, value)?].into())))
            };
            Value::list(dict.iter().map(pair).collect::<Result<Vec<_>>>()?)
        }
        "fromkeys" => {
            let value = passed.positional.get(1).cloned().unwrap_or_default();
            let keys = items(&freeze(first(passed, name)?))?;
            Value::dict(keys.iter().map(|key| (key.clone(), value.clone())))
        }
        _ => of.clone(),
    })
}

/// Returns what `update` adds until it meets what is undefined, and that.
fn merged(eval: &Evaluator<'_>, passed: &Passed) -> Result<(Dict, Option<TemplateError>)> {
    let mut merged = Dict::new();
    if let Some(other) = passed.positional.first() {
        match eval.complete(other.clone())? {
            Value::Dict(other) => {
                for (key, value) in other.iter() {
                    if let Some(undefined) = value.as_undefined() {
                        return Ok((merged, Some((&**undefined).into())));
                    }
                    merged.insert(key.clone(), value.clone());
                }
            }
            pairs => {
                for pair in items(&pairs)?.iter() {
                    let pair = items(pair)?;
                    if let [key, value] = &pair[..] {
                        merged.insert(key.clone(), value.clone());
                    }
                }
            }
        }
    }
    merged.extend(passed.named.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
    Ok((merged, None))
}

fn change_dict(dict: &mut Dict, name: &str, passed: &Passed) -> Result<Value> {
    match name {
        "pop" => {
            let key = key(passed)?;
            match dict.remove_value(&key).or_else(|| passed.positional.get(1).cloned()) {
                Some(value) => Ok(value),
                None => Err(TemplateError::runtime(key.to_repr())),
            }
        }
        "popitem" => match dict.pop_last() {
            Some((key, value)) => Ok(Value::Tuple(Arc::new(vec![key, value].into()))),
            None => Err(TemplateError::runtime("'popitem(): dictionary is empty'")),
        },
        "setdefault" => {
            let key = key(passed)?;
            let value = passed.get(1, "default").cloned().unwrap_or_default();
            if let Some(value) = dict.get_value(&key) {
                Ok(value.clone())
            } else {
                dict.insert(key, value.clone());
                Ok(value)
            }
        }
        _ => {
            *dict = Dict::new();
            Ok(Value::None)
        }
    }
}
