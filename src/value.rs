//! The one value type: what YAML, templates, facts and results are made of.
//!
//! Invariant: only the loader of the operator's files makes `Template` and `Encrypted`; results, facts and the contents
//! of files are plain. Values are immutable and shared: copying one copies a reference.

mod arithmetic;
mod containers;
pub mod difflib;
mod equality;
mod json;
mod key_values;
mod order;
mod text;
pub mod time;

use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};

pub use arithmetic::{Operator, negate, positive};
pub use containers::{Dict, Hint, List};
pub use key_values::{ArgText, parse_key_values};
pub(crate) use key_values::{split_name, unquote};
use num_bigint::BigInt;
pub use text::{float_text, is_printable, lines};

use crate::diagnostic::{Source, Span};

/// A value as Python would have it.
// A tag of 64 bits: with one of 8 bits a value is moved in pieces of 1, 7 and 16 bytes, which are slow to be read again.
#[derive(Clone, Default)]
#[repr(u64)]
pub enum Value {
    #[default]
    None,
    Bool(bool),
    Int(i64),
    /// An integer that does not fit into 64 bits.
    BigInt(Arc<BigInt>),
    Float(f64),
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
    List(Arc<List>),
    Tuple(Arc<List>),
    Dict(Arc<Dict>),
    /// Text of the operator that holds an expression; it becomes a value when it is used.
    Template(Arc<Template>),
    /// A `!vault` text of the operator; it becomes text when it is used.
    Encrypted(Arc<Encrypted>),
    /// What a template has when a name means nothing; never part of a result.
    Undefined(Arc<Undefined>),
    /// What only templates know: macros, loops, namespaces, times, bound methods; never sent to a host.
    Object(Arc<dyn Object>),
    /// The `omit` placeholder: the argument that has this value was not given.
    Omit,
}

/// Text with expressions, and where it stands.
pub struct Template {
    pub text: Arc<str>,
    pub span: Option<Span>,
    /// Whether it stands for itself: text that the operator marked as no template (`!unsafe`), which is never evaluated.
    pub literal: bool,
    /// The compiled form, made at the first use by `template/`, which alone knows its type.
    pub compiled: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Template {
    pub fn new(text: impl Into<Arc<str>>, span: Option<Span>) -> Template {
        Template { text: text.into(), span, literal: false, compiled: OnceLock::new() }
    }

    /// Returns text that stands for itself and is refused where an expression is wanted.
    pub fn literal(text: impl Into<Arc<str>>, span: Option<Span>) -> Template {
        Template { literal: true, ..Template::new(text, span) }
    }

    /// Returns whether a text holds an expression, a statement or a comment.
    pub fn is_in(text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.windows(2).any(|pair| matches!(pair, b"{{" | b"{%" | b"{#"))
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.literal { "Literal" } else { "Template" };
        write!(f, "{kind}({:?})", self.text)
    }
}

/// Returns whether a text is made of letters, digits and underscores, and begins with no digit.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && chars.all(|c| c == '_' || c.is_ascii_alphanumeric())
}

/// Whether the reference takes this as the name of a variable.
pub(crate) fn is_variable_name(name: &str) -> bool {
    // Words of Python may be names; those that a template reads as something else may not.
    const RESERVED: [&str; 7] = ["False", "None", "True", "false", "none", "not", "true"];
    is_identifier(name) && !RESERVED.contains(&name)
}

/// Where a value begins in a file of the operator.
#[derive(Clone, Debug)]
pub struct Origin {
    source: Arc<Source>,
    /// From 0, `UNKNOWN` where the format's reader does not know.
    line: u32,
    column: u32,
}

const UNKNOWN: u32 = u32::MAX;

impl Origin {
    pub fn of_file(source: &Arc<Source>) -> Origin {
        Origin { source: Arc::clone(source), line: UNKNOWN, column: UNKNOWN }
    }

    pub fn of_line(source: &Arc<Source>, line: u32) -> Origin {
        Origin { line, ..Origin::of_file(source) }
    }

    /// Returns the line in the file, or the place in it where that is known.
    pub fn line(&self) -> Option<Span> {
        let column = if self.column == UNKNOWN { 0 } else { self.column };
        let start = (self.line, column);
        (self.line != UNKNOWN).then(|| Span::new(&self.source, start, start))
    }

    /// Returns the place in the file where it begins, as far as that is known.
    pub fn span(&self) -> Option<Span> {
        let start = (self.line, self.column);
        (self.column != UNKNOWN).then(|| Span::new(&self.source, start, start))
    }
}

