//! What statements give values to: names, attributes of namespaces, several at once, parameters of macros.

use super::{
    lexer::Token,
    parser::{Parser, Result},
    tree::{Expression, Symbol, Target},
};
use crate::value::Value;

impl Parser<'_> {
    pub(super) fn signature(&mut self) -> Result<(Vec<Symbol>, Vec<Expression>)> {
        self.expect_operator("(")?;
        let (mut parameters, mut defaults) = (Vec::new(), Vec::new());
        while !self.is_operator(")") {
            if !parameters.is_empty() {
                self.expect_operator(",")?;
            }
            let name = self.expect_name()?;
            parameters.push(self.assigned(name));
            if self.skip_operator("=")? {
                defaults.push(self.expression()?);
            } else if !defaults.is_empty() {
                return Err(self.fail("non-default argument follows default argument"));
            }
        }
        self.expect_operator(")")?;
        Ok((parameters, defaults))
    }

    /// Reads what a value is given to: a name, an attribute of a namespace, or several to unpack into.
    pub(super) fn target(&mut self, attributes: bool) -> Result<Target> {
        let start = self.place();
        let mut targets = Vec::new();
        let mut is_tuple = false;
        loop {
            if !targets.is_empty() {
                self.expect_operator(",")?;
            }
            if self.is_tuple_end(&[]) {
                break;
            }
            targets.push(self.one_target(attributes)?);
            if !self.is_operator(",") {
                break;
            }
            is_tuple = true;
        }
        if !is_tuple {
            if let Some(target) = targets.pop() {
                return Ok(target);
            }
            let found = Value::str(self.current().described()).to_repr();
            return Err(self.fail(format!("Expected an expression, got {found}")));
        }
        Ok(Target::Unpack(targets, self.since(start)))
    }

    fn one_target(&mut self, attributes: bool) -> Result<Target> {
        let start = self.place();
        match *self.current() {
            Token::Name("true" | "false" | "none" | "True" | "False" | "None") => {
                Err(self.fail("can't assign to 'const'"))
            }
            Token::Name(name) => {
                self.advance()?;
                if attributes && self.skip_operator(".")? {
                    let attribute = self.expect_name()?;
                    let place = self.since(start);
                    return Ok(Target::Attribute(self.symbol(name), attribute.into(), place));
                }
                Ok(Target::Name(self.assigned(name)))
            }
            Token::Operator("(") => {
                self.advance()?;
                let mut targets = Vec::new();
                let mut is_tuple = false;
                while !self.is_operator(")") {
                    if !targets.is_empty() {
                        self.expect_operator(",")?;
                        if self.is_operator(")") {
                            break;
                        }
                    }
                    targets.push(self.one_target(attributes)?);
                    is_tuple |= self.is_operator(",");
                }
                self.expect_operator(")")?;
                match targets.pop() {
                    Some(only) if !is_tuple => Ok(only),
                    last => {
                        targets.extend(last);
                        Ok(Target::Unpack(targets, self.since(start)))
                    }
                }
            }
            _ => {
                let expression = self.primary()?;
                let found = match expression {
                    Expression::Const(_) => "const",
                    Expression::List(_) => "list",
                    Expression::Dict(_) => "dict",
                    _ => "tuple",
                };
                Err(self.fail(format!("can't assign to '{found}'")))
            }
        }
    }

    pub(super) fn is_tuple_end(&self, ends: &[&str]) -> bool {
        match self.current() {
            Token::VariableEnd | Token::BlockEnd | Token::Operator(")") => true,
            Token::Name(name) => ends.contains(name),
            _ => false,
        }
    }
}
