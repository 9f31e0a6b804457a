//! `first_found`: the first of several files that is there.

use super::{Found, Lookup, Query};
use crate::{template::paths, value::Value};

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
    let global = (texts(query.option("files")), texts(query.option("paths")));
    candidates.extend(combined(&global.0, &global.1));
    let mut terms = query.terms.clone();
    terms.reverse();
    while let Some(term) = terms.pop() {
        match &term {
            Value::List(items) | Value::Tuple(items) => terms.extend(items.iter().rev().cloned()),
            Value::Dict(dict) => {
                let files = texts(dict.get("files"));
                let folders = texts(dict.get("paths"));
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
            return Ok(vec![path.to_string_lossy().into_owned().into()]);
        }
    }
    if skip { Ok(Vec::new()) } else { Err("No file was found when using first_found.".into()) }
}

/// Returns names that may also stand in one text, between commas, semicolons or colons.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Str(text)) => text
            .split([',', ';', ':'])
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect(),
        Some(Value::List(items)) => items.iter().flat_map(|item| texts(Some(item))).collect(),
        _ => Vec::new(),
    }
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
