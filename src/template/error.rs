//! Why a template could not be used, in the reference's words, and where.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::tree::{Code, Place};
use crate::{
    diagnostic::{Diagnostic, Span},
    value::{Encrypted, Part, Undefined, Value},
};

/// Why a template could not be used; it lies apart, so that what evaluation hands back where nothing fails is small.
#[derive(Clone, Debug)]
pub struct TemplateError(Box<Reason>);

/// What an error says.
#[derive(Clone, Debug)]
pub struct Reason {
    /// The reference's words.
    pub message: String,
    /// The failing expression, where its text is known to come from a file.
    pub span: Option<Span>,
    /// The whole text in which it fails: a variable's, an element's of a list.
    pub origin: Option<Span>,
    pub kind: ErrorKind,
    /// The reasons with which the words end, where those have places of their own.
    pub below: Vec<Below>,
    /// Whether it is that of a template, also where an expression has a variable that is one.
    pub of_template: bool,
}

/// A reason of a reason.
#[derive(Clone, Debug, Default)]
pub struct Below {
    pub message: String,
    pub span: Option<Span>,
    /// What it is about, where that stands nowhere.
    pub about: Option<String>,
    /// What helps against it.
    pub help: Option<&'static str>,
}

impl From<String> for Below {
    fn from(message: String) -> Below {
        Below { message, ..Below::default() }
    }
}

/// What went wrong; only an undefined value can be caught, by `default` and its kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    Undefined,
    Syntax,
    Runtime,
    /// A filter, a test or what was called failed: that matters only where its value is used.
    Plugin,
    /// What is to be evaluated is nobody's own words.
    Untrusted,
    /// The value was left out where there must be one.
    Omitted,
    /// A condition is none.
    Broken,
    /// A condition is nothing, which has no place.
    Nothing,
}

/// What is said of a value that was left out where there must be one.
pub(crate) const OMITTED: &str = "A template was resolved to an Omit scalar.";

impl Deref for TemplateError {
    type Target = Reason;
    fn deref(&self) -> &Reason {
        &self.0
    }
}

impl DerefMut for TemplateError {
    fn deref_mut(&mut self) -> &mut Reason {
        &mut self.0
    }
}

impl From<Reason> for TemplateError {
    fn from(reason: Reason) -> TemplateError {
        TemplateError(Box::new(reason))
    }
}

impl TemplateError {
    fn new(kind: ErrorKind, message: impl Into<String>) -> TemplateError {
        let message = message.into();
        Reason { message, span: None, origin: None, kind, below: Vec::new(), of_template: false }
            .into()
    }

    /// Returns the words alone.
    pub fn into_message(self) -> String {
        self.0.message
    }

    /// Returns the error with another kind.
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> TemplateError {
        self.kind = kind;
        self
    }

    /// Returns the error at a place, or at none.
    pub(crate) fn in_span(mut self, span: Option<Span>) -> TemplateError {
        self.span = span;
        self
    }

    /// Returns an error of evaluation, with the words that the reference puts before it.
    pub fn runtime(message: impl fmt::Display) -> TemplateError {
        TemplateError::exact(format!("Error rendering template: {message}"))
    }

    /// Returns an error of evaluation with just these words.
    pub fn exact(message: impl Into<String>) -> TemplateError {
        TemplateError::new(ErrorKind::Runtime, message)
    }

    /// Returns the error of an argument that is given by its name twice.
    pub(crate) fn repeated(code: &Code, place: Place, name: &str) -> TemplateError {
        let what = match code.kind {
            super::tree::Kind::Expression => "expression",
            _ => "template",
        };
        let message = format!("Error rendering {what}: keyword argument repeated: {name}");
        TemplateError::exact(message).at(code, place)
    }

    /// Returns the error with reasons that its words end in, and that stand apart.
    pub(crate) fn because(mut self, reasons: impl IntoIterator<Item = String>) -> TemplateError {
        self.below = reasons.into_iter().map(Below::from).collect();
        self
    }

