//! From text to a compiled template: minijinja's parser, Jinja's words for what it refuses.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use minijinja::{
    machinery::{Token, parse, parse_expr, tokenize},
    syntax::SyntaxConfig,
};

use super::{
    FileOptions, TemplateError, complaint,
    evaluator::Result,
    lower::Lowering,
    tree::{Code, Kind, Place},
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
        let options = FileOptions { keep_trailing_newline: false, ..FileOptions::default() };
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
        loop_symbol: None,
        blocks: Vec::new(),
        extends: false,
        unknown: Vec::new(),
    }
}

/// Compiles a template.
pub(super) fn compile(
    text: &Arc<str>,
    span: Option<Span>,
    options: &FileOptions,
    kind: Kind,
) -> Result<Code> {
    let syntax = config(options).map_err(TemplateError::exact)?;
    match parse(text, "", syntax.clone()) {
        Ok(root) => Lowering::new(text, empty(text, span, kind)).template(&root),
        Err(error) => {
            // minijinja's grammar has no tuples without parentheses.
            if let Some(rewritten) = parenthesize(text, &syntax)
                && let Ok(root) = parse(&rewritten, "", syntax)
            {
                return Lowering::new(&rewritten, empty(&Arc::from(&*rewritten), span, kind))
                    .template(&root);
            }
            Err(refused(&empty(text, span, kind), &error))
        }
    }
}

/// Compiles a bare expression.
pub(super) fn compile_expression(text: &str, span: Option<Span>) -> Result<Code> {
    let text: Arc<str> = text.into();
    // A newline is the end of minijinja's expression only inside a template.
    match parse_expr(&text) {
        Ok(root) => Lowering::new(&text, empty(&text, span, Kind::Expression)).standalone(&root),
        Err(error) => Err(refused(&empty(&text, span, Kind::Expression), &error)),
    }
}

type SharedConfig = std::result::Result<SyntaxConfig, String>;

fn config(options: &FileOptions) -> SharedConfig {
    static USUAL: OnceLock<[SharedConfig; 2]> = OnceLock::new();
    let build = |options: &FileOptions| {
        let mut builder = SyntaxConfig::builder();
        builder
            .trim_blocks(options.trim_blocks)
            .lstrip_blocks(options.lstrip_blocks)
            .keep_trailing_newline(options.keep_trailing_newline);
        let usual = FileOptions::default();
        if options.variable_start != usual.variable_start
            || options.variable_end != usual.variable_end
            || options.block_start != usual.block_start
            || options.block_end != usual.block_end
            || options.comment_start != usual.comment_start
            || options.comment_end != usual.comment_end
        {
            builder
                .variable_delimiters(options.variable_start.clone(), options.variable_end.clone())
                .block_delimiters(options.block_start.clone(), options.block_end.clone())
                .comment_delimiters(options.comment_start.clone(), options.comment_end.clone());
        }
        if let Some(prefix) = &options.line_statement_prefix {
            builder.line_statement_prefix(prefix.clone());
        }
        if let Some(prefix) = &options.line_comment_prefix {
            builder.line_comment_prefix(prefix.clone());
        }
        builder.build().map_err(|error| format!("Syntax error in template: {error}"))
    };
    let kept = FileOptions::default();
    let trimmed = FileOptions { keep_trailing_newline: false, ..FileOptions::default() };
    let usual = USUAL.get_or_init(|| [build(&kept), build(&trimmed)]);
    if *options == kept {
        usual[0].clone()
    } else if *options == trimmed {
        usual[1].clone()
    } else {
        build(options)
    }
}

/// Puts parentheses around tuples that stand bare in `{{ a, b }}` and `{% for x in a, b %}`.
fn parenthesize(text: &str, syntax: &SyntaxConfig) -> Option<String> {
    let mut inserts = Vec::new();
    let (mut start, mut last, mut depth, mut comma) = (None, 0, 0_i32, false);
    let mut is_for = false;
    for token in tokenize(text, false, syntax.clone()) {
        let (token, span) = token.ok()?;
        match token {
            Token::VariableStart => {
                (start, depth, comma) = (Some(span.end_offset), 0, false);
            }
            Token::BlockStart => (start, depth, comma, is_for) = (None, 0, false, false),
            Token::Ident("for") if start.is_none() => is_for = true,
            Token::Ident("in") if is_for && start.is_none() => {
                (start, depth, comma) = (Some(span.end_offset), 0, false);
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => depth -= 1,
            Token::Comma if depth == 0 && start.is_some() => comma = true,
            Token::Ident("if" | "recursive") if is_for && depth == 0 && comma => {
                inserts.extend([(start?, " ("), (last, ")")]);
                (start, comma, is_for) = (None, false, false);
            }
            Token::VariableEnd | Token::BlockEnd => {
                if let Some(start) = start.take()
                    && comma
                {
                    inserts.extend([(start, " ("), (last, ")")]);
                }
                is_for = false;
            }
            _ => (),
        }
        last = span.end_offset;
    }
    if inserts.is_empty() {
        return None;
    }
    let mut rewritten = text.to_owned();
    for (at, insert) in inserts.into_iter().rev() {
        rewritten.insert_str(at as usize, insert);
    }
    Some(rewritten)
}

fn refused(code: &Code, error: &minijinja::Error) -> TemplateError {
    let place = error.range().map_or(Place::default(), |range| Place {
        start: u32::try_from(range.start).unwrap_or(0),
        end: u32::try_from(range.end).unwrap_or(0),
    });
    let detail = error.detail().map_or_else(|| error.to_string(), str::to_owned);
    TemplateError::syntax(code, place, complaint::in_jinja_words(&detail, &code.text, place))
}

/// Takes a `#jinja2:` header off a file's text, which overrides the options.
pub fn expand_header<'t, 'o>(
    text: &'t str,
    options: &'o FileOptions,
) -> (&'t str, Cow<'o, FileOptions>) {
    let Some(rest) = text.strip_prefix("#jinja2:") else { return (text, Cow::Borrowed(options)) };
    let (header, body) = rest.split_once('\n').unwrap_or((rest, ""));
    let mut options = options.clone();
    for pair in header.split(',') {
        let Some((key, value)) = pair.split_once(':') else { continue };
        let value = value.trim();
        let quoted = value.trim_matches(['\'', '"']).replace("\\n", "\n").replace("\\r", "\r");
        let flag = matches!(value, "True" | "true" | "yes" | "1");
        let text = || Some(quoted.clone()).filter(|text| text != "None");
        match key.trim() {
            "trim_blocks" => options.trim_blocks = flag,
            "lstrip_blocks" => options.lstrip_blocks = flag,
            "keep_trailing_newline" => options.keep_trailing_newline = flag,
            "variable_start_string" => options.variable_start = quoted,
            "variable_end_string" => options.variable_end = quoted,
            "block_start_string" => options.block_start = quoted,
            "block_end_string" => options.block_end = quoted,
            "comment_start_string" => options.comment_start = quoted,
            "comment_end_string" => options.comment_end = quoted,
            "line_statement_prefix" => options.line_statement_prefix = text(),
            "line_comment_prefix" => options.line_comment_prefix = text(),
            "newline_sequence" => options.newline_sequence = quoted,
            _ => (),
        }
    }
    (body, Cow::Owned(options))
}
