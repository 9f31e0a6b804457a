//! From what a playbook gave to what an argument means, as the reference converts.

use std::fmt::Write as _;

use super::{Json, JsonMap, Kind};

/// Why a value is not of the argument's type.
#[derive(Debug, PartialEq)]
pub enum Mismatch {
    Type {
        wanted: Kind,
        detail: String,
    },
    /// An element of a list, and what Python calls its type.
    Element {
        wanted: Kind,
        class: &'static str,
        detail: String,
    },
    Choice {
        got: String,
        choices: &'static [&'static str],
    },
    /// Elements of a list that are none of the choices.
    Choices {
        got: Vec<String>,
        choices: &'static [&'static str],
    },
}

impl Mismatch {
    fn of(wanted: Kind, detail: impl Into<String>) -> Mismatch {
        Mismatch::Type { wanted, detail: detail.into() }
    }
}

/// A type that an argument can have. `Option` and `Vec` make it optional.
pub trait FromArg: Sized {
    const KIND: Kind;
    const ELEMENTS: Option<Kind> = None;
    const REQUIRED: bool = true;
    const CHOICES: &'static [&'static str] = &[];
    fn from_arg(value: &Json) -> Result<Self, Mismatch>;
    /// What the argument is when it was not given and has no default; `None` where it is required.
    fn absent() -> Option<Self> {
        None
    }
}

impl FromArg for String {
    const KIND: Kind = Kind::Str;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        Ok(python_str(value))
    }
}

impl FromArg for bool {
    const KIND: Kind = Kind::Bool;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        let found = match value {
            Json::Bool(truth) => Some(*truth),
            Json::Number(number) => match number.as_f64() {
                Some(0.0) => Some(false),
                Some(1.0) => Some(true),
                _ => None,
            },
            Json::String(text) => match text.to_lowercase().trim() {
                "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
                "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        found.ok_or_else(|| {
            let shown = python_str(value);
            Mismatch::of(
                Kind::Bool,
                format!(
                    "The value '{shown}' is not a valid boolean. Valid booleans include: 0, 1, 'y', 'yes', 'true', 't', 'false', 'on', 'f', 'off', 'n', '0', 'no', '1'"
                ),
            )
        })
    }
}

impl FromArg for i64 {
    const KIND: Kind = Kind::Int;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        let found = match value {
            Json::Bool(truth) => Some(i64::from(*truth)),
            Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
            Json::String(text) => {
                let text = text.trim();
                text.replace('_', "").parse().ok().or_else(|| whole(text.parse().ok()?))
            }
            _ => None,
        };
        found.ok_or_else(|| {
            // The text's quotes are quoted themselves.
            let shown = match value {
                Json::String(_) => python_repr(&python_repr(value).into()),
                _ => python_repr_typed(value),
            };
            Mismatch::of(Kind::Int, format!("{shown} cannot be converted to an int"))
        })
    }
}

impl FromArg for u64 {
    const KIND: Kind = Kind::Int;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        let number = i64::from_arg(value)?;
        u64::try_from(number)
            .map_err(|_| Mismatch::of(Kind::Int, format!("{number} must not be negative")))
    }
}

impl FromArg for f64 {
    const KIND: Kind = Kind::Float;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        let found = match value {
            Json::Number(number) => number.as_f64(),
            Json::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        found.ok_or_else(|| {
            let detail = format!("{} cannot be converted to a float", python_repr_typed(value));
            Mismatch::of(Kind::Float, detail)
        })
    }
}

/// Anything, as it was given.
impl FromArg for Json {
    const KIND: Kind = Kind::Raw;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        Ok(value.clone())
    }
}

impl FromArg for JsonMap {
    const KIND: Kind = Kind::Dict;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        match value {
            Json::Object(map) => Ok(map.clone()),
            Json::String(text) if text.trim_start().starts_with('{') => serde_json::from_str(text)
                .map_err(|_| Mismatch::of(Kind::Dict, "unable to evaluate string as dictionary")),
            Json::String(text) if text.contains('=') => {
                let pairs = text.split([',', ' ']).map(str::trim).filter(|pair| !pair.is_empty());
                pairs
                    .map(|pair| {
                        let (key, value) = pair.split_once('=').ok_or_else(|| {
                            Mismatch::of(
                                Kind::Dict,
                                "dictionary requested, could not parse JSON or key=value",
                            )
                        })?;
                        Ok((key.trim().to_owned(), Json::from(value.trim())))
                    })
                    .collect()
            }
            Json::String(_) => Err(Mismatch::of(
                Kind::Dict,
                "dictionary requested, could not parse JSON or key=value",
            )),
            _ => Err(Mismatch::of(
                Kind::Dict,
                format!("{} cannot be converted to a dict", python_repr_typed(value)),
            )),
        }
    }
}

