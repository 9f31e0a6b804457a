//! The statements that name other templates.

use std::sync::Arc;

use super::{
    error::TemplateError,
    lexer::Token,
    parser::{Parser, Result},
    tree::Statement,
};

impl Parser<'_> {
    /// Reads `with context` or `without context`.
    pub(super) fn context(&mut self) -> Result<Option<bool>> {
        let with = self.is_name("with");
        if (with || self.is_name("without")) && matches!(self.following(), Token::Name("context")) {
            self.advance()?;
            self.advance()?;
            return Ok(Some(with));
        }
        Ok(None)
    }

    pub(super) fn include(&mut self) -> Result<Statement> {
        let name = self.expression()?;
        let ignore_missing =
            self.is_name("ignore") && matches!(self.following(), Token::Name("missing"));
        if ignore_missing {
            self.advance()?;
            self.advance()?;
        }
        let with_context = self.context()?.unwrap_or(true);
        Ok(Statement::Include { name, ignore_missing, with_context })
    }

    pub(super) fn names_import(&mut self) -> Result<Statement> {
        let before = self.code.text.get(..self.place().start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let name = self.expression()?;
        self.expect_word("import")?;
        let mut names = Vec::new();
        let mut with_context;
        loop {
            if !names.is_empty() {
                self.expect_operator(",")?;
            }
            with_context = self.context()?;
            if with_context.is_some() {
                break;
            }
            let place = self.place();
            let exported = self.expect_name()?;
            if exported.starts_with('_') {
                let message = "names starting with an underline can not be imported";
                return Err(TemplateError::syntax(&self.code, place, message));
            }
            let local = if self.skip_name("as")? { self.expect_name()? } else { exported };
            names.push((Arc::from(exported), self.assigned(local)));
            with_context = self.context()?;
            if with_context.is_some() || !self.is_operator(",") {
                break;
            }
        }
        let with_context = with_context.unwrap_or(false);
        Ok(Statement::From { name, names, with_context, line })
    }
}
