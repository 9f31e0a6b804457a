//! Global functions: `range`, `dict`, `lookup`, `query`, `now`, `undef`, `namespace` and the rest.

use std::sync::{Arc, LazyLock, Mutex, atomic::AtomicUsize};

use super::{
    TemplateError,
    cells::{freeze, thaw},
    evaluator::{Evaluator, Passed, Result, items},
    lookups,
    objects::{Cycler, Function, FunctionBody, Joiner, Namespace, Range, object},
};
use crate::value::{Dict, Value};

static FUNCTIONS: LazyLock<Vec<(&'static str, Value)>> = LazyLock::new(|| {
    let table: [(&'static str, FunctionBody); 11] = [
        ("range", range),
        ("dict", dict),
        ("lookup", |eval, passed| {
            lookups::call(eval, passed, false).map_err(TemplateError::of_plugin)
        }),
        ("query", |eval, passed| {
            lookups::call(eval, passed, true).map_err(TemplateError::of_plugin)
        }),
        ("q", |eval, passed| lookups::call(eval, passed, true).map_err(TemplateError::of_plugin)),
        ("now", now),
        ("undef", undef),
        ("namespace", namespace),
        ("cycler", cycler),
        ("joiner", joiner),
        ("lipsum", lipsum),
    ];
    let functions = table.into_iter();
    functions.map(|(name, call)| (name, object(Function { name, call }))).collect()
});

/// Returns what a name means everywhere.
pub(crate) fn find(name: &str) -> Option<Value> {
    if name == "omit" {
        return Some(Value::Omit);
    }
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}

fn range(_: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    let mut numbers = Vec::new();
    for value in &passed.positional {
        match freeze(value) {
            Value::Undefined(undefined) => return Err((&*undefined).into()),
            value => match value.as_int() {
                Some(number) => numbers.push(number),
                None if matches!(value, Value::BigInt(_)) => {
                    return Err(TemplateError::runtime(
                        "Python int too large to convert to C ssize_t",
                    ));
                }
                None => {
                    return Err(TemplateError::runtime(format!(
                        "'{}' object cannot be interpreted as an integer",
                        value.type_name()
                    )));
                }
            },
        }
    }
    let (start, stop, step) = match numbers[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [.., 0] if numbers.len() == 3 => {
            return Err(TemplateError::runtime("range() arg 3 must not be zero"));
        }
        [start, stop, step] => (start, stop, step),
        [] => return Err(TemplateError::runtime("range expected at least 1 argument, got 0")),
        _ => {
            let found = numbers.len();
            return Err(TemplateError::runtime(format!(
                "range expected at most 3 arguments, got {found}"
            )));
        }
    };
    Ok(object(Range { start, stop, step }))
}

fn dict(eval: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    let mut dict = Dict::new();
    for value in passed.positional {
        match eval.complete(value)? {
            Value::Dict(other) => dict.extend(other.iter().map(|(k, v)| (k.clone(), v.clone()))),
            pairs => {
                for (index, pair) in items(&pairs)?.iter().enumerate() {
                    let pair = items(pair).map_err(|_| {
                        TemplateError::runtime(format!(
                            "cannot convert dictionary update sequence element #{index} to a sequence"
                        ))
                    })?;
                    let [key, value] = &pair[..] else {
                        let found = pair.len();
                        return Err(TemplateError::runtime(format!(
                            "dictionary update sequence element #{index} has length {found}; 2 is required"
                        )));
                    };
                    if let Some(found) = key.unhashable() {
                        return Err(TemplateError::runtime(format!("unhashable type: '{found}'")));
                    }
                    dict.insert(key.clone(), value.clone());
                }
            }
        }
    }
    dict.extend(passed.named);
    match dict.values().find(|value| value.is_undefined()) {
        Some(Value::Undefined(undefined)) => Err(TemplateError::from(&**undefined)),
        _ => Ok(dict.into()),
    }
}

fn now(_: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    let argument = |index: usize, name: &str| {
        let named = passed.named.iter().find(|(known, _)| &**known == name).map(|(_, v)| v);
        passed.positional.get(index).or(named)
    };
    let utc = argument(0, "utc").is_some_and(Value::is_true);
    let time = super::time::now(utc);
    match argument(1, "fmt") {
        Some(Value::Str(format)) => {
            super::time::format(&time, format).map(Value::from).map_err(TemplateError::runtime)
        }
        _ => Ok(object(time)),
    }
}

/// Why something is undefined of which nobody said why.
pub(super) const NO_HINT: &str = "Mandatory variable has not been overridden";

fn undef(_: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    if let Some((name, _)) = passed.named.iter().find(|(name, _)| &**name != "hint") {
        let message = format!("_undef() got an unexpected keyword argument '{name}'");
        return Err(TemplateError::runtime(message));
    }
    let named = passed.named.into_iter().next().map(|(_, value)| value);
    match passed.positional.into_iter().next().or(named) {
        None | Some(Value::None) => Ok(Value::undefined(NO_HINT)),
        Some(hint @ Value::Str(_)) => Ok(Value::undefined(hint.to_text())),
        Some(Value::Undefined(hint)) => Ok(Value::Undefined(hint)),
        Some(other) => Err(TemplateError::runtime(format!(
            "The 'hint' argument must be of type 'str' or 'NoneType', not '{}'.",
            other.type_name()
        ))),
    }
}

fn namespace(eval: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    if let Some(undefined) = passed.undefined() {
        return Err(undefined.into());
    }
    let namespace = Namespace(Mutex::default());
    for value in passed.positional {
        let given = Passed { positional: vec![value], named: Vec::new() };
        if let Value::Dict(entries) = dict(eval, given)? {
            for (key, value) in entries.iter() {
                namespace.set(&key.to_text().into(), thawed(eval, value.clone()));
            }
        }
    }
    for (name, value) in passed.named {
        let value = thawed(eval, value);
        namespace.set(&name, value);
    }
    Ok(Value::Object(Arc::new(namespace)))
}

fn thawed(eval: &Evaluator<'_>, value: Value) -> Value {
    if eval.code.mutates { thaw(value) } else { value }
}

fn cycler(_: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    if passed.positional.is_empty() {
        return Err(TemplateError::runtime("at least one item has to be provided"));
    }
    Ok(object(Cycler { items: passed.positional, position: AtomicUsize::new(0) }))
}

#[expect(clippy::unnecessary_wraps, reason = "all functions may fail")]
fn joiner(_: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    let named = passed.named.into_iter().next().map(|(_, value)| value);
    let separator = passed.positional.into_iter().next().or(named);
    let separator = separator.unwrap_or_else(|| Value::str(", "));
    Ok(object(Joiner { separator, used: AtomicUsize::new(0) }))
}

/// Filler text; its words are random in the reference too.
#[expect(clippy::unnecessary_wraps, reason = "all functions may fail")]
fn lipsum(_: &Evaluator<'_>, passed: Passed) -> Result<Value> {
    const SENTENCE: &str = "Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod.";
    let paragraphs = passed.positional.first().and_then(Value::as_int).unwrap_or(5);
    let paragraphs = usize::try_from(paragraphs).unwrap_or(0).min(1000);
    Ok(vec![format!("<p>{SENTENCE}</p>"); paragraphs].join("\n\n").into())
}
