//! Jinja's expressions, from the loosest binding to the tightest.

use std::{borrow::Cow, sync::Arc};

use num_bigint::BigInt;

use super::{
    embedding::is_allowed,
    escapes::unescaped,
    filters,
    lexer::Token,
    parser::{Parser, Result},
    plugins::{self, Kind},
    tests,
    tree::{
        Apply, Arguments, Binary, Compare, Comparison, Conditional, Expression, Foreign, Missing,
        Place,
    },
    units::called,
};
use crate::value::{List, Operator, Template, Value};

impl Parser<'_> {
    /// Reads an expression, or several that commas make a tuple.
    pub(super) fn tuple(&mut self, conditional: bool, ends: &[&str]) -> Result<Expression> {
        self.tuple_in(conditional, ends, false)
    }

    fn tuple_in(
        &mut self,
        conditional: bool,
        ends: &[&str],
        parenthesized: bool,
    ) -> Result<Expression> {
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            if self.is_tuple_end(ends) {
                break;
            }
            items.push(if conditional { self.expression()? } else { self.deeper(Self::or)? });
            if !self.is_operator(",") {
                break;
            }
            is_tuple = true;
        }
        if !is_tuple {
            if let Some(item) = items.pop() {
                return Ok(item);
            }
            if !parenthesized {
                let found = Value::str(self.current().described()).to_repr();
                return Err(self.fail(format!("Expected an expression, got {found}")));
            }
        }
        Ok(Expression::Tuple(items))
    }

    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.deeper(|parser| {
            let mark = parser.unknown.len();
            let mut value = parser.or()?;
            while parser.skip_name("if")? {
                let condition = parser.or()?;
                let otherwise =
                    if parser.skip_name("else")? { Some(parser.expression()?) } else { None };
                parser.soften(mark);
                value = Expression::If(Box::new(Conditional { condition, then: value, otherwise }));
            }
            Ok(value)
        })
    }

    /// What does not exist in a condition's branch is an error only when it is reached.
    pub(super) fn soften(&mut self, mark: usize) {
        let soft = self.unknown.drain(mark..);
        self.code.unknown.extend(soft.map(|missing| (missing.message, missing.named)));
    }

    pub(super) fn or(&mut self) -> Result<Expression> {
        let mut left = self.and()?;
        while self.skip_name("or")? {
            self.link()?;
            left = Expression::Or(Box::new((left, self.and()?)));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression> {
        let mut left = self.not()?;
        while self.skip_name("and")? {
            self.link()?;
            left = Expression::And(Box::new((left, self.not()?)));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expression> {
        if self.skip_name("not")? {
            let operand = self.deeper(Self::not)?;
            return Ok(Expression::Not(Box::new(operand)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expression> {
        let start = self.place();
        let first = self.sum()?;
        let mut rest = Vec::new();
        loop {
            let comparison = match *self.current() {
                Token::Operator("==") => Comparison::Equal,
                Token::Operator("!=") => Comparison::NotEqual,
                Token::Operator("<") => Comparison::Less,
                Token::Operator("<=") => Comparison::LessEqual,
                Token::Operator(">") => Comparison::Greater,
                Token::Operator(">=") => Comparison::GreaterEqual,
                Token::Name("in") => Comparison::In,
                Token::Name("not") if matches!(self.following(), Token::Name("in")) => {
                    self.advance()?;
                    Comparison::NotIn
                }
                _ => break,
            };
            self.advance()?;
            rest.push((comparison, self.sum()?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Expression::Compare(Box::new(Compare { first, rest, place: self.since(start) })))
    }

    fn sum(&mut self) -> Result<Expression> {
        let start = self.place();
        let mut left = self.concatenation()?;
        loop {
            let operator = match *self.current() {
                Token::Operator("+") => Operator::Add,
                Token::Operator("-") => Operator::Sub,
                _ => return Ok(left),
            };
            self.link()?;
            self.advance()?;
            let right = self.concatenation()?;
            left = self.binary(operator, left, right, start);
        }
    }

    fn binary(
        &self,
        operator: Operator,
        left: Expression,
        right: Expression,
        start: Place,
    ) -> Expression {
        Expression::Binary(Box::new(Binary { operator, left, right, place: self.since(start) }))
    }

    fn concatenation(&mut self) -> Result<Expression> {
        let first = self.product()?;
        if !self.is_operator("~") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.skip_operator("~")? {
            parts.push(self.product()?);
        }
        Ok(Expression::Concat(parts))
    }

    fn product(&mut self) -> Result<Expression> {
        let start = self.place();
        let mut left = self.power()?;
        loop {
            let operator = match *self.current() {
                Token::Operator("*") => Operator::Mul,
                Token::Operator("/") => Operator::Div,
                Token::Operator("//") => Operator::FloorDiv,
                Token::Operator("%") => Operator::Rem,
                _ => return Ok(left),
            };
            self.link()?;
            self.advance()?;
            let right = self.power()?;
            left = self.binary(operator, left, right, start);
        }
    }

    fn power(&mut self) -> Result<Expression> {
        let start = self.place();
        let mut left = self.unary(true)?;
        while self.skip_operator("**")? {
            self.link()?;
            let right = self.unary(true)?;
            left = self.binary(Operator::Pow, left, right, start);
        }
        Ok(left)
    }

    fn unary(&mut self, filtered: bool) -> Result<Expression> {
        let start = self.place();
        let node = match *self.current() {
            Token::Operator("-") => {
                self.advance()?;
                let operand = self.deeper(|parser| parser.unary(false))?;
                match operand {
                    // The number itself, unless it would not fit.
                    Expression::Const(Value::Int(number)) => Expression::Const(Value::Int(-number)),
                    operand => Expression::Negate(Box::new((operand, self.since(start)))),
                }
            }
            Token::Operator("+") => {
                self.advance()?;
                let operand = self.deeper(|parser| parser.unary(false))?;
                Expression::Positive(Box::new((operand, self.since(start))))
            }
            _ => {
                let found = constant(self.primary()?);
                if let Expression::Const(value) = &found {
                    self.code.constants.extend(crate::yaml::place(value));
                }
                found
            }
        };
        let node = self.postfix(node, start)?;
        if filtered { self.filtered(node, start) } else { Ok(node) }
    }

    pub(super) fn primary(&mut self) -> Result<Expression> {
        let place = self.place();
        let value = match *self.current() {
            Token::Name("true" | "True") => Value::Bool(true),
            Token::Name("false" | "False") => Value::Bool(false),
            Token::Name("none" | "None") => Value::None,
            Token::Name(name) => {
                self.advance()?;
                return Ok(Expression::Name(self.symbol(name), place));
            }
            Token::Text(_) => {
                let mut text = String::new();
                while let Token::Text(part) = *self.current() {
                    let newline = &self.code.options.newline_sequence;
                    let part = if newline != "\n" && part.contains(['\n', '\r']) {
                        let part = part.replace("\r\n", "\n").replace('\r', "\n");
                        part.replace('\n', newline).into()
                    } else {
                        Cow::Borrowed(part)
                    };
                    if self.raw {
                        text.push_str(&part);
                    } else {
                        text.push_str(&unescaped(&part).map_err(|message| self.unread(message))?);
                    }
                    self.advance()?;
                }
                // In a condition a text that is a template is one, as it was before there were expressions.
                if self.embedding && is_allowed() && Template::is_in(&text) {
                    let template = Template::new(text, self.code.span.clone());
                    return Ok(Expression::Const(Value::Template(Arc::new(template))));
                }
                return Ok(Expression::Const(text.into()));
            }
            Token::Integer(digits) => integer(digits),
            Token::Float(digits) => {
                Value::Float(digits.replace('_', "").parse().unwrap_or(f64::NAN))
            }
            Token::Operator("(") => {
                self.advance()?;
                let inner = self.tuple_in(true, &[], true)?;
                self.expect_operator(")")?;
                return Ok(inner);
            }
            Token::Operator("[") => return self.list(),
            Token::Operator("{") => return self.dict(),
            ref other => {
                let found = Value::str(other.described()).to_repr();
                return Err(self.fail(format!("unexpected {found}")));
            }
        };
        self.advance()?;
        Ok(Expression::Const(value))
    }

    fn list(&mut self) -> Result<Expression> {
        self.expect_operator("[")?;
        let mut items = Vec::new();
        while !self.is_operator("]") {
            if !items.is_empty() {
                self.expect_operator(",")?;
                if self.is_operator("]") {
                    break;
                }
            }
            items.push(self.expression()?);
        }
        self.expect_operator("]")?;
        Ok(Expression::List(items))
    }

    fn dict(&mut self) -> Result<Expression> {
        self.expect_operator("{")?;
        let mut entries = Vec::new();
        while !self.is_operator("}") {
            if !entries.is_empty() {
                self.expect_operator(",")?;
                if self.is_operator("}") {
                    break;
                }
            }
            let key = self.expression()?;
            self.expect_operator(":")?;
            entries.push((key, self.expression()?));
        }
        self.expect_operator("}")?;
        Ok(Expression::Dict(entries))
    }

    fn postfix(&mut self, mut node: Expression, start: Place) -> Result<Expression> {
        loop {
            node = match *self.current() {
                Token::Operator("." | "[") => self.subscript(node, start)?,
                Token::Operator("(") => self.call(node, start)?,
                _ => return Ok(node),
            };
            self.link()?;
        }
    }

    fn filtered(&mut self, mut node: Expression, start: Place) -> Result<Expression> {
        loop {
            node = match *self.current() {
                Token::Operator("|") => self.filters(node, start)?,
                Token::Name("is") => self.test(node, start)?,
                Token::Operator("(") => self.call(node, start)?,
                _ => return Ok(node),
            };
            self.link()?;
        }
    }

    fn dotted_name(&mut self) -> Result<String> {
        let mut name = self.expect_name()?.to_owned();
        while self.skip_operator(".")? {
            name.push('.');
            name.push_str(self.expect_name()?);
        }
        Ok(name)
    }

    /// Reads the filters of a `filter` block.
    pub(super) fn inline_filters(&mut self) -> Result<Expression> {
        let start = self.place();
        let first = self.filter(Expression::Input, start)?;
        self.filters(first, start)
    }

    pub(super) fn filters(&mut self, mut node: Expression, start: Place) -> Result<Expression> {
        while self.skip_operator("|")? {
            self.link()?;
            node = self.filter(node, start)?;
        }
        Ok(node)
    }

    fn filter(&mut self, input: Expression, start: Place) -> Result<Expression> {
        let named = self.place();
        let name = self.dotted_name()?;
        let named = self.since(named);
        let arguments =
            if self.is_operator("(") { self.arguments()? } else { Arguments::default() };
        let place = self.since(start);
        Ok(match filters::ours(&name) {
            Some(unit) => {
                let called = called(unit, &name);
                Expression::Filter(Box::new(Apply { unit, called, input, arguments, place }))
            }
            None => self.foreign(Kind::Filter, (name, named), input, arguments, place),
        })
    }

    /// Somebody else's filter or test, or one that does not exist.
    fn foreign(
        &mut self,
        kind: Kind,
        (name, named): (String, Place),
        input: Expression,
        arguments: Arguments,
        place: Place,
    ) -> Expression {
        if plugins::has(kind, &name) {
            let name = name.into();
            return Expression::Foreign(Box::new(Foreign { kind, name, input, arguments, place }));
        }
        let message = format!("No {kind} named '{name}'.");
        // It is told of before what it is applied to, and before its arguments.
        let before = self.unknown.iter().position(|known| known.from >= place.start);
        let unknown = Missing { message: message.clone(), named, from: place.start };
        self.unknown.insert(before.unwrap_or(self.unknown.len()), unknown);
        Expression::Unknown(Box::new((message, named)))
    }

    fn test(&mut self, input: Expression, start: Place) -> Result<Expression> {
        self.advance()?;
        let negated = self.skip_name("not")?;
        let named = self.place();
        let name = self.dotted_name()?;
        let named = self.since(named);
        let arguments = if self.is_operator("(") {
            self.arguments()?
        } else if self.test_argument_follows() {
            if self.is_name("is") {
                return Err(self.fail("You cannot chain multiple tests with is"));
            }
            let at = self.place();
            let argument = self.primary()?;
            let argument = self.postfix(argument, at)?;
            Arguments { positional: vec![(false, argument)], ..Arguments::default() }
        } else {
            Arguments::default()
        };
        let place = self.since(start);
        let node = match tests::ours(&name) {
            Some(unit) => {
                let called = called(unit, &name);
                Expression::Test(Box::new(Apply { unit, called, input, arguments, place }))
            }
            None => self.foreign(Kind::Test, (name, named), input, arguments, place),
        };
        Ok(if negated { Expression::Not(Box::new(node)) } else { node })
    }

    fn test_argument_follows(&self) -> bool {
        match self.current() {
            Token::Name(name) => !matches!(*name, "else" | "or" | "and"),
            Token::Text(_) | Token::Integer(_) | Token::Float(_) => true,
            Token::Operator(operator) => matches!(*operator, "(" | "[" | "{"),
            _ => false,
        }
    }
}

/// Makes one value of a list or a tuple of literals, so that it is made once.
fn constant(expression: Expression) -> Expression {
    let literal = |item: &Expression| match item {
        // A text that is a template is none in a condition.
        Expression::Const(Value::Str(text)) => !Template::is_in(text),
        Expression::Const(value) => !matches!(value, Value::Template(_)),
        _ => false,
    };
    match expression {
        Expression::List(items) if items.iter().all(literal) => {
            Expression::Const(Value::List(Arc::new(literals(items))))
        }
        Expression::Tuple(items) if items.iter().all(literal) => {
            Expression::Const(Value::Tuple(Arc::new(literals(items))))
        }
        other => other,
    }
}

fn literals(items: Vec<Expression>) -> List {
    let values = items.into_iter().map(|item| match item {
        Expression::Const(value) => value,
        _ => Value::None,
    });
    values.collect()
}

/// Reads an integer with its prefix and underscores.
pub(super) fn integer(digits: &str) -> Value {
    let digits = digits.replace('_', "").to_ascii_lowercase();
    let (radix, rest) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    BigInt::parse_bytes(rest.as_bytes(), radix).map_or(Value::None, Value::from)
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn integers_have_prefixes_and_underscores() {
        for (text, number) in [("0x1F", 31), ("0b_101", 5), ("1_000", 1000), ("00", 0)] {
            assert_eq!(integer(text), Value::Int(number), "{text}");
        }
    }
}
