//! What a filter or a test is called with, bound to its parameters.

use std::sync::Arc;

use crate::{
    diagnostic::Told,
    template::{
        Below, TemplateError,
        cells::freeze,
        evaluator::{Evaluator, Passed, items},
        facts,
        leaving::{is_lenient, is_plain},
        sight::{Looks, Met},
        units::qualified,
    },
    value::{Dict, List, Value},
};

/// A filter's or a test's input and arguments.
pub(crate) struct Invocation<'i, 'e> {
    pub(crate) eval: &'i Evaluator<'e>,
    pub(crate) value: Value,
    /// What is undefined in the input, behind what `value` has of it.
    met: Option<Arc<crate::value::Undefined>>,
    args: Vec<Option<Value>>,
    /// Positional arguments beyond the named parameters.
    pub(crate) rest: Vec<Value>,
    /// Named arguments that are no parameters.
    pub(crate) keywords: Vec<(Arc<str>, Value)>,
}

/// What a filter gives.
pub(crate) type Answer = Result<Value, Refusal>;

/// Why a filter or a test gives nothing.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The reference's words, which it introduces with the filter's name.
    Message(String),
    /// The same, with a reason below it.
    Because(String, Below),
    /// The reference's words for what another error led to, which stand apart.
    Apart(String),
    /// Something was not there: `default` may catch it.
    Undefined(Arc<crate::value::Undefined>),
    /// An error from within.
    Error(TemplateError),
}

impl From<String> for Refusal {
    fn from(message: String) -> Refusal {
        Refusal::Message(message)
    }
}

impl From<&str> for Refusal {
    fn from(message: &str) -> Refusal {
        Refusal::Message(message.to_owned())
    }
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Refusal {
        match error.message.strip_prefix("Error rendering template: ") {
            // An error of Python inside a plugin is the plugin's.
            Some(message) => Refusal::Message(message.to_owned()),
            None => Refusal::Error(error),
        }
    }
}

impl Refusal {
    pub(crate) fn into_error(self, (kind, name): (&str, &str)) -> TemplateError {
        let failed = |message: String| {
            TemplateError::exact(format!(
                "The {kind} plugin '{}' failed: {}",
                qualified(name),
                message.trim_end()
            ))
        };
        match self {
            Refusal::Message(message) => failed(message),
            Refusal::Because(message, reason) => {
                let mut error = failed(format!("{message}: {}", reason.message));
                error.below = vec![reason];
                error
            }
            Refusal::Apart(message) => failed(message.clone()).because([message]),
            Refusal::Undefined(undefined) => TemplateError::from(&*undefined),
            Refusal::Error(error) => error,
        }
    }
}

/// What the reference's functions for paths take.
pub(crate) const PATH: &str = "expected str, bytes or os.PathLike object";
/// What the reference's functions for files that are there take.
pub(crate) const STAT: &str = "stat: path should be string, bytes, os.PathLike or integer";

fn path_text(value: &Value, wanted: &str) -> Result<Arc<str>, Refusal> {
    match value {
        Value::Str(text) => Ok(Arc::clone(text)),
        other => Err(format!("{wanted}, not {}", other.type_name()).into()),
    }
}

/// Returns a value as a path, which only text can be; `wanted` is what the reference's function says that it takes.
pub(crate) fn path_of(value: &Value, wanted: &str) -> Result<Arc<str>, Refusal> {
    match value {
        Value::Bytes(bytes) => Ok(String::from_utf8_lossy(bytes).into()),
        // A file that is open, which no template has.
        Value::Int(number) if wanted.contains("integer") => Ok(format!("/dev/fd/{number}").into()),
        Value::Bool(number) if wanted.contains("integer") => {
            Ok(format!("/dev/fd/{}", u8::from(*number)).into())
        }
        other => path_text(other, wanted),
    }
}

/// Returns items as paths, which only texts can be.
pub(crate) fn path_texts(items: &[Value]) -> Result<Vec<Arc<str>>, Refusal> {
    items.iter().map(|item| path_text(item, PATH)).collect()
}

impl<'i, 'e> Invocation<'i, 'e> {
    /// Returns what the call gave, unless it would have met something undefined after that.
    pub(crate) fn given<T>(&self, answer: Result<T, TemplateError>) -> Result<T, TemplateError> {
        match &self.met {
            Some(undefined) if answer.is_ok() => Err((&**undefined).into()),
            _ => answer,
        }
    }

