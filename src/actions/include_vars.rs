//! `include_vars`: variables from files, while the play runs.

use std::path::{Path, PathBuf};

use super::{Action, files};
use crate::{
    diagnostic::Source,
    executor::{Call, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "include_vars",
    args: &[
        "_raw_params",
        "file",
        "dir",
        "name",
        "depth",
        "files_matching",
        "ignore_files",
        "extensions",
        "ignore_unknown_extensions",
        "hash_behaviour",
    ],
    open: false,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut found = Dict::new();
    let mut included = Vec::new();
    let mut read = |path: &Path| -> Result<(), Failure> {
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::action(format!("cannot read {}: {error}", path.display())))?;
        let bytes = files::open(call, bytes)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::action(format!("{} is not text in UTF-8", path.display())))?;
        let source = Source::new(path.display().to_string(), text);
        let document =
            crate::yaml::parse(&source).map_err(|error| Failure::action(error.render(false)))?;
        included.push(Value::str(path.display().to_string()));
        match document.root.map(|node| node.to_value()) {
            None | Some(Value::None) => Ok(()),
            Some(Value::Dict(vars)) => {
                found.extend(vars.iter().map(|(key, value)| (key.clone(), value.clone())));
                Ok(())
            }
            Some(_) => Err(Failure::action(format!(
                "{} must be stored as a dictionary/hash",
                path.display()
            ))),
        }
    };
    let extensions: Vec<String> = match call.args.get("extensions") {
        Some(Value::List(list)) => list.iter().map(Value::to_text).collect(),
        Some(text) if text.is_true() => text.to_text().split(',').map(ToOwned::to_owned).collect(),
        _ => ["yaml", "yml", "json"].map(str::to_owned).to_vec(),
    };
    if let Some(dir) = call.text("dir") {
        let depth = call.text("depth").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let base = files::search_path(call, "vars", &dir).into_iter().find(|path| path.is_dir());
        let Some(base) = base else {
            return Err(Failure::action(format!("{dir} directory does not exist")));
        };
        let matching = call.text("files_matching");
        let ignored: Vec<String> = match call.args.get("ignore_files") {
            Some(Value::List(list)) => list.iter().map(Value::to_text).collect(),
            _ => Vec::new(),
        };
        let unknown_is_fine = call.truth("ignore_unknown_extensions").unwrap_or(false);
        let mut paths = Vec::new();
        walk(&base, depth, 1, &mut paths);
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let has_extension = path
                .extension()
                .is_some_and(|ending| extensions.contains(&ending.to_string_lossy().into_owned()));
            if ignored.contains(&name)
                || matching.as_ref().is_some_and(|pattern| {
                    regex::Regex::new(pattern).is_ok_and(|regex| !regex.is_match(&name))
                })
            {
                continue;
            }
            if !has_extension {
                if unknown_is_fine || name.starts_with('.') {
                    continue;
                }
                return Err(Failure::action(format!(
                    "{} does not have a valid extension: {}",
                    path.display(),
                    extensions.join(", ")
                )));
            }
            read(&path)?;
        }
    } else {
        let Some(name) = call.text("file").or_else(|| call.text("_raw_params")) else {
            return Err(Failure::action("No file or directory was given"));
        };
        let path = files::find(call, "vars", &name)?;
        read(&path)?;
    }
    let facts = match call.text("name") {
        Some(name) => Value::dict([(name, Value::from(found))]),
        None => Value::from(found),
    };
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("ansible_facts", facts);
    result.insert("ansible_included_var_files", Value::list(included));
    Ok(Step::Done(result))
}

/// Files below a folder in their order, down to a depth (0 for all).
fn walk(folder: &Path, depth: usize, level: usize, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries.iter().filter(|path| path.is_file()) {
        into.push(path.clone());
    }
    if depth == 0 || level < depth {
        for path in entries.iter().filter(|path| path.is_dir()) {
            walk(path, depth, level + 1, into);
        }
    }
}
