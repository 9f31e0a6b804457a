//! What is wrong with a template's text, at the token that is being read.

use super::{TemplateError, lexer::Token, parser::Parser, tree::Kind};

impl Parser<'_> {
    pub(super) fn fail(&self, message: impl std::fmt::Display) -> TemplateError {
        // Behind the last token there is nothing to point at.
        let at = if *self.current() == Token::End { self.at.saturating_sub(1) } else { self.at };
        TemplateError::syntax(&self.code, self.tokens[at].1, message)
    }

    /// What is wrong with a token itself. Of the first one of an expression the line is told, too.
    pub(super) fn unread(&self, message: String) -> TemplateError {
        if self.at > 0 || self.code.kind != Kind::Expression {
            return self.fail(message);
        }
        let before = self.code.text.get(..self.tokens[0].1.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        match message.split_once(": 'unicodeescape'") {
            Some((why, rest)) => self.fail(format!("{why}\n  line {line}: 'unicodeescape'{rest}")),
            None => self.fail(format!("{message}\n  line {line}")),
        }
    }
}