    /// Binds arguments to parameters; what is undefined among them is an error.
    pub(crate) fn bind(
        eval: &'i Evaluator<'e>,
        plugin: (&'static str, &'static str),
        params: &'static [&'static str],
        takes_undefined: bool,
        input: Value,
        passed: Passed,
    ) -> Result<Invocation<'i, 'e>, TemplateError> {
        let fail = |message: String| Err(Refusal::Message(message).into_error(plugin));
        let value = match &input {
            value if !takes_undefined && is_lenient(value) => Value::str(""),
            Value::Undefined(undefined)
                if !takes_undefined || undefined.failed && !plugin.1.ends_with("type_debug") =>
            {
                return Err((&**undefined).into());
            }
            _ => input,
        };
        if !takes_undefined && let Some(undefined) = passed.undefined() {
            return Err(undefined.into());
        }
        let facts = facts::of(plugin);
        if let Some(signature) = facts.signature
            && let Err(message) = signature.check(passed.positional.len(), &passed.named)
        {
            return fail(message);
        }
        let by_attribute = match plugin.1 {
            "groupby" => true,
            "join" if passed.positional.len() > 1 => true,
            _ => passed.named.iter().any(|(name, _)| &**name == "attribute"),
        };
        let (value, met) = looked_into(eval, &facts.looks, value, by_attribute)?;
        let argument = |value: Value| {
            if is_plain(&value) {
                return Ok(value);
            }
            let value = defined(value, takes_undefined)?;
            let value = settled(eval, &facts.looks, value)?;
            match facts.looks.met_aside(&value) {
                Some(undefined) => Err(TemplateError::from(&*undefined)),
                None => Ok(value),
            }
        };
        let (mut rest, mut keywords) = (Vec::new(), Vec::new());
        if passed.positional.is_empty() && passed.named.is_empty() {
            return Ok(Invocation { eval, value, met, args: Vec::new(), rest, keywords });
        }
        let named = params.iter().take_while(|name| !name.starts_with('*')).count();
        let function = || plugin.1.rsplit('.').next().unwrap_or(plugin.1);
        let mut positional = passed.positional;
        if positional.len() > named {
            let more = positional.split_off(named);
            if !params.contains(&"*") {
                return fail(format!(
                    "{}() takes at most {} positional arguments but more were given",
                    function(),
                    named + 1
                ));
            }
            for value in more {
                rest.push(argument(value)?);
            }
        }
        let mut args = Vec::with_capacity(positional.len());
        for value in positional {
            args.push(Some(argument(value)?));
        }
        for (name, value) in passed.named {
            let value = argument(value)?;
            let Some(index) = params.iter().position(|param| *param == &*name) else {
                if params.contains(&"**") {
                    keywords.push((name, value));
                    continue;
                }
                let function = function();
                return fail(format!("{function}() got an unexpected keyword argument '{name}'"));
            };
            if args.len() <= index {
                args.resize(index + 1, None);
            }
            if args[index].replace(value).is_some() {
                let function = function();
                return fail(format!("{function}() got multiple values for argument '{name}'"));
            }
        }
        Ok(Invocation { eval, value, met, args, rest, keywords })
    }

    /// Returns an argument that was given.
    pub(crate) fn arg(&self, index: usize) -> Option<&Value> {
        self.args.get(index)?.as_ref()
    }

    /// Returns an argument that was given and is not None.
    pub(crate) fn some(&self, index: usize) -> Option<&Value> {
        self.arg(index).filter(|value| !matches!(value, Value::None))
    }

    /// Returns an argument that must be given.
    pub(crate) fn required(&self, index: usize, name: &str) -> Result<&Value, Refusal> {
        self.arg(index).ok_or_else(|| {
            Refusal::Message(format!("missing 1 required positional argument: '{name}'"))
        })
    }

    /// Returns an argument as text, or a default.
    pub(crate) fn text(&self, index: usize, default: &str) -> Arc<str> {
        match self.some(index) {
            Some(Value::Str(text)) => Arc::clone(text),
            Some(other) => other.to_text().into(),
            None => default.into(),
        }
    }

    /// Returns an argument as an integer that may be None, which stands for the default as well.
    pub(crate) fn optional_int(&self, index: usize, default: i64) -> Result<i64, Refusal> {
        self.some(index).map_or(Ok(default), |_| self.int(index, default))
    }

    /// Returns an argument as a pattern's text.
    pub(crate) fn pattern(&self, index: usize) -> Result<Arc<str>, Refusal> {
        match self.arg(index) {
            None => Ok("".into()),
            Some(Value::Str(text)) => Ok(Arc::clone(text)),
            Some(other) => Err(match other.unhashable() {
                Some(found) => format!("unhashable type: '{found}'"),
                None => "first argument must be string or compiled pattern".to_owned(),
            }
            .into()),
        }
    }

    /// Returns an argument as the text that takes the place of what a pattern finds.
    pub(crate) fn replacement(&self, index: usize) -> Result<Arc<str>, Refusal> {
        match self.arg(index) {
            None => Ok("".into()),
            Some(Value::Str(text)) => Ok(Arc::clone(text)),
            Some(other) => Err(match other.unhashable() {
                Some(found) => format!("unhashable type: '{found}'"),
                None => {
                    let found = other.type_name();
                    format!("decoding to str: need a bytes-like object, {found} found")
                }
            }
            .into()),
        }
    }

    /// Tells that `filter`, which reads text, was given something else.
    pub(crate) fn passes_over(&self, filter: &str) {
        let found = self.value.type_name();
        let message = format!("The {filter} filter ignored non-string input of type '{found}'.");
        self.eval.env.tell(Told::deprecation(message, None));
    }

    /// Returns an argument's truth, or a default.
    pub(crate) fn flag(&self, index: usize, default: bool) -> bool {
        self.arg(index).map_or(default, Value::is_true)
    }

    /// Returns an argument as an integer, or a default.
    pub(crate) fn int(&self, index: usize, default: i64) -> Result<i64, Refusal> {
        match self.arg(index) {
            None => Ok(default),
            Some(value) => value.as_int().ok_or_else(|| {
                let found = value.type_name();
                Refusal::Message(format!("'{found}' object cannot be interpreted as an integer"))
            }),
        }
    }

    /// Returns the input's items.
    pub(crate) fn items(&self) -> Result<Arc<List>, Refusal> {
        Ok(items(&self.value)?)
    }

    /// Returns the input as text, as Python's `str()` gives it.
    pub(crate) fn input_text(&self) -> Arc<str> {
        match &self.value {
            Value::Str(text) => Arc::clone(text),
            other => other.to_text().into(),
        }
    }

    /// Returns the input as text that has a method of texts; nothing but text has it.
    pub(crate) fn text_with(&self, method: &str) -> Result<Arc<str>, Refusal> {
        match &self.value {
            Value::Str(text) => Ok(Arc::clone(text)),
            other => {
                let found = other.type_name();
                Err(format!("'{found}' object has no attribute '{method}'").into())
            }
        }
    }

    /// Returns the input as a path, which only text can be.
    pub(crate) fn path(&self) -> Result<Arc<str>, Refusal> {
        self.path_for(PATH)
    }

    /// Returns the input as a path; `wanted` is what the reference's function says that it takes.
    pub(crate) fn path_for(&self, wanted: &str) -> Result<Arc<str>, Refusal> {
        path_of(&self.value, wanted)
    }

    /// Refuses an input that holds something undefined.
    pub(crate) fn no_undefined(&self) -> Result<(), Refusal> {
        match self.value.first_undefined() {
            Some(undefined) => Err(Refusal::Undefined(Arc::clone(undefined))),
            None => Ok(()),
        }
    }

    /// Returns the input as a dictionary.
    pub(crate) fn dict(&self) -> Option<Arc<Dict>> {
        as_dict(&self.value)
    }

    /// Refuses named arguments that the Python function `callee` behind the filter does not have.
    pub(crate) fn only_keywords(&self, callee: &str, known: &[&[&str]]) -> Result<(), Refusal> {
        match self
            .keywords
            .iter()
            .find(|(name, _)| !known.iter().any(|some| some.contains(&&**name)))
        {
            Some((name, _)) => {
                Err(format!("{callee}() got an unexpected keyword argument '{name}'").into())
            }
            None => Ok(()),
        }
    }

    /// Returns a named argument that is no parameter.
    pub(crate) fn keyword(&self, name: &str) -> Option<&Value> {
        self.keywords.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }
}

