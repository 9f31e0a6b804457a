//! `-e`: `key=value`, YAML, JSON, or `@file`; later ones are stronger.

use std::{path::Path, sync::Arc};

use crate::{
    diagnostic::{Diagnostic, Source},
    value::{Dict, Origin, Template, Value, parse_key_values},
    vault::Opener,
    yaml,
};

/// What is wrong with an `-e`, and the reference's exit status for it.
#[derive(Clone, Debug)]
pub struct ExtraVarsError {
    pub diagnostic: Diagnostic,
    pub status: u8,
}

impl ExtraVarsError {
    fn new(status: u8, diagnostic: Diagnostic) -> ExtraVarsError {
        ExtraVarsError { diagnostic, status }
    }
}

/// What the reference calls the place of text on the command line.
const WRITTEN: &str = "<CLI option '-e'>";
/// The reference's exit status for a file that cannot be read.
const UNREADABLE: u8 = 1;
/// For text that is not YAML.
const SYNTAX: u8 = 4;
/// For what is not a set of variables.
const USAGE: u8 = 5;

/// Returns the variables that all `-e` together give; text is the operator's and may hold templates.
pub fn extra_vars(texts: &[String], merge: bool, vault: &Opener) -> Result<Dict, ExtraVarsError> {
    let mut vars = Dict::new();
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
        vars.combine(one(text, vault)?, merge);
    }
    Ok(vars)
}

fn one(text: &str, vault: &Opener) -> Result<Dict, ExtraVarsError> {
    if let Some(path) = text.strip_prefix('@') {
        return file(path, vault);
    }
    match text.as_bytes().first() {
        Some(b'/' | b'.') => {
            let message = format!("Please prepend extra_vars filename '{text}' with '@'");
            let error = Diagnostic::bare(message).hint(format!("-e @{text}"));
            Err(ExtraVarsError::new(USAGE, error))
        }
        Some(b'{' | b'[') => {
            let source = Source::new(WRITTEN, text);
            mapping(&source, text)
        }
        _ => pairs(text),
    }
}

fn file(path: &str, vault: &Opener) -> Result<Dict, ExtraVarsError> {
    let path = match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => Path::new(path).to_owned(),
    };
    let shown = path.display().to_string();
    let refuse = |message| ExtraVarsError::new(UNREADABLE, Diagnostic::bare(message));
    let given = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
    let given = crate::paths::normal(&given);
    let bytes = std::fs::read(&path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return ExtraVarsError::new(UNREADABLE, Diagnostic::absent(None, &given));
        }
        refuse(format!("cannot read the extra variables' file `{shown}`: {error}"))
    })?;
    let opened = vault.open(bytes).map_err(|message| {
        let error = Diagnostic::bare(message).note(format!("in `{shown}`"));
        ExtraVarsError::new(UNREADABLE, error)
    })?;
    let text = String::from_utf8(opened.bytes)
        .map_err(|_| refuse(format!("`{shown}` is not text in UTF-8")))?;
    let given = format!("@{}", given.display());
    mapping(&Source::opened(shown.as_str(), text, opened.is_secret), &given)
}

fn mapping(source: &Arc<Source>, shown: &str) -> Result<Dict, ExtraVarsError> {
    let document = yaml::parse(source).map_err(|error| ExtraVarsError::new(SYNTAX, error))?;
    let Some(root) = document.root.filter(|root| !root.is_null()) else { return Ok(Dict::new()) };
    if let Value::Dict(vars) = root.to_value() {
        return Ok(Arc::unwrap_or_clone(vars).map(untrusted));
    }
    let message =
        format!("Invalid extra vars data supplied. '{shown}' could not be made into a dictionary");
    let label = format!("this is {}", root.kind_name());
    Err(ExtraVarsError::new(USAGE, Diagnostic::error(&root.span, message).label(label)))
}

/// What another tool marked as no template is none: `{"__ansible_unsafe": "text"}`.
fn untrusted(value: Value) -> Value {
    match value {
        Value::Dict(dict) => match (dict.len(), dict.get("__ansible_unsafe")) {
            (1, Some(text @ (Value::Template(_) | Value::Str(_)))) => {
                Value::Template(Arc::new(Template::literal(text.to_text(), None)))
            }
            _ => Arc::unwrap_or_clone(dict).map(untrusted).into(),
        },
        Value::List(list) => Arc::unwrap_or_clone(list).map(untrusted).into(),
        other => other,
    }
}

fn pairs(text: &str) -> Result<Dict, ExtraVarsError> {
    let parsed = parse_key_values(text, false)
        .map_err(|message| ExtraVarsError::new(USAGE, Diagnostic::bare(message)))?;
    let origin = Origin::of_file(&Source::new(WRITTEN, text));
    let mut vars = Dict::new();
    for (name, value) in parsed.into_values() {
        vars.insert_from(name, value, Some(origin.clone()));
    }
    Ok(vars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expected: &str) {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let shown = match extra_vars(&texts, false, &Opener::default()) {
            Ok(vars) => format!("{:?}", Value::from(vars)),
            Err(error) => format!("{} {}", error.status, error.diagnostic.message),
        };
        assert_eq!(shown, expected, "{texts:?}");
    }

    #[test]
    fn all_forms_are_read_and_the_last_wins() {
        check(&["a=1 b='x y'"], "{\"a\": \"1\", \"b\": \"x y\"}");
        check(&["{\"a\": 1, \"b\": [true]}", "a=2"], "{\"a\": \"2\", \"b\": [True]}");
        check(&["{a: '{{ b }}'}"], "{\"a\": Template(\"{{ b }}\")}");
        check(&[r"a=x\ny\x41\\n"], "{\"a\": \"x\\nyA\\\\n\"}");
        check(&["c={{ a }}"], "{\"c\": Template(\"{{ a }}\")}");
        check(&["foo"], "{\"_raw_params\": \"foo\"}");
        check(&["  "], "{}");
    }

    #[test]
    fn files_are_named_with_an_at_sign() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vars.yml");
        std::fs::write(&path, "x: 0644\n").unwrap();
        check(&[&format!("@{}", path.display())], "{\"x\": 420}");
        check(&["/etc/x"], "5 Please prepend extra_vars filename '/etc/x' with '@'");
    }

    #[test]
    fn what_is_no_mapping_is_an_error_at_its_place() {
        check(
            &["[1]"],
            "5 Invalid extra vars data supplied. '[1]' could not be made into a dictionary",
        );
        let error = extra_vars(&["{a: [1, 2}".to_owned()], false, &Opener::default()).unwrap_err();
        assert!(error.diagnostic.span.is_some() && error.status == 4, "{error:?}");
    }

    #[test]
    fn dictionaries_merge_where_that_is_wanted() {
        let texts = ["{d: {a: 1, b: 1}}".to_owned(), "{d: {b: 2}}".to_owned()];
        let merged = Value::from(extra_vars(&texts, true, &Opener::default()).unwrap());
        assert_eq!(format!("{merged:?}"), "{\"d\": {\"a\": 1, \"b\": 2}}");
    }
}