impl From<&Span> for Origin {
    fn from(span: &Span) -> Origin {
        Origin { column: span.column, ..Origin::of_line(&span.source, span.line) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &*self.source.path;
        if name.starts_with('<') {
            return f.write_str(name);
        }
        let path = std::path::absolute(name).unwrap_or_default();
        write!(f, "{}", path.display())?;
        // The reference reads what is JSON with a reader that knows no places.
        if serde_json::from_str::<serde::de::IgnoredAny>(&self.source.text).is_ok() {
            return Ok(());
        }
        for number in [self.line, self.column].into_iter().filter(|number| *number != UNKNOWN) {
            write!(f, ":{}", number + 1)?;
        }
        Ok(())
    }
}

/// A vault's text as it stands in the file.
pub struct Encrypted {
    pub text: Arc<str>,
    pub span: Option<Span>,
    /// What it says, once somebody asked and the password was right.
    pub plain: OnceLock<Arc<str>>,
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

/// Why a name means nothing.
#[derive(Clone, Debug)]
pub struct Undefined {
    /// The reference's words, for example `'nginx_port' is undefined`.
    pub message: String,
    pub span: Option<Span>,
    /// Which part of the text in the span asked for it; what that is in the file is found when somebody wants to know.
    pub part: Option<Part>,
    /// The whole text that asked for it.
    pub origin: Option<Span>,
    /// Whether it stands for what a plugin could not do: nothing can stand in for it.
    pub failed: bool,
}

impl Undefined {
    /// Something of which nobody knows who asked for it.
    pub fn new(message: impl Into<String>) -> Undefined {
        Undefined { message: message.into(), span: None, part: None, origin: None, failed: false }
    }
}

/// Some bytes of a text.
#[derive(Clone, Debug)]
pub struct Part {
    pub text: Arc<str>,
    pub start: u32,
    pub end: u32,
}

/// What only templates know.
pub trait Object: Send + Sync + fmt::Debug + Any {
    fn type_name(&self) -> &'static str;
    /// Returns the object itself, to find its type again.
    fn as_any(&self) -> &dyn Any;
    /// Returns an attribute.
    fn attribute(&self, _name: &str) -> Option<Value> {
        None
    }
    /// Returns what `str()` gives.
    fn to_text(&self) -> String {
        match self.mapping() {
            Some(entries) => Value::Dict(entries).to_repr(),
            None => format!("<{}>", self.type_name()),
        }
    }
    /// Returns what `repr()` gives.
    fn to_repr(&self) -> String {
        self.to_text()
    }
    /// Returns the text that it is where there are only JSON's types.
    fn to_plain(&self) -> Option<String> {
        None
    }
    /// Returns the items that iteration gives, when there is one.
    fn items(&self) -> Option<Arc<List>> {
        None
    }
    /// Returns whether it holds this, where more than its items say so.
    fn contains(&self, _item: &Value) -> Option<bool> {
        None
    }
    /// Returns where an attribute's value stands in a file of the operator.
    fn origin(&self, _name: &str) -> Option<Origin> {
        None
    }
    /// Returns the entries of what behaves as a dictionary.
    fn mapping(&self) -> Option<Arc<Dict>> {
        None
    }
    /// Returns which of two of this type comes first.
    fn order(&self, _other: &Value) -> Option<std::cmp::Ordering> {
        None
    }
    /// Returns what Python's `bool()` gives.
    fn is_true(&self) -> bool {
        true
    }
}

impl Value {
    /// Returns what the value means as yes or no where somebody may have written either as a text.
    pub fn says_yes(&self) -> bool {
        match self {
            Value::Str(text) => {
                matches!(text.to_lowercase().trim(), "yes" | "y" | "true" | "t" | "on" | "1")
            }
            other => other.is_true(),
        }
    }

    pub fn str(text: impl Into<Arc<str>>) -> Value {
        Value::Str(text.into())
    }

    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(Arc::new(items.into_iter().collect()))
    }

