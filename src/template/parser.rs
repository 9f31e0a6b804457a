//! Jinja's grammar: the tokens of a template become the tree that is evaluated. Statements are here, expressions in
//! `grammar`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{
    env::FileOptions,
    error::TemplateError,
    extensions,
    lexer::{Token, tokens},
    tree::{Block, Code, Expression, For, Kind, MacroCode, Missing, Place, Statement, Symbol},
};
use crate::value::Value;

pub(super) type Result<T> = std::result::Result<T, TemplateError>;

pub(super) struct Parser<'t> {
    pub(super) tokens: Vec<(Token<'t>, Place)>,
    pub(super) at: usize,
    pub(super) code: Code,
    newline: String,
    symbols: FxHashMap<&'t str, Symbol>,
    /// Statements that are open, the innermost last.
    tags: Vec<&'t str>,
    /// What may follow in each of them.
    ends: Vec<&'static [&'static str]>,
    /// Whether literals are taken as they stand, without escapes.
    pub(super) raw: bool,
    /// Whether texts that look like templates are some.
    pub(super) embedding: bool,
    /// Filters and tests that do not exist, in the order in which they were met.
    pub(super) unknown: Vec<Missing>,
    /// Those that are errors in any case.
    certain: Vec<Missing>,
    /// How many loops are around, whose `break` and `continue` are allowed.
    loops: usize,
    pub(super) depth: usize,
    /// Operators, filters and attributes of the expression that is read, which lie one in another.
    pub(super) links: usize,
}

