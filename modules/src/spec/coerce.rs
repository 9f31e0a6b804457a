//! From what a playbook gave to what an argument means, as the reference converts.

use super::literal::literal;
use super::python::{python_repr_typed, python_str};
use super::{Arg, Json, JsonMap, Kind, python_class, python_json, python_repr};

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

    fn cannot(value: &Json, wanted: Kind, becoming: &str) -> Mismatch {
        let class = python_repr_typed(value);
        Mismatch::of(wanted, format!("{class} cannot be converted to {becoming}"))
    }
}

impl Arg {
    /// Returns why the value is not of the argument's type; whether it is a choice is no question of that.
    pub(super) fn mismatch(&self, value: &Json) -> Option<Mismatch> {
        match (self.kind, self.elements) {
            (Kind::Bool, _) => bool::from_arg(value).err(),
            (Kind::Int, _) => i64::from_arg(value).err(),
            (Kind::Float, _) => f64::from_arg(value).err(),
            (Kind::Dict, _) => JsonMap::from_arg(value).err(),
            (Kind::Bytes, _) => Bytes::from_arg(value).err(),
            (Kind::JsonArg, _) => JsonText::from_arg(value).err(),
            (Kind::List, Some(Kind::Int)) => Vec::<i64>::from_arg(value).err(),
            (Kind::List, Some(Kind::Dict)) => Vec::<JsonMap>::from_arg(value).err(),
            (Kind::List, _) => Vec::<Json>::from_arg(value).err(),
            (Kind::Str | Kind::Path | Kind::Raw, _) => None,
        }
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
        Ok(text_of(value))
    }
}

/// What text a value is as an argument: nothing is an empty one.
fn text_of(value: &Json) -> String {
    if value.is_null() { String::new() } else { python_str(value) }
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
                "y" | "yes" | "on" | "1" | "true" | "t" => Some(true),
                "n" | "no" | "off" | "0" | "false" | "f" => Some(false),
                _ => None,
            },
            _ => return Err(Mismatch::cannot(value, Kind::Bool, "a bool")),
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
            let shown = python_repr(value);
            Mismatch::of(Kind::Int, format!("\"{shown}\" cannot be converted to an int"))
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
            Json::String(text) => text.trim().replace('_', "").parse().ok(),
            _ => None,
        };
        found.ok_or_else(|| Mismatch::cannot(value, Kind::Float, "a float"))
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
            Json::String(text) if text.trim_start().starts_with('{') => dictionary(text.trim())
                .ok_or_else(|| Mismatch::of(Kind::Dict, "unable to evaluate string as dictionary")),
            Json::String(text) if text.contains('=') => pairs(text),
            Json::String(_) => Err(Mismatch::of(
                Kind::Dict,
                "dictionary requested, could not parse JSON or key=value",
            )),
            _ => Err(Mismatch::cannot(value, Kind::Dict, "a dict")),
        }
    }
}

/// A dictionary in JSON, or as Python writes it.
fn dictionary(text: &str) -> Option<JsonMap> {
    serde_json::from_str(text).ok().or_else(|| match literal(text)? {
        Json::Object(map) => Some(map),
        _ => None,
    })
}

/// `a=1, b="x y"`: pairs between commas or blanks, whose values may be quoted.
fn pairs(text: &str) -> Result<JsonMap, Mismatch> {
    let (mut fields, mut field) = (Vec::new(), String::new());
    let (mut quote, mut is_escaped) = (None, false);
    for c in text.trim().chars() {
        match c {
            c if is_escaped => {
                field.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            c if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            ',' | ' ' if quote.is_none() => {
                fields.extend(Some(std::mem::take(&mut field)).filter(|it| !it.is_empty()))
            }
            c => field.push(c),
        }
    }
    fields.extend(Some(field).filter(|it| !it.is_empty()));
    let pair = |field: &String| {
        let (key, value) = field.split_once('=')?;
        Some((key.to_owned(), Json::from(value)))
    };
    fields.iter().map(pair).collect::<Option<_>>().ok_or_else(|| {
        let detail = "unable to evaluate string in the \"key=value\" format as dictionary";
        Mismatch::of(Kind::Dict, detail)
    })
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
            Json::Number(_) | Json::Bool(_) => elements(&[Json::from(python_str(value))]),
            _ => Err(Mismatch::cannot(value, Kind::List, "a list")),
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
        Ok(ArgPath(expand(&text_of(value))))
    }
}

/// A structure or text that is handed on as JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(pub String);

impl FromArg for JsonText {
    const KIND: Kind = Kind::JsonArg;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        match value {
            Json::String(text) => Ok(JsonText(text.trim().to_owned())),
            Json::Array(_) | Json::Object(_) => Ok(JsonText(python_json(value))),
            _ => Err(Mismatch::cannot(value, Kind::JsonArg, "a json string")),
        }
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
            _ => Err(Mismatch::cannot(value, Kind::Bytes, "a Byte value")),
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
        assert_eq!(Vec::<String>::from_arg(&json!(true)), Ok(vec!["True".into()]));
        assert_eq!(
            Vec::<String>::from_arg(&json!([null, {"a": 1}])),
            Ok(vec![String::new(), "{'a': 1}".into()])
        );
    }

    #[test]
    fn dictionaries_come_from_json_and_pairs() {
        let map = JsonMap::from_arg(&json!("a=1, b=2")).unwrap();
        assert_eq!(Json::Object(map), json!({"a": "1", "b": "2"}));
        assert!(JsonMap::from_arg(&json!("nothing")).is_err());
        let read = |text: &str| JsonMap::from_arg(&json!(text)).map(Json::Object).ok();
        assert_eq!(read(r#"a=1 b="x y""#), Some(json!({"a": "1", "b": "x y"})));
        assert_eq!(read("{'a': [1, None]}"), Some(json!({"a": [1, null]})));
        assert_eq!((read("a=b c"), read("{bad")), (None, None));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(Bytes::from_arg(&json!("1.5K")), Ok(Bytes(1536)));
        assert_eq!(Bytes::from_arg(&json!(10)), Ok(Bytes(10)));
        assert!(Bytes::from_arg(&json!("ten")).is_err());
    }
}
