//! Python's `'{0.name:>5}'.format(...)`: fields, conversions and what they refer to.

use super::formatting::{Spec, ascii};
use crate::value::Value;

type Result<T> = std::result::Result<T, String>;

/// Python's `format.format(*positional, **named)`; `lookup` follows `.name` and `[index]`.
pub(crate) fn braces(
    format: &str,
    positional: &[Value],
    named: &[(std::sync::Arc<str>, Value)],
    lookup: &dyn Fn(&Value, &str, bool) -> Result<Value>,
) -> Result<String> {
    let mut out = String::with_capacity(format.len() + 16);
    let mut automatic = None;
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if brace == "{" && rest.is_empty() {
            return Err("Single '{' encountered in format string".to_owned());
        }
        if rest.starts_with(brace) {
            out.push_str(brace);
            rest = &rest[1..];
            continue;
        }
        if brace == "}" {
            return Err("Single '}' encountered in format string".to_owned());
        }
        let mut depth = 1;
        let end = rest.char_indices().find_map(|(index, letter)| {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => (),
            }
            (depth == 0).then_some(index)
        });
        let Some(end) = end else {
            return Err("expected '}' before end of string".to_owned());
        };
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let (target, spec) = field.split_once(':').unwrap_or((field, ""));
        let (target, conversion) = target.split_once('!').unwrap_or((target, ""));
        let value = field_value(target, positional, named, &mut automatic, lookup)?;
        let spec = if spec.contains('{') {
            braces(spec, positional, named, lookup)?
        } else {
            spec.to_owned()
        };
        let value = match conversion {
            "" => value,
            "r" => value.to_repr().into(),
            "a" => ascii(&value).into(),
            "s" => value.to_text().into(),
            other => return Err(format!("Unknown conversion specifier {other}")),
        };
        if let Some(text) = super::time::by_pattern(&value, &spec) {
            out.push_str(&text?);
            continue;
        }
        let is_formatted = matches!(
            value,
            Value::Str(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_)
        );
        if !spec.is_empty() && !is_formatted {
            let found = value.type_name();
            return Err(format!("unsupported format string passed to {found}.__format__"));
        }
        out.push_str(&Spec::parse(&spec)?.apply(&value)?);
    }
    out.push_str(rest);
    Ok(out)
}

fn field_value(
    target: &str,
    positional: &[Value],
    named: &[(std::sync::Arc<str>, Value)],
    automatic: &mut Option<usize>,
    lookup: &dyn Fn(&Value, &str, bool) -> Result<Value>,
) -> Result<Value> {
    let end = target.find(['.', '[']).unwrap_or(target.len());
    let (first, mut path) = target.split_at(end);
    let by_index = |index: usize| {
        let message = format!("Replacement index {index} out of range for positional args tuple");
        positional.get(index).cloned().ok_or(message)
    };
    let mut value = if first.is_empty() {
        let index = match *automatic {
            Some(usize::MAX) => {
                return Err(
                    "cannot switch from manual field specification to automatic field numbering"
                        .to_owned(),
                );
            }
            Some(index) => index,
            None => 0,
        };
        *automatic = Some(index + 1);
        by_index(index)?
    } else if let Ok(index) = first.parse() {
        if automatic.is_some_and(|index| index != usize::MAX) {
            return Err(
                "cannot switch from automatic field numbering to manual field specification"
                    .to_owned(),
            );
        }
        *automatic = Some(usize::MAX);
        by_index(index)?
    } else {
        let found = named.iter().find(|(name, _)| &**name == first);
        found.map(|(_, value)| value.clone()).ok_or_else(|| format!("'{first}'"))?
    };
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = lookup(&value, &rest[..end], false)?;
            path = &rest[end..];
        } else if let Some((key, rest)) = path[1..].split_once(']') {
            value = lookup(&value, key, true)?;
            path = rest;
        } else {
            return Err("Missing ']' in format string".to_owned());
        }
    }
    Ok(value)
}