/// Branches that one `if` may have.
const MAX_BRANCHES: usize = 300;

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, code: Code, options: &FileOptions) -> Parser<'t> {
        Parser {
            tokens: tokens(text, options, code.kind),
            at: 0,
            code,
            newline: options.newline_sequence.clone(),
            symbols: FxHashMap::default(),
            tags: Vec::new(),
            ends: Vec::new(),
            raw: false,
            embedding: false,
            unknown: Vec::new(),
            certain: Vec::new(),
            loops: 0,
            depth: 0,
            links: 0,
        }
    }

    pub(super) fn template(mut self) -> Result<Code> {
        self.code.body = self.body(&[])?;
        self.finish()
    }

    pub(super) fn standalone(mut self) -> Result<Code> {
        self.check_token()?;
        let expression = self.expression()?;
        if *self.current() != Token::End {
            return Err(self.fail("chunk after expression"));
        }
        self.code.body = vec![Statement::Emit(expression)];
        self.finish()
    }

    fn finish(mut self) -> Result<Code> {
        let missing = self.certain.iter().chain(&self.unknown);
        if let Some(missing) = missing.min_by_key(|missing| missing.from) {
            return Err(TemplateError::syntax(&self.code, missing.named, &missing.message));
        }
        self.code.repeats |= self.code.mutates;
        self.code.loop_symbol = self.symbols.get("loop").copied();
        if let Some(symbol) = self.code.loop_symbol {
            self.code.assigned[symbol as usize] = true;
        }
        Ok(self.code)
    }

    // Tokens.

    pub(super) fn current(&self) -> &Token<'t> {
        &self.tokens[self.at].0
    }

    pub(super) fn following(&self) -> &Token<'t> {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].0
    }

    pub(super) fn place(&self) -> Place {
        self.tokens[self.at].1
    }

    /// Returns the place from a start to the end of the token before the current one.
    pub(super) fn since(&self, start: Place) -> Place {
        let end = self.tokens[self.at.saturating_sub(1)].1.end.max(start.end);
        Place { start: start.start, end }
    }

    pub(super) fn advance(&mut self) -> Result<()> {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        self.check_token()
    }

    fn check_token(&self) -> Result<()> {
        match self.current() {
            Token::Wrong(message) => Err(self.unread(message.clone())),
            _ => Ok(()),
        }
    }

    pub(super) fn is_operator(&self, operator: &str) -> bool {
        matches!(self.current(), Token::Operator(found) if *found == operator)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self.current(), Token::Name(found) if *found == name)
    }

    pub(super) fn skip_operator(&mut self, operator: &str) -> Result<bool> {
        let found = self.is_operator(operator);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn skip_name(&mut self, name: &str) -> Result<bool> {
        let found = self.is_name(name);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expected(&self, what: &str) -> TemplateError {
        match self.current() {
            Token::End => self.fail(format!("unexpected end of template, expected '{what}'.")),
            found => {
                let found = Value::str(found.described()).to_repr();
                self.fail(format!("expected token '{what}', got {found}"))
            }
        }
    }

    pub(super) fn expect_operator(&mut self, operator: &str) -> Result<()> {
        if self.skip_operator(operator)? { Ok(()) } else { Err(self.expected(operator)) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.skip_name(word)? { Ok(()) } else { Err(self.expected(word)) }
    }

    pub(super) fn expect_name(&mut self) -> Result<&'t str> {
        match *self.current() {
            Token::Name(name) => {
                self.advance()?;
                Ok(name)
            }
            _ => Err(self.expected("name")),
        }
    }

    fn expect_end(&mut self, end: &Token<'t>) -> Result<()> {
        if self.current() != end {
            return Err(self.expected(end.described()));
        }
        self.advance()
    }

    // Names.

    pub(super) fn symbol(&mut self, name: &'t str) -> Symbol {
        if let Some(symbol) = self.symbols.get(name) {
            return *symbol;
        }
        let symbol = Symbol::try_from(self.code.names.len()).unwrap_or(Symbol::MAX);
        self.code.names.push(name.into());
        self.code.assigned.push(false);
        self.symbols.insert(name, symbol);
        symbol
    }

    pub(super) fn assigned(&mut self, name: &'t str) -> Symbol {
        let symbol = self.symbol(name);
        self.code.assigned[symbol as usize] = true;
        symbol
    }

    // Statements.

    /// Reads statements until one of the tags in `ends`, whose name is then the current token.
    fn body(&mut self, ends: &'static [&'static str]) -> Result<Vec<Statement>> {
        self.check_token()?;
        let mut body = Vec::new();
        if !ends.is_empty() {
            self.ends.push(ends);
        }
        loop {
            match *self.current() {
                Token::Data(text) => {
                    let text = if self.newline == "\n" {
                        Value::str(text)
                    } else {
                        text.replace('\n', &self.newline).into()
                    };
                    body.push(Statement::Text(text));
                    self.advance()?;
                }
                Token::VariableBegin => {
                    self.advance()?;
                    self.raw = self.code.kind == Kind::Variable;
                    let expression = self.tuple(true, &[]);
                    self.raw = false;
                    body.push(Statement::Emit(expression?));
                    self.expect_end(&Token::VariableEnd)?;
                }
                Token::BlockBegin => {
                    self.advance()?;
                    if matches!(self.current(), Token::Name(name) if ends.contains(name)) {
                        self.ends.pop();
                        return Ok(body);
                    }
                    let statement = self.deeper(|parser| parser.statement(&mut body))?;
                    body.extend(statement);
                    self.expect_end(&Token::BlockEnd)?;
                }
                _ => break,
            }
        }
        if !ends.is_empty() {
            return Err(self.lost(None));
        }
        Ok(body)
    }

    /// Reads a body and the name of the tag that ended it.
    fn statements(&mut self, ends: &'static [&'static str]) -> Result<(Vec<Statement>, &'t str)> {
        let around = std::mem::take(&mut self.unknown);
        let read = self.branch(ends);
        let inside = std::mem::replace(&mut self.unknown, around);
        self.certain.extend(inside);
        read
    }

    /// Reads the statements of a condition's branch, in which names may be unknown until they are reached.
    fn branch(&mut self, ends: &'static [&'static str]) -> Result<(Vec<Statement>, &'t str)> {
        self.skip_operator(":")?;
        self.expect_end(&Token::BlockEnd)?;
        let body = self.body(ends)?;
        let end = self.expect_name()?;
        Ok((body, end))
    }

    /// Says what was looked for where a tag means nothing, or where the text ends.
    fn lost(&self, name: Option<&str>) -> TemplateError {
        let mut message = match name {
            None => "Unexpected end of template.".to_owned(),
            Some(name) => format!("Encountered unknown tag {}.", Value::str(name).to_repr()),
        };
        if let Some(looked_for) = self.ends.last() {
            let tags = looked_for.iter().map(|tag| format!("'{tag}'"));
            let tags = tags.collect::<Vec<_>>().join(" or ");
            let outer = name.is_some_and(|name| self.ends.iter().any(|ends| ends.contains(&name)));
            message += &if outer {
                format!(
                    " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for {tags}."
                )
            } else {
                format!(" Jinja was looking for the following tags: {tags}.")
            };
        }
        if let Some(tag) = self.tags.last() {
            message += &format!(" The innermost block that needs to be closed is '{tag}'.");
        }
        self.fail(message)
    }

    #[expect(clippy::too_many_lines, reason = "one match over the kinds of statements")]
    fn statement(&mut self, before: &mut Vec<Statement>) -> Result<Option<Statement>> {
        let Token::Name(tag) = *self.current() else {
            return Err(self.fail("tag name expected"));
        };
        self.tags.push(tag);
        let start = self.place();
        self.advance()?;
        let statement = match tag {
            "for" => self.for_loop()?,
            "if" => self.condition(0)?,
            "set" => self.set()?,
            "with" => self.with()?,
            "macro" => {
                let name = self.expect_name()?;
                self.assigned(name);
                let (parameters, defaults) = self.signature()?;
                let code = self.macro_body(name, parameters, defaults, &["endmacro"])?;
                Statement::Macro(Arc::new(code))
            }
            "call" => {
                let has_signature = self.is_operator("(");
                let (parameters, defaults) =
                    if has_signature { self.signature()? } else { (Vec::new(), Vec::new()) };
                let call = self.expression()?;
                if !matches!(call, Expression::Call(_) | Expression::Method(_)) {
                    return Err(TemplateError::syntax(&self.code, start, "expected call"));
                }
                let caller = self.macro_body("", parameters, defaults, &["endcall"])?;
                Statement::Call { call, caller: Arc::new(caller) }
            }
            "filter" => {
                let mark = self.unknown.len();
                let filters = self.inline_filters()?;
                self.certain.extend(self.unknown.drain(mark..));
                Statement::Filter { filters, body: self.statements(&["endfilter"])?.0 }
            }
            "autoescape" => {
                let enabled = self.expression()?;
                Statement::AutoEscape { enabled, body: self.statements(&["endautoescape"])?.0 }
            }
            "block" => self.block()?,
            "extends" => {
                self.code.extends = true;
                Statement::Extends(self.expression()?)
            }
            "include" => self.include()?,
            "import" => {
                let name = self.expression()?;
                self.expect_word("as")?;
                let target = self.expect_name()?;
                let target = self.assigned(target);
                let with_context = self.context()?.unwrap_or(false);
                Statement::Import { name, target, with_context }
            }
            "from" => self.names_import()?,
            "do" if extensions::are_on(extensions::DO) => Statement::Do(self.tuple(true, &[])?),
            "print" => {
                let mut first = true;
                while *self.current() != Token::BlockEnd {
                    if !first {
                        self.expect_operator(",")?;
                    }
                    first = false;
                    before.push(Statement::Emit(self.expression()?));
                }
                self.tags.pop();
                return Ok(None);
            }
            "break" | "continue" if extensions::are_on(extensions::LOOP_CONTROLS) => {
                if self.loops == 0 {
                    let message = match tag {
                        "break" => "'break' outside loop",
                        _ => "'continue' not properly in loop",
                    };
                    return Err(TemplateError::syntax(&self.code, start, message));
                }
                if tag == "break" { Statement::Break } else { Statement::Continue }
            }
            other => {
                self.tags.pop();
                let mut error = self.lost(Some(other));
                error.span = self.code.span_of(start);
                return Err(error);
            }
        };
        self.tags.pop();
        Ok(Some(statement))
    }

    fn for_loop(&mut self) -> Result<Statement> {
        let target = self.target(false)?;
        self.expect_word("in")?;
        let iterable = self.tuple(false, &["recursive"])?;
        let mark = self.unknown.len();
        let filter = if self.skip_name("if")? { Some(self.expression()?) } else { None };
        self.certain.extend(self.unknown.drain(mark..));
        let recursive = self.skip_name("recursive")?;
        self.loops += 1;
        self.code.repeats = true;
        let (body, end) = self.statements(&["endfor", "else"])?;
        self.loops -= 1;
        let otherwise = if end == "else" { self.statements(&["endfor"])?.0 } else { Vec::new() };
        Ok(Statement::For(Arc::new(For { target, iterable, filter, recursive, body, otherwise })))
    }

    fn condition(&mut self, before: usize) -> Result<Statement> {
        if before > MAX_BRANCHES {
            return Err(self.fail("the template nests too deeply"));
        }
        let mark = self.unknown.len();
        let condition = self.tuple(false, &[])?;
        let (then, end) = self.branch(&["elif", "else", "endif"])?;
        let otherwise = match end {
            "elif" => vec![self.condition(before + 1)?],
            "else" => self.branch(&["endif"])?.0,
            _ => Vec::new(),
        };
        self.soften(mark);
        Ok(Statement::If { condition, then, otherwise })
    }

    fn set(&mut self) -> Result<Statement> {
        let target = self.target(true)?;
        if self.skip_operator("=")? {
            let value = self.tuple(true, &[])?;
            return Ok(Statement::Set { target, value });
        }
        let filters = if self.is_operator("|") {
            Some(self.filters(Expression::Input, self.place())?)
        } else {
            None
        };
        Ok(Statement::SetBlock { target, filters, body: self.statements(&["endset"])?.0 })
    }

    fn with(&mut self) -> Result<Statement> {
        let mut assignments = Vec::new();
        while *self.current() != Token::BlockEnd {
            if !assignments.is_empty() {
                self.expect_operator(",")?;
            }
            let target = self.target(false)?;
            self.expect_operator("=")?;
            assignments.push((target, self.expression()?));
        }
        Ok(Statement::With { assignments, body: self.statements(&["endwith"])?.0 })
    }

    fn macro_body(
        &mut self,
        name: &'t str,
        parameters: Vec<Symbol>,
        defaults: Vec<Expression>,
        ends: &'static [&'static str],
    ) -> Result<MacroCode> {
        let (start, loops) = (self.at, std::mem::take(&mut self.loops));
        self.code.repeats = true;
        let (body, _) = self.statements(ends)?;
        self.loops = loops;
        let inside = start..self.at;
        let mut special = |name: &'static str| {
            let mut tokens = self.tokens[inside.clone()].iter();
            let is_named = tokens.any(|(token, _)| *token == Token::Name(name));
            is_named.then(|| self.assigned(name))
        };
        let (varargs, kwargs, caller) = (special("varargs"), special("kwargs"), special("caller"));
        Ok(MacroCode { name: name.into(), parameters, defaults, body, varargs, kwargs, caller })
    }

    fn block(&mut self) -> Result<Statement> {
        let start = self.place();
        let name = self.expect_name()?;
        let scoped = self.skip_name("scoped")?;
        let required = self.skip_name("required")?;
        if self.is_operator("-") {
            return Err(self.fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.",
            ));
        }
        let loops = std::mem::take(&mut self.loops);
        let (body, _) = self.statements(&["endblock"])?;
        self.loops = loops;
        let blank = |statement: &Statement| matches!(statement, Statement::Text(Value::Str(text)) if text.trim().is_empty());
        if required && !body.iter().all(blank) {
            return Err(self.fail("Required blocks can only contain comments or whitespace"));
        }
        self.skip_name(name)?;
        if self.code.blocks.iter().any(|known| &*known.name == name) {
            let message = format!("block '{name}' defined twice");
            return Err(TemplateError::syntax(&self.code, start, message));
        }
        self.code.blocks.push(Block { name: name.into(), scoped, required, body });
        Ok(Statement::Block(self.code.blocks.len() - 1))
    }
}
