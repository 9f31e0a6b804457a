//! From text to a compiled template.

use std::{
    borrow::Cow,
    sync::{Arc, atomic::AtomicUsize},
};

use super::{
    FileOptions, TemplateError,
    evaluator::Result,
    parser::Parser,
    tree::{Code, Kind, Statement},
};
use crate::{
    diagnostic::Span,
    value::{Template, Value},
};

/// A variable's template, compiled.
pub(super) struct Compiled {
    pub(super) code: Arc<Code>,
    /// Newlines at the end of the text, which a text result keeps.
    newlines: usize,
}

impl Compiled {
    /// Gives a text as many newlines at its end as the template has.
    pub(super) fn with_newlines(&self, value: Value) -> Value {
        match &value {
            Value::Str(text) if self.newlines > 0 => {
                let present = text.len() - text.trim_end_matches('\n').len();
                match self.newlines.checked_sub(present) {
                    None | Some(0) => value,
                    Some(lost) => format!("{text}{}", "\n".repeat(lost)).into(),
                }
            }
            _ => value,
        }
    }
}

/// Returns a variable's template as compiled at its first use.
pub(super) fn compiled(template: &Template) -> Result<&Compiled> {
    let compiled = template.compiled.get_or_init(|| {
        if template.literal {
            let mut code = empty(&template.text, template.span.clone(), Kind::Variable);
            code.body.push(Statement::Text(Value::Str(Arc::clone(&template.text))));
            return Box::new(Ok::<_, TemplateError>(Compiled {
                code: Arc::new(code),
                newlines: 0,
            }));
        }
        let options = FileOptions::default();
        let code = compile(&template.text, template.span.clone(), &options, Kind::Variable);
        let newlines = template.text.len() - template.text.trim_end_matches('\n').len();
        let compiled: Result<Compiled> =
            code.map(|code| Compiled { code: Arc::new(code), newlines });
        Box::new(compiled)
    });
    match compiled.downcast_ref::<Result<Compiled>>() {
        Some(Ok(compiled)) => Ok(compiled),
        Some(Err(error)) => Err(error.clone()),
        None => {
            Err(TemplateError::exact("internal error: a template was compiled by someone else"))
        }
    }
}

fn empty(text: &Arc<str>, span: Option<Span>, kind: Kind) -> Code {
    Code {
        kind,
        text: Arc::clone(text),
        span,
        body: Vec::new(),
        names: Vec::new(),
        assigned: Vec::new(),
        mutates: false,
        repeats: kind == Kind::File,
        loop_symbol: None,
        blocks: Vec::new(),
        extends: false,
        unknown: Vec::new(),
        constants: Vec::new(),
        options: Arc::default(),
        lately: AtomicUsize::new(0),
    }
}

/// Compiles a template.
pub(super) fn compile(
    text: &Arc<str>,
    span: Option<Span>,
    options: &FileOptions,
    kind: Kind,
) -> Result<Code> {
    // A file's newline at its end is kept in another way, as a variable's.
    let text = normalized(text);
    let code = Code { options: Arc::new(options.clone()), ..empty(&text, span, kind) };
    Parser::new(&text, code, options).template()
}

/// Compiles a bare expression.
pub(super) fn compile_expression(text: &str, span: Option<Span>) -> Result<Code> {
    let text: Arc<str> = text.into();
    let code = empty(&text, span, Kind::Expression);
    Parser::new(&text, code, &FileOptions::default()).standalone()
}

/// Compiles a condition: an expression in which texts may be templates.
pub(super) fn compile_condition(text: &str, span: Option<Span>) -> Result<Code> {
    let text: Arc<str> = text.into();
    let code = empty(&text, span, Kind::Expression);
    let mut parser = Parser::new(&text, code, &FileOptions::default());
    parser.embedding = true;
    parser.standalone()
}

/// Returns a text with newlines only, and without one at its end.
fn normalized(text: &Arc<str>) -> Arc<str> {
    let unified = if text.contains('\r') {
        Arc::from(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Arc::clone(text)
    };
    match unified.strip_suffix('\n') {
        Some(rest) => rest.into(),
        _ => unified,
    }
}

/// Takes a `#jinja2:` header off a file's text, which overrides the options.
pub fn expand_header<'t, 'o>(
    text: &'t str,
    options: &'o FileOptions,
) -> Result<(&'t str, Cow<'o, FileOptions>)> {
    let Some(rest) = text.strip_prefix("#jinja2:") else {
        return Ok((text, Cow::Borrowed(options)));
    };
    let wrong = |what: String| TemplateError::exact(format!("Syntax error in template: {what}"));
    let (header, body) = rest.split_once('\n').unwrap_or((rest, ""));
    let mut options = options.clone();
    for pair in pairs(header) {
        let Some((key, value)) = pair.split_once(':') else {
            if pair.trim().is_empty() {
                return Err(wrong("Empty '#jinja2:' override pair not allowed.".to_owned()));
            }
            let pair = Value::str(pair).to_repr();
            return Err(wrong(format!(
                "Missing key-value separator `:` in '#jinja2:' override pair {pair}."
            )));
        };
        let (key, value) = (key.trim(), value.trim());
        let quoted = ['\'', '"'].iter().find_map(|quote| {
            let inner = value.strip_prefix(*quote)?.strip_suffix(*quote)?;
            super::escapes::unescaped(inner).ok()
        });
        let must_be = |wanted: &str| {
            let found = match (&quoted, value) {
                (Some(_), _) => "str",
                (_, "True" | "False") => "bool",
                (_, "None") => "NoneType",
                _ if crate::value::is_identifier(value) => {
                    return wrong(
                        "malformed node or string on line 1: <ast.Name object at 0x7f0000000000>"
                            .to_owned(),
                    );
                }
                _ if value.contains('.') => "float",
                _ => "int",
            };
            wrong(format!(
                "TemplateOverrides.{key} must be <class '{wanted}'> instead of <class '{found}'>"
            ))
        };
        let flag = || match value {
            "True" => Ok(true),
            "False" => Ok(false),
            _ => Err(must_be("bool")),
        };
        let text = || quoted.clone().ok_or_else(|| must_be("str"));
        let optional = || match value {
            "None" => Ok(None),
            _ => text().map(Some),
        };
        match key {
            "trim_blocks" => options.trim_blocks = flag()?,
            "lstrip_blocks" => options.lstrip_blocks = flag()?,
            // A file keeps the newlines at its end, whatever is asked for.
            "keep_trailing_newline" => drop(flag()?),
            "variable_start_string" => options.variable_start = text()?,
            "variable_end_string" => options.variable_end = text()?,
            "block_start_string" => options.block_start = text()?,
            "block_end_string" => options.block_end = text()?,
            "comment_start_string" => options.comment_start = text()?,
            "comment_end_string" => options.comment_end = text()?,
            "line_statement_prefix" => options.line_statement_prefix = optional()?,
            "line_comment_prefix" => options.line_comment_prefix = optional()?,
            "newline_sequence" => options.newline_sequence = text()?,
            _ => {
                let key = Value::str(key).to_repr();
                return Err(wrong(format!("Invalid '#jinja2:' override key {key}.")));
            }
        }
    }
    Ok((body, Cow::Owned(options)))
}

/// Parts a header at its commas, but for those in quotes.
fn pairs(header: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, letter) in header.char_indices() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, ',') => {
                parts.push(&header[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    parts.push(&header[start..]);
    parts
}
