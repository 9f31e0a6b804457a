//! What follows a value: attributes, items, slices, arguments.

use super::{
    embedding::embed,
    error::TemplateError,
    grammar::integer,
    lexer::Token,
    methods::{CHANGING, is_of_dicts},
    parser::{Parser, Result},
    tree::{Arguments, Attribute, Call, Expression, Item, Method, Place, Slice},
};
use crate::value::Hint;

impl Parser<'_> {
    pub(super) fn subscript(&mut self, of: Expression, start: Place) -> Result<Expression> {
        if self.skip_operator(".")? {
            let token = self.current().clone();
            self.advance()?;
            let place = self.since(start);
            return match token {
                Token::Name(name) => {
                    let special = name.starts_with("__") || is_of_dicts(name);
                    let name = name.into();
                    let hint = Hint::default();
                    let node = Attribute { of, name, special, hint, place };
                    Ok(Expression::Attribute(Box::new(node)))
                }
                Token::Integer(digits) => {
                    let key = Expression::Const(integer(digits));
                    Ok(Expression::Item(Box::new(Item { of, key, hint: Hint::default(), place })))
                }
                _ => Err(TemplateError::syntax(&self.code, place, "expected name or number")),
            };
        }
        self.expect_operator("[")?;
        let mut keys = Vec::new();
        while !self.is_operator("]") {
            if !keys.is_empty() {
                self.expect_operator(",")?;
            }
            keys.push(self.subscripted()?);
        }
        self.expect_operator("]")?;
        let place = self.since(start);
        if keys.len() == 1
            && let Some(Ok([from, to, step])) = keys.pop_if(|key| key.is_ok())
        {
            return Ok(Expression::Slice(Box::new(Slice {
                of,
                start: from,
                stop: to,
                step,
                place,
            })));
        }
        let mut items = Vec::new();
        for key in keys {
            match key {
                Err(key) => items.push(key),
                Ok(_) => return Err(self.fail("a slice cannot be one of several keys")),
            }
        }
        let key = match items.pop() {
            Some(only) if items.is_empty() => only,
            last => {
                items.extend(last);
                Expression::Tuple(items)
            }
        };
        Ok(Expression::Item(Box::new(Item { of, key, hint: Hint::default(), place })))
    }

    /// Reads a slice, or else a key.
    pub(super) fn subscripted(
        &mut self,
    ) -> Result<std::result::Result<[Option<Expression>; 3], Expression>> {
        let mut bounds = [None, None, None];
        if !self.is_operator(":") {
            let key = self.expression()?;
            if !self.is_operator(":") {
                return Ok(Err(key));
            }
            bounds[0] = Some(key);
        }
        for bound in &mut bounds[1..] {
            if !self.skip_operator(":")? {
                break;
            }
            if !matches!(self.current(), Token::Operator(":" | "]" | ",")) {
                *bound = Some(self.expression()?);
            }
        }
        Ok(Ok(bounds))
    }

    pub(super) fn call(&mut self, callee: Expression, start: Place) -> Result<Expression> {
        let mut arguments = self.arguments()?;
        embed(&self.code, &callee, &mut arguments);
        let place = self.since(start);
        Ok(match callee {
            Expression::Attribute(attribute) => {
                let Attribute { of, name, .. } = *attribute;
                self.code.mutates |= CHANGING.contains(&&*name);
                Expression::Method(Box::new(Method { of, name, arguments, place }))
            }
            callee => Expression::Call(Box::new(Call { callee, arguments, place })),
        })
    }

    pub(super) fn arguments(&mut self) -> Result<Arguments> {
        let start = self.place();
        self.expect_operator("(")?;
        let mut arguments = Arguments::default();
        let (mut star, mut first) = (false, true);
        while !self.is_operator(")") {
            if !first {
                self.expect_operator(",")?;
                if self.is_operator(")") {
                    break;
                }
            }
            first = false;
            let splat = !arguments.splats.is_empty();
            let mut allowed = !splat;
            if self.skip_operator("*")? {
                allowed &= !star;
                star = true;
                arguments.positional.push((true, self.expression()?));
            } else if self.skip_operator("**")? {
                arguments.splats.push(self.expression()?);
            } else if let Token::Name(name) = *self.current()
                && matches!(self.following(), Token::Operator("="))
            {
                let place = self.place();
                self.advance()?;
                self.advance()?;
                // Jinja reads this; it is Python that refuses what Jinja makes of it.
                if arguments.named.iter().any(|(given, _)| **given == *name) {
                    return Err(TemplateError::repeated(&self.code, place, name));
                }
                arguments.named.push((name.into(), self.expression()?));
            } else {
                allowed &= !star && arguments.named.is_empty();
                if allowed {
                    arguments.positional.push((false, self.expression()?));
                }
            }
            if !allowed {
                let message = "invalid syntax for function call expression";
                return Err(TemplateError::syntax(&self.code, start, message));
            }
        }
        self.expect_operator(")")?;
        Ok(arguments)
    }
}