    pub fn dict<K: Into<Value>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Dict(Arc::new(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(list) | Value::Tuple(list) => Some(list),
            _ => None,
        }
    }

    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            Value::Bool(truth) => Some(i64::from(*truth)),
            _ => None,
        }
    }

    /// Returns the entry of a dictionary.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_dict()?.get(key)
    }

    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined(_))
    }

    /// Returns why the value means nothing, where it does.
    pub fn as_undefined(&self) -> Option<&Arc<Undefined>> {
        match self {
            Value::Undefined(undefined) => Some(undefined),
            _ => None,
        }
    }

    /// Returns where a template is written.
    pub fn template_span(&self) -> Option<&Span> {
        match self {
            Value::Template(template) => template.span.as_ref(),
            _ => None,
        }
    }

    /// Returns whether something is in it that is still to be evaluated: a template, an encrypted text, what is omitted.
    pub fn is_lazy(&self) -> bool {
        match self {
            Value::Template(_) | Value::Encrypted(_) | Value::Omit => true,
            Value::List(list) | Value::Tuple(list) => list.is_lazy(),
            Value::Dict(dict) => dict.is_lazy(),
            _ => false,
        }
    }

    /// Returns the type of what cannot be a key, where this is or holds it.
    pub fn unhashable(&self) -> Option<&'static str> {
        match self {
            Value::List(_) | Value::Dict(_) => Some(self.type_name()),
            Value::Tuple(items) => items.iter().find_map(Value::unhashable),
            _ => None,
        }
    }

    /// Returns a value that shares none of its lists and mappings with this one.
    #[must_use]
    pub fn apart(&self) -> Value {
        match self {
            Value::List(items) => Value::list(items.iter().map(Value::apart)),
            Value::Dict(entries) => {
                Value::dict(entries.iter().map(|(key, value)| (key.clone(), value.apart())))
            }
            other => other.clone(),
        }
    }

    /// Returns the first undefined value in it.
    pub fn first_undefined(&self) -> Option<&Arc<Undefined>> {
        self.find_undefined(&|_| true)
    }

    /// Returns the first undefined value in it that is as wanted.
    pub fn find_undefined(
        &self,
        is_wanted: &dyn Fn(&Undefined) -> bool,
    ) -> Option<&Arc<Undefined>> {
        match self {
            Value::Undefined(undefined) => Some(undefined).filter(|one| is_wanted(one)),
            Value::List(items) | Value::Tuple(items) => {
                items.iter().find_map(|item| item.find_undefined(is_wanted))
            }
            Value::Dict(dict) => dict.values().find_map(|value| value.find_undefined(is_wanted)),
            _ => None,
        }
    }

    /// Returns what Python's `bool()` gives; a template and an undefined value have no truth of their own (false).
    pub fn is_true(&self) -> bool {
        match self {
            Value::None | Value::Undefined(_) | Value::Template(_) | Value::Encrypted(_) => false,
            Value::Omit | Value::BigInt(_) => true,
            Value::Bool(truth) => *truth,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(list) | Value::Tuple(list) => !list.is_empty(),
            Value::Dict(dict) => !dict.is_empty(),
            Value::Object(object) => object.is_true(),
        }
    }

    /// Returns what the reference calls the type of a value that it knows the place of, where that is a class of its own.
    pub fn tagged_type_name(&self) -> Option<&'static str> {
        match self.type_name() {
            "str" => Some("_AnsibleTaggedStr"),
            "int" => Some("_AnsibleTaggedInt"),
            "float" => Some("_AnsibleTaggedFloat"),
            "list" => Some("_AnsibleTaggedList"),
            "dict" => Some("_AnsibleTaggedDict"),
            _ => None,
        }
    }

    /// Returns the type's name as Python's `type(x).__name__`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) | Value::Template(_) | Value::Encrypted(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Undefined(undefined) if undefined.failed => "CapturedExceptionMarker",
            Value::Undefined(_) => "UndefinedMarker",
            Value::Object(object) => object.type_name(),
            Value::Omit => "_OmitType",
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $make:expr),+ $(,)?) => {
        $(impl From<$type> for Value { fn from($value: $type) -> Value { $make } })+
    };
}

from! {
    bool => |truth| Value::Bool(truth),
    i64 => |number| Value::Int(number),
    i32 => |number| Value::Int(i64::from(number)),
    u32 => |number| Value::Int(i64::from(number)),
    f64 => |number| Value::Float(number),
    &str => |text| Value::Str(text.into()),
    String => |text| Value::Str(text.into()),
    Arc<str> => |text| Value::Str(text),
    Vec<Value> => |items| Value::list(items),
    List => |list| Value::List(Arc::new(list)),
    Dict => |dict| Value::Dict(Arc::new(dict)),
    BigInt => |number| match i64::try_from(&number) {
        Ok(small) => Value::Int(small),
        Err(_) => Value::BigInt(Arc::new(number)),
    },
    u64 => |number| match i64::try_from(number) {
        Ok(small) => Value::Int(small),
        Err(_) => Value::BigInt(Arc::new(number.into())),
    },
    usize => |number| Value::from(number as u64),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::None, Into::into)
    }
}

impl fmt::Debug for Value {
    /// Shows values as Python's `repr` would, and marks what Python does not have.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("None"),
            Value::Bool(truth) => f.write_str(if *truth { "True" } else { "False" }),
            Value::Int(number) => write!(f, "{number}"),
            Value::BigInt(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number:?}"),
            Value::Str(text) => write!(f, "{text:?}"),
            Value::Bytes(bytes) => write!(f, "b{:?}", bytes.escape_ascii().to_string()),
            Value::List(list) => f.debug_list().entries(list.iter()).finish(),
            Value::Tuple(list) => {
                f.write_str("tuple")?;
                f.debug_list().entries(list.iter()).finish()
            }
            Value::Dict(dict) => f.debug_map().entries(dict.iter()).finish(),
            Value::Template(template) => write!(f, "{template:?}"),
            Value::Encrypted(encrypted) => write!(f, "{encrypted:?}"),
            Value::Undefined(undefined) => write!(f, "Undefined({})", undefined.message),
            Value::Object(object) => write!(f, "{object:?}"),
            Value::Omit => f.write_str("omit"),
        }
    }
}
