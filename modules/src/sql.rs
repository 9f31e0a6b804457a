//! Statements of SQL, whatever server they are for.

use crate::spec::{Json, JsonMap};

/// Puts values into a statement of SQL where it says `%s` and `%(name)s`, as Python's database drivers do.
///
/// A statement without values stays as it is, percent signs included. Errors are in Python's words.
pub fn fill_placeholders(
    query: &str,
    positional: Option<&[Json]>,
    named: Option<&JsonMap>,
    literal: impl Fn(&Json) -> String,
) -> Result<String, String> {
    if positional.is_none() && named.is_none() {
        return Ok(query.to_owned());
    }
    let mut out = String::with_capacity(query.len());
    let mut values = positional.unwrap_or_default().iter();
    let mut rest = query;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('s') {
            let value = values.next().ok_or("not enough arguments for format string")?;
            out.push_str(&literal(value));
            rest = after;
        } else if let Some((name, after)) =
            rest.strip_prefix('(').and_then(|rest| rest.split_once(")s"))
        {
            let value = named.and_then(|named| named.get(name));
            out.push_str(&literal(value.ok_or_else(|| format!("'{name}'"))?));
            rest = after;
        } else {
            let c: String = rest.chars().take(1).collect();
            return Err(format!("unsupported format character '{c}'"));
        }
    }
    out.push_str(rest);
    if values.next().is_some() {
        return Err("not all arguments converted during string formatting".to_owned());
    }
    Ok(out)
}