impl<T: FromArg> FromArg for Option<T> {
    const KIND: Kind = T::KIND;
    const ELEMENTS: Option<Kind> = T::ELEMENTS;
    const REQUIRED: bool = false;
    const CHOICES: &'static [&'static str] = T::CHOICES;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        T::from_arg(value).map(Some)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// A list; text is split at commas, a number is a list of one.
impl<T: FromArg> FromArg for Vec<T> {
    const KIND: Kind = Kind::List;
    const ELEMENTS: Option<Kind> = Some(T::KIND);
    const REQUIRED: bool = false;
    const CHOICES: &'static [&'static str] = T::CHOICES;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        match value {
            Json::Array(items) => elements(items),
            Json::String(text) => {
                let items: Vec<Json> = text.split(',').map(Json::from).collect();
                elements(&items)
            }
            Json::Number(_) => Ok(vec![T::from_arg(&Json::from(python_str(value)))?]),
            _ => Err(Mismatch::of(
                Kind::List,
                format!("{} cannot be converted to a list", python_repr_typed(value)),
            )),
        }
    }
    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}

/// Reads a list's elements; of those that are no choice all are named.
fn elements<T: FromArg>(items: &[Json]) -> Result<Vec<T>, Mismatch> {
    let (mut read, mut wrong, mut known) = (Vec::new(), Vec::new(), T::CHOICES);
    for item in items {
        match T::from_arg(item) {
            Ok(element) => read.push(element),
            Err(Mismatch::Choice { got, choices }) => {
                wrong.push(got);
                known = choices;
            }
            Err(Mismatch::Type { wanted, detail }) => {
                return Err(Mismatch::Element { wanted, class: python_class(item), detail });
            }
            Err(mismatch) => return Err(mismatch),
        }
    }
    if wrong.is_empty() { Ok(read) } else { Err(Mismatch::Choices { got: wrong, choices: known }) }
}

/// A path: `~` and `$VARIABLES` are those of the helper's user, expanded when the module asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgPath(pub String);

impl std::ops::Deref for ArgPath {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<std::path::Path> for ArgPath {
    fn as_ref(&self) -> &std::path::Path {
        self.0.as_ref()
    }
}

impl FromArg for ArgPath {
    const KIND: Kind = Kind::Path;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        Ok(ArgPath(expand(&python_str(value))))
    }
}

/// A structure or text that is handed on as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(pub String);

impl FromArg for JsonText {
    const KIND: Kind = Kind::JsonArg;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        Ok(JsonText(match value {
            Json::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        }))
    }
}

/// A number of bytes, also written as `10M` or `1.5 GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromArg for Bytes {
    const KIND: Kind = Kind::Bytes;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        let text = python_str(value);
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let unit = match text[split..].trim().to_ascii_uppercase().chars().next() {
            None | Some('B') => Some(1.0),
            Some(unit) => "KMGTPEZY"
                .find(unit)
                .map(|at| f64::powi(1024.0, i32::try_from(at).unwrap_or(0) + 1)),
        };
        match (text[..split].parse::<f64>(), unit) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "sizes are positive and rounded as the reference rounds"
            )]
            (Ok(number), Some(unit)) => Ok(Bytes((number * unit).round() as u64)),
            _ => Err(Mismatch::of(
                Kind::Bytes,
                format!("{} cannot be converted to a byte value", python_repr_typed(value)),
            )),
        }
    }
}

/// Returns the choice that YAML's `yes` or `no` has become a boolean instead of.
pub fn boolean_choice(text: &str, choices: &'static [&'static str]) -> Option<&'static str> {
    let words: &[&str] = match text {
        "True" => &["yes", "on", "y", "true", "t", "1"],
        "False" => &["no", "off", "n", "false", "f", "0"],
        _ => &[],
    };
    let mut matching = choices.iter().copied().filter(|choice| words.contains(choice));
    matching.next().filter(|_| matching.next().is_none())
}

