//! `first_found`: the first of several files that is there.

use super::{Found, Lookup, LookupError, Query};
use crate::{
    template::{TemplateError, paths},
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "first_found",
    aliases: &[],
    summary: "The first of several files that is there",
    examples: &[
        ("{{ lookup('first_found', ['/nothing', '/etc/hostname']) }}", "/etc/hostname"),
        ("{{ lookup('first_found', ['/nothing'], skip=true) }}", "[]"),
        (
            "{{ lookup('first_found', {'files': ['nothing', 'hostname'], 'paths': ['/etc']}) }}",
            "/etc/hostname",
        ),
        (
            "{{ lookup('first_found', ['/nothing']) }}",
            "The lookup plugin 'first_found' failed: No file was found when using first_found.",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut candidates = Vec::new();
    let mut skip = query.flag("skip", false);
    let global = (
        texts(query, "files", query.option("files"))?,
        texts(query, "paths", query.option("paths"))?,
    );
    candidates.extend(combined(&global.0, &global.1));
    let mut terms = query.terms.clone();
    terms.reverse();
    while let Some(term) = terms.pop() {
        match &term {
            Value::List(items) | Value::Tuple(items) => {
                items.iter().try_for_each(defined)?;
                terms.extend(items.iter().rev().cloned());
            }
            Value::Dict(dict) => {
                let files = texts(query, "files", dict.get("files"))?;
                let folders = texts(query, "paths", dict.get("paths"))?;
                candidates.extend(combined(&files, &folders));
                skip |= dict.get("skip").is_some_and(Value::is_true);
            }
            Value::Str(name) => candidates.extend(combined(&[name.to_string()], &global.1)),
            other => {
                return Err(format!(
                    "Invalid term supplied. A string, dict or list is required, not '{}').",
                    other.type_name()
                )
                .into());
            }
        }
    }
    for name in &candidates {
        if let Some(path) = query.find(query.folder, name) {
            let path = std::path::absolute(&path).unwrap_or(path);
            return Ok(vec![paths::normalize(&path.to_string_lossy()).into()]);
        }
    }
    if skip { Ok(Vec::new()) } else { Err("No file was found when using first_found.".into()) }
}

/// Returns names that may also stand in one text, between commas, semicolons or colons.
fn texts(
    query: &Query<'_, '_>,
    option: &str,
    value: Option<&Value>,
) -> Result<Vec<String>, LookupError> {
    Ok(match value {
        None | Some(Value::None) => Vec::new(),
        Some(Value::Str(text)) => names(text).collect(),
        Some(Value::List(items) | Value::Tuple(items)) => {
            items.iter().try_for_each(defined)?;
            items.iter().filter_map(Value::as_str).flat_map(names).collect()
        }
        Some(other) => {
            defined(other)?;
            return Err(query.wrong_value(option, "list", other).into());
        }
    })
}

fn defined(value: &Value) -> Result<(), LookupError> {
    match value {
        Value::Undefined(undefined) => Err(TemplateError::from(&**undefined).into()),
        _ => Ok(()),
    }
}

fn names(text: &str) -> impl Iterator<Item = String> {
    text.split([',', ';', ':']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

fn combined(files: &[String], folders: &[String]) -> Vec<String> {
    if folders.is_empty() {
        return files.to_vec();
    }
    let join = |folder: &String| {
        files.iter().map(|file| paths::join([folder.as_str(), file.as_str()])).collect::<Vec<_>>()
    };
    folders.iter().flat_map(join).collect()
}