    /// Returns the error with what helps against the last of its reasons.
    pub(crate) fn helped_by(mut self, help: &'static str) -> TemplateError {
        if let Some(last) = self.below.last_mut() {
            last.help = Some(help);
        }
        self
    }

    /// Returns the error of a value that was left out where there must be one.
    pub(crate) fn omitted() -> TemplateError {
        TemplateError::new(ErrorKind::Omitted, OMITTED)
    }

    /// Returns the error of a vault that cannot be opened, for this reason.
    pub(crate) fn undecryptable(encrypted: &Encrypted, why: String) -> TemplateError {
        const WHAT: &str = "Attempt to use undecryptable variable";
        let words = format!("{WHAT}: {why}");
        let mut error = TemplateError::runtime(&words).in_span(encrypted.span.clone());
        let own = |message| Below { message, span: encrypted.span.clone(), ..Below::default() };
        // What is wrong in the text itself is told with the text.
        let about: Option<String> = if why.starts_with("Vault envelope format error") {
            Some(encrypted.text.to_string())
        } else if why.starts_with("Vault ") {
            Some(encrypted.text.lines().skip(1).map(str::trim).collect())
        } else {
            None
        };
        error.below = match about {
            None => vec![own(words)],
            Some(about) => {
                let about = Some(Value::Bytes(about.into_bytes().into()).to_repr());
                vec![own(WHAT.to_owned()), Below { message: why, about, ..Below::default() }]
            }
        };
        error
    }

    /// Returns the error of templates that lead back to themselves.
    pub fn recursion() -> TemplateError {
        TemplateError::exact(
            "Recursive loop detected in template: maximum recursion depth exceeded",
        )
    }

    pub fn undefined(message: impl Into<String>) -> TemplateError {
        TemplateError::new(ErrorKind::Undefined, message)
    }

    pub(crate) fn syntax(code: &Code, place: Place, message: impl fmt::Display) -> TemplateError {
        let reason = Reason {
            message: match code.kind {
                super::tree::Kind::Expression
                    if code.text.contains("{{") || code.text.contains("{%") =>
                {
                    format!(
                        "Syntax error in expression. Template delimiters are not supported in expressions: {message}"
                    )
                }
                super::tree::Kind::Expression => format!("Syntax error in expression: {message}"),
                _ => format!("Syntax error in template: {message}"),
            },
            span: code.span_of(place),
            origin: code.origin(),
            kind: ErrorKind::Syntax,
            below: Vec::new(),
            of_template: false,
        };
        reason.into()
    }

    /// Returns whether a name or attribute had no value.
    pub fn is_undefined(&self) -> bool {
        self.kind == ErrorKind::Undefined
    }