/// Returns what Python's `str()` gives for the value.
pub fn python_str(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => python_repr(other),
    }
}

/// Returns what Python's `repr()` gives for the value.
pub fn python_repr(value: &Json) -> String {
    match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => quoted(text),
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(python_repr).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) => {
            let items: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), python_repr(value)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

/// Returns what Python's `json.dumps()` gives for the value.
pub fn python_json(value: &Json) -> String {
    match value {
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(python_json).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) => {
            let items: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", json_text(key), python_json(value)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
        Json::String(text) => json_text(text),
        other => other.to_string(),
    }
}

/// A string as JSON, what is no ASCII escaped.
fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in Json::from(text).to_string().chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// A string as Python quotes it: single quotes unless it has some and no double ones.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn python_repr_typed(value: &Json) -> String {
    format!("<class '{}'>", python_class(value))
}

/// Returns what Python calls the type of a value.
pub fn python_class(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e18).then_some(number as i64)
}

fn expand(text: &str) -> String {
    expand_with(text, &|name| std::env::var(name).ok())
}

/// Replaces `~`, `~user`, `$NAME` and `${NAME}`, as Python's `expanduser` and `expandvars` do; what is unknown stays.
pub(crate) fn expand_with(text: &str, env: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = match text.strip_prefix('~') {
        None => String::new(),
        Some(rest) => {
            let user = &rest[..rest.find('/').unwrap_or(rest.len())];
            let own =
                if user.is_empty() { env("HOME").filter(|home| !home.is_empty()) } else { None };
            match own.or_else(|| crate::host::home_of(user)) {
                Some(home) => {
                    let rest = &rest[user.len()..];
                    return expand_variables(&format!("{}{rest}", home.trim_end_matches('/')), env);
                }
                None => String::new(),
            }
        }
    };
    out.push_str(&expand_variables(text, env));
    out
}

fn expand_variables(text: &str, env: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, len) = if let Some(inner) = after.strip_prefix('{') {
            match inner.find('}') {
                Some(end) => (&inner[..end], end + 3),
                None => ("", 1),
            }
        } else {
            let end =
                after.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(after.len());
            (&after[..end], end + 1)
        };
        match env(name).filter(|_| !name.is_empty()) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[at..at + len]),
        }
        rest = &rest[at + len..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn booleans_are_what_yaml_and_operators_write() {
        for yes in [json!(true), json!("yes"), json!("On"), json!(1), json!("T")] {
            assert_eq!(bool::from_arg(&yes), Ok(true), "{yes}");
        }
        assert_eq!(bool::from_arg(&json!("No")), Ok(false));
        assert!(bool::from_arg(&json!("maybe")).is_err());
        assert!(bool::from_arg(&json!([true])).is_err());
    }

    #[test]
    fn lists_come_from_text_and_numbers() {
        assert_eq!(Vec::<String>::from_arg(&json!("a,b")), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(Vec::<i64>::from_arg(&json!(["1", 2])), Ok(vec![1, 2]));
        assert_eq!(Vec::<String>::from_arg(&json!(80)), Ok(vec!["80".into()]));
        assert!(Vec::<i64>::from_arg(&json!("1,x")).is_err());
    }

    #[test]
    fn dictionaries_come_from_json_and_pairs() {
        let map = JsonMap::from_arg(&json!("a=1, b=2")).unwrap();
        assert_eq!(Json::Object(map), json!({"a": "1", "b": "2"}));
        assert!(JsonMap::from_arg(&json!("nothing")).is_err());
    }

    #[test]
    fn structures_become_text_as_python_prints_them() {
        let value = json!([1, true, null, "it's", {"k": 1.5}]);
        assert_eq!(python_str(&value), r#"[1, True, None, "it's", {'k': 1.5}]"#);
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(Bytes::from_arg(&json!("1.5K")), Ok(Bytes(1536)));
        assert_eq!(Bytes::from_arg(&json!(10)), Ok(Bytes(10)));
        assert!(Bytes::from_arg(&json!("ten")).is_err());
    }
}
