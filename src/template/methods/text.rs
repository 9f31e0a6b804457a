//! Methods of text.

use std::sync::Arc;

use super::arguments;
use super::letters::{
    capitalize, expand_tabs, is_decimal, is_raised, is_space, justify, lower, split, title, upper,
    window,
};
use crate::{
    template::{
        TemplateError, braces,
        cells::freeze,
        encodings::encode_with,
        evaluator::{Evaluator, Passed, Result, items},
    },
    value::{Value, is_printable},
};

pub(super) const NAMES: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

#[expect(clippy::too_many_lines, reason = "one arm for each method of str")]
pub(super) fn call(
    eval: &Evaluator<'_>,
    text: &Arc<str>,
    name: &str,
    passed: &Passed,
) -> Result<Value> {
    let argument = |index: usize, name: &str| passed.get(index, name).map(freeze);
    arguments::check("str", name, passed).map_err(TemplateError::runtime)?;
    let needed = |index: usize| {
        passed.positional.get(index).map(freeze).ok_or_else(|| {
            let (least, given) = (index + 1, passed.positional.len());
            TemplateError::runtime(format!(
                "{name} expected at least {least} arguments, got {given}"
            ))
        })
    };
    let needed_text = |index: usize| -> Result<Arc<str>> {
        match needed(index)? {
            Value::Str(text) => Ok(text),
            other if name == "replace" => {
                let found = if matches!(other, Value::None) { "None" } else { other.type_name() };
                let index = index + 1;
                let message = format!("replace() argument {index} must be str, not {found}");
                Err(TemplateError::runtime(message))
            }
            other => Err(TemplateError::runtime(format!("must be str, not {}", other.type_name()))),
        }
    };
    let number = |index: usize, name: &str, default: i64| {
        argument(index, name).and_then(|value| value.as_int()).unwrap_or(default)
    };
    let width = |index: usize, name: &str| match argument(index, name) {
        Some(Value::BigInt(_)) => {
            Err(TemplateError::runtime("Python int too large to convert to C ssize_t"))
        }
        Some(value) => value.as_int().ok_or_else(|| {
            let found = value.type_name();
            TemplateError::runtime(format!("'{found}' object cannot be interpreted as an integer"))
        }),
        None => needed(index).map(|_| 0),
    };
    let all = |test: fn(char) -> bool| Value::Bool(!text.is_empty() && text.chars().all(test));
    Ok(match name {
        "upper" => upper(text),
        "lower" => lower(text),
        "casefold" => text.to_lowercase().replace('ß', "ss").into(),
        "capitalize" => capitalize(text).into(),
        "title" => title(text).into(),
        "swapcase" => text
            .chars()
            .flat_map(|c| -> Vec<char> {
                if c.is_uppercase() {
                    c.to_lowercase().collect()
                } else {
                    c.to_uppercase().collect()
                }
            })
            .collect::<String>()
            .into(),
        "strip" | "lstrip" | "rstrip" => {
            let letters = match argument(0, "chars") {
                Some(Value::Str(letters)) => Some(letters),
                _ => None,
            };
            let strip = |c: char| match &letters {
                Some(letters) => letters.contains(c),
                None => is_space(c),
            };
            Value::str(match name {
                "strip" => text.trim_matches(strip),
                "lstrip" => text.trim_start_matches(strip),
                _ => text.trim_end_matches(strip),
            })
        }
        "split" | "rsplit" => {
            let limit = number(1, "maxsplit", -1);
            let separator = match argument(0, "sep") {
                Some(Value::Str(separator)) => Some(separator),
                None | Some(Value::None) => None,
                Some(other) => {
                    let found = other.type_name();
                    return Err(TemplateError::runtime(format!(
                        "must be str or None, not {found}"
                    )));
                }
            };
            if separator.as_deref() == Some("") {
                return Err(TemplateError::runtime("empty separator"));
            }
            let parts = split(text, separator.as_deref(), limit, name == "rsplit");
            Value::list(parts.into_iter().map(Value::str))
        }
        "splitlines" => {
            let keep = argument(0, "keepends").is_some_and(|value| value.is_true());
            Value::list(crate::value::lines(text, keep).into_iter().map(Value::str))
        }
        "partition" | "rpartition" => {
            let separator = needed_text(0)?;
            if separator.is_empty() {
                return Err(TemplateError::runtime("empty separator"));
            }
            let found =
                if name == "partition" { text.find(&*separator) } else { text.rfind(&*separator) };
            let parts = match found {
                Some(at) => [&text[..at], &*separator, &text[at + separator.len()..]],
                None if name == "partition" => [&**text, "", ""],
                None => ["", "", &**text],
            };
            Value::Tuple(Arc::new(parts.into_iter().map(Value::str).collect()))
        }
        "join" => {
            let parts = items(&needed(0)?)
                .map_err(|_| TemplateError::runtime("can only join an iterable"))?;
            let mut joined = String::new();
            for (index, part) in parts.iter().enumerate() {
                let Value::Str(part) = part else {
                    if let Value::Undefined(undefined) = part {
                        return Err((&**undefined).into());
                    }
                    let found = part.type_name();
                    return Err(TemplateError::runtime(format!(
                        "sequence item {index}: expected str instance, {found} found"
                    )));
                };
                if index > 0 {
                    joined.push_str(text);
                }
                joined.push_str(part);
            }
            joined.into()
        }
        "replace" => {
            let (old, new) = (needed_text(0)?, needed_text(1)?);
            match usize::try_from(number(2, "count", -1)) {
                Ok(count) => text.replacen(&*old, &new, count).into(),
                Err(_) => text.replace(&*old, &new).into(),
            }
        }
        "startswith" | "endswith" => {
            let candidates = match needed(0)? {
                Value::Tuple(list) => list.to_vec(),
                one @ Value::Str(_) => vec![one],
                other => {
                    let found = other.type_name();
                    return Err(TemplateError::runtime(format!(
                        "{name} first arg must be str or a tuple of str, not {found}"
                    )));
                }
            };
            if let Some(other) = candidates.iter().find(|one| !matches!(one, Value::Str(_))) {
                let found = other.type_name();
                return Err(TemplateError::runtime(format!(
                    "tuple for {name} must only contain str, not {found}"
                )));
            }
            let part = window(text, number(1, "", 0), argument(2, ""));
            let holds = |candidate: &Value| {
                candidate.as_str().is_some_and(|wanted| {
                    if name == "startswith" {
                        part.starts_with(wanted)
                    } else {
                        part.ends_with(wanted)
                    }
                })
            };
            Value::Bool(candidates.iter().any(holds))
        }
        "removeprefix" => Value::str(text.strip_prefix(&*needed_text(0)?).unwrap_or(text)),
        "removesuffix" => Value::str(text.strip_suffix(&*needed_text(0)?).unwrap_or(text)),
        "find" | "rfind" | "index" | "rindex" | "count" => {
            let wanted = needed_text(0)?;
            let start = number(1, "", 0);
            let part = window(text, start, argument(2, ""));
            if name == "count" {
                let count = if wanted.is_empty() {
                    part.chars().count() + 1
                } else {
                    part.matches(&*wanted).count()
                };
                return Ok(count.into());
            }
            let found =
                if name.starts_with('r') { part.rfind(&*wanted) } else { part.find(&*wanted) };
            match found {
                Some(at) => {
                    let offset = part.as_ptr() as usize - text.as_ptr() as usize;
                    text[..offset + at].chars().count().into()
                }
                None if name.ends_with("find") => Value::Int(-1),
                None => return Err(TemplateError::runtime("substring not found")),
            }
        }
        "ljust" | "rjust" | "center" => {
            let fill = match argument(1, "fillchar") {
                Some(Value::Str(fill)) if fill.chars().count() == 1 => fill,
                Some(Value::Str(_)) => {
                    let message = "The fill character must be exactly one character long";
                    return Err(TemplateError::runtime(message));
                }
                Some(other) => {
                    let found = other.type_name();
                    return Err(TemplateError::runtime(format!(
                        "The fill character must be a unicode character, not {found}"
                    )));
                }
                None => Arc::from(" "),
            };
            justify(text, width(0, "width")?, &fill, name).into()
        }
        "zfill" => {
            let width = usize::try_from(width(0, "width")?).unwrap_or(0).min(1 << 20);
            let missing = "0".repeat(width.saturating_sub(text.chars().count()));
            match text.strip_prefix(['-', '+']) {
                Some(digits) => [&text[..1], &missing, digits].concat().into(),
                None => (missing + text).into(),
            }
        }
        "expandtabs" => expand_tabs(text, number(0, "tabsize", 8)).into(),
        "encode" => {
            let named = |index: usize, name: &str, usual: &str| {
                argument(index, name).map_or_else(|| usual.to_owned(), |value| value.to_text())
            };
            let (encoding, errors) = (named(0, "encoding", "utf-8"), named(1, "errors", "strict"));
            let bytes = encode_with(text, &encoding, &errors).map_err(TemplateError::runtime)?;
            Value::Bytes(bytes.into())
        }
        "format" => {
            let mut positional = Vec::new();
            let told = |value: &Value| {
                let value = eval.complete(value.clone())?;
                match value.first_undefined() {
                    Some(undefined) => Err(TemplateError::from(&**undefined)),
                    None => Ok(value),
                }
            };
            for value in &passed.positional {
                positional.push(told(value)?);
            }
            let mut named = Vec::new();
            for (name, value) in &passed.named {
                named.push((Arc::clone(name), told(value)?));
            }
            let lookup = |value: &Value, key: &str, is_item: bool| {
                let found = if is_item {
                    let key = key.parse::<i64>().map_or_else(|_| Value::str(key), Value::Int);
                    return subscript(value, &key).unwrap_or_else(|| {
                        eval.item(value, &key).map_err(TemplateError::into_message)
                    });
                } else {
                    match value {
                        Value::Dict(_) => {
                            let found = value.type_name();
                            return Err(format!("'{found}' object has no attribute '{key}'"));
                        }
                        _ => eval.attribute(value, key),
                    }
                };
                match found {
                    Ok(Value::Undefined(undefined)) => Err(undefined.message.clone()),
                    Ok(value) => Ok(value),
                    Err(error) => Err(error.into_message()),
                }
            };
            braces::braces(text, &positional, &named, &lookup)
                .map_err(TemplateError::runtime)?
                .into()
        }
        "format_map" => {
            let Value::Dict(dict) = needed(0)? else {
                return Err(TemplateError::runtime("format_map() takes a mapping"));
            };
            let named: Vec<_> =
                dict.iter().map(|(key, value)| (Arc::from(key.to_text()), value.clone())).collect();
            let lookup = |_: &Value, key: &str, _: bool| Err(format!("'{key}'"));
            braces::braces(text, &[], &named, &lookup).map_err(TemplateError::runtime)?.into()
        }
        "maketrans" => Value::dict(
            needed_text(0)?
                .chars()
                .map(|c| i64::from(u32::from(c)))
                .zip(needed_text(1)?.chars().map(|c| Value::Int(i64::from(u32::from(c))))),
        ),
        "translate" => {
            let table = needed(0)?;
            let mut translated = String::new();
            for letter in text.chars() {
                let key = Value::Int(i64::from(u32::from(letter)));
                match table.as_dict().and_then(|table| table.get_value(&key)) {
                    None => translated.push(letter),
                    Some(Value::None) => (),
                    Some(Value::Str(text)) => translated.push_str(text),
                    Some(code) => {
                        let code = code.as_int().and_then(|code| u32::try_from(code).ok());
                        translated.extend(code.and_then(char::from_u32));
                    }
                }
            }
            translated.into()
        }
        "isalnum" => all(char::is_alphanumeric),
        "isalpha" => all(char::is_alphabetic),
        "isascii" => text.is_ascii().into(),
        "isdecimal" => all(is_decimal),
        "isdigit" => all(|c| is_decimal(c) || is_raised(c)),
        "isnumeric" => all(char::is_numeric),
        "isspace" => all(is_space),
        "isprintable" => text.chars().all(is_printable).into(),
        "isidentifier" => {
            let mut letters = text.chars();
            let starts = letters.next().is_some_and(|c| c == '_' || c.is_alphabetic());
            (starts && letters.all(|c| c == '_' || c.is_alphanumeric())).into()
        }
        "islower" => {
            (text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)).into()
        }
        "isupper" => {
            (text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)).into()
        }
        _ => (text.chars().any(char::is_alphabetic) && title(text) == **text).into(),
    })
}

/// What Python itself has under `value[key]`; nothing for what only templates know.
fn subscript(value: &Value, key: &Value) -> Option<std::result::Result<Value, String>> {
    let found = value.type_name();
    let (items, kind) = match value {
        Value::Dict(dict) => {
            return Some(dict.get_value(key).cloned().ok_or_else(|| key.to_repr()));
        }
        Value::List(items) => (items.to_vec(), "list"),
        Value::Tuple(items) => (items.to_vec(), "tuple"),
        Value::Str(text) => (text.chars().map(|c| Value::from(c.to_string())).collect(), "string"),
        Value::Bytes(_) | Value::Object(_) | Value::Undefined(_) => return None,
        _ => return Some(Err(format!("'{found}' object is not subscriptable"))),
    };
    let Some(index) = key.as_int() else {
        let wanted = if kind == "string" { "" } else { " or slices" };
        let quote = if kind == "string" { "'" } else { "" };
        return Some(Err(format!(
            "{kind} indices must be integers{wanted}, not {quote}str{quote}"
        )));
    };
    let item = usize::try_from(index).ok().and_then(|index| items.get(index)).cloned();
    Some(item.ok_or_else(|| format!("{kind} index out of range")))
}