    /// Names the place, unless one further inside is known.
    #[must_use]
    pub(crate) fn at(mut self, code: &Code, place: Place) -> TemplateError {
        if self.span.is_none() {
            self.span = code.span_of(place);
        }
        if self.origin.is_none() {
            self.origin = code.origin();
        }
        self
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TemplateError {}

impl From<&TemplateError> for Diagnostic {
    fn from(error: &TemplateError) -> Diagnostic {
        Diagnostic::maybe_at(error.span.as_ref(), error.message.clone())
    }
}

impl From<&Undefined> for TemplateError {
    fn from(undefined: &Undefined) -> TemplateError {
        let whole = undefined.span.as_ref();
        let span = whole.map(|whole| match &undefined.part {
            Some(part) => part_of(whole, &part.text, part.start as usize, part.end as usize),
            None => whole.clone(),
        });
        let kind = if undefined.failed { ErrorKind::Plugin } else { ErrorKind::Undefined };
        let (message, origin) = (undefined.message.clone(), undefined.origin.clone());
        Reason { message, span, origin, kind, below: Vec::new(), of_template: undefined.failed }
            .into()
    }
}

impl TemplateError {
    /// Says that this is why a plugin, or what was called, failed.
    pub(crate) fn of_plugin(mut self) -> TemplateError {
        if self.kind == ErrorKind::Runtime {
            self.kind = ErrorKind::Plugin;
        }
        self
    }

    /// Says that a template failed, whoever used it.
    pub(crate) fn of_template(mut self) -> TemplateError {
        self.of_template = true;
        self
    }

    /// Says that the value of a plugin that failed was used.
    pub(crate) fn used(mut self) -> TemplateError {
        if self.kind == ErrorKind::Plugin {
            self.kind = ErrorKind::Runtime;
        }
        self
    }

    /// Returns the error for an expression that no operator wrote.
    pub(crate) fn untrusted(span: Option<Span>) -> TemplateError {
        let message = "Encountered untrusted template or expression.".to_owned();
        let origin = span.clone();
        Reason {
            message,
            origin,
            span,
            kind: ErrorKind::Untrusted,
            below: Vec::new(),
            of_template: false,
        }
        .into()
    }
}

impl From<TemplateError> for Value {
    /// Makes the value that fails when it is used.
    fn from(error: TemplateError) -> Value {
        let Reason { message, span, origin, kind, .. } = *error.0;
        let failed = kind == ErrorKind::Plugin;
        Value::Undefined(Arc::new(Undefined { message, span, part: None, origin, failed }))
    }
}

impl Value {
    /// Returns a value that fails when it is used.
    pub fn undefined(message: impl Into<String>) -> Value {
        Value::Undefined(Arc::new(Undefined::new(message)))
    }
}

impl Code {
    /// Returns a value that fails when it is used, and says where it was asked for.
    pub(crate) fn undefined(&self, message: String, place: Place) -> Value {
        Value::Undefined(Arc::new(Undefined {
            message,
            span: self.span.clone(),
            part: Some(Part { text: Arc::clone(&self.text), start: place.start, end: place.end }),
            origin: self.origin(),
            failed: false,
        }))
    }

    /// Returns the place of the whole text; bare expressions and files are named by those who evaluate them.
    fn origin(&self) -> Option<Span> {
        (self.kind == super::tree::Kind::Variable).then(|| self.span.clone()).flatten()
    }

    /// Returns the file's range for a range of the template's text, as far as it can be told: YAML folds, quotes and indents.
    pub(crate) fn span_of(&self, place: Place) -> Option<Span> {
        let whole = self.span.as_ref()?;
        Some(part_of(whole, &self.text, place.start as usize, place.end as usize))
    }
}

/// Returns the file's range for the bytes of a text that stands in a range of the file.
fn part_of(whole: &Span, text: &str, start: usize, end: usize) -> Span {
    if end <= start {
        return whole.clone();
    }
    let Some(found) = text.get(start..end.min(text.len())) else {
        return whole.clone();
    };
    let raw = whole.text();
    if let Some(base) = raw.find(text) {
        return narrow(whole, raw, base + start, base + start + found.len());
    }
    // The same expression stands as often before it in the text as in the file.
    let first_line = found.lines().next().unwrap_or(found);
    let before = text[..start].matches(first_line).count();
    match raw.match_indices(first_line).nth(before) {
        Some((at, _)) => narrow(whole, raw, at, at + first_line.len()),
        None => whole.clone(),
    }
}

/// Bytes of the range's own text become lines and columns.
fn narrow(whole: &Span, raw: &str, start: usize, end: usize) -> Span {
    let position = |offset: usize| {
        let before = &raw[..offset];
        let line = u32::try_from(before.matches('\n').count()).unwrap_or(0);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let column = u32::try_from(column).unwrap_or(0);
        if line == 0 { (whole.line, whole.column + column) } else { (whole.line + line, column) }
    };
    Span::new(&whole.source, position(start), position(end))
}