/// Returns a value as a dictionary, also what only behaves as one.
pub(crate) fn as_dict(value: &Value) -> Option<Arc<Dict>> {
    match value {
        Value::Dict(dict) => Some(Arc::clone(dict)),
        Value::Object(object) => object.mapping(),
        _ => None,
    }
}

/// Returns a value whose templates are evaluated, unless the filter or the test can do without.
fn settled(eval: &Evaluator<'_>, looks: &Looks, value: Value) -> Result<Value, TemplateError> {
    match value {
        // Where no cell was made none need be looked for.
        other if looks.is_shallow => Ok(if eval.env.has_cells() { freeze(&other) } else { other }),
        other => eval.complete(other),
    }
}

/// Returns the input as far as it can be used, and what is undefined behind that.
fn looked_into(
    eval: &Evaluator<'_>,
    looks: &Looks,
    value: Value,
    by_attribute: bool,
) -> Result<(Value, Option<Arc<crate::value::Undefined>>), TemplateError> {
    if is_plain(&value) || value.is_undefined() {
        return Ok((value, None));
    }
    let value = settled(eval, looks, value)?;
    match looks.met(&value, by_attribute) {
        None => Ok((value, None)),
        Some(Met { undefined, before: None }) => Err((&*undefined).into()),
        Some(Met { undefined, before: Some(before) }) => Ok((before, Some(undefined))),
    }
}

fn defined(value: Value, takes_undefined: bool) -> Result<Value, TemplateError> {
    match value {
        Value::Undefined(undefined) if !takes_undefined => Err((&*undefined).into()),
        other => Ok(other),
    }
}
