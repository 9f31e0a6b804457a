//! Operators between two values, and texts one after the other.

use std::borrow::Cow;

use super::{
    TemplateError,
    cells::freeze,
    evaluator::{Evaluator, Result},
    formatting,
    leaving::is_lenient,
    tree::{Binary, Expression},
};
use crate::value::{Operator, Value};

impl<'e> Evaluator<'e> {
    pub(super) fn binary(&self, node: &'e Binary) -> Result<Value> {
        let left = self.defined(&node.left)?;
        let right = match (node.operator, &*left) {
            (Operator::Rem, Value::Str(format)) if !format.contains('%') => {
                let right = self.expression(&node.right)?;
                if right.is_undefined() {
                    return Ok(left.into_owned());
                }
                Cow::Owned(freeze(&right))
            }
            (Operator::Add | Operator::Mul, Value::List(_)) if !makes_list(&node.left) => {
                let right = self.operand(&node.right)?;
                if right.is_undefined() {
                    return Err(self.failure(refused(node.operator, &right), node.place));
                }
                self.as_defined(Cow::Owned(right), &node.right)?
            }
            _ => self.defined(&node.right)?,
        };
        let result = match (node.operator, &*left) {
            (Operator::Rem, Value::Str(format)) => {
                let right = Cow::<Value>::Owned(self.complete(right.into_owned())?);
                if format.contains('%')
                    && let Some(undefined) = right.first_undefined()
                {
                    return Err(TemplateError::from(&**undefined).used().at(self.code, node.place));
                }
                if self.env.markup.has(&left) {
                    let right = self.env.markup.escaped(&right);
                    formatting::percent(format, &right)
                        .map(|text| self.env.markup.mark(text.into()))
                } else {
                    formatting::percent(format, &right).map(Value::from)
                }
            }
            (Operator::Mul, Value::List(_))
                if right.as_int().is_none() && !makes_list(&node.left) =>
            {
                Err(refused(Operator::Mul, &right))
            }
            (operator, _)
                if matches!(&*right, Value::List(_))
                    && !makes_list(&node.right)
                    && let Some(message) = refused_from_behind(operator, &left) =>
            {
                Err(message)
            }
            (Operator::Add, Value::Str(_)) => match self.env.markup.joined(&left, &right) {
                Some(joined) => Ok(joined),
                None => Operator::Add.apply(&left, &right),
            },
            (operator, Value::Object(_)) => super::time::arithmetic(operator, &left, &right)
                .unwrap_or_else(|| operator.apply(&left, &right)),
            (operator, _) => operator.apply(&left, &right),
        };
        result.map_err(|message| self.failure(message, node.place))
    }

    pub(super) fn concatenated(&self, parts: &'e [Expression]) -> Result<String> {
        let mut text = String::new();
        for part in parts {
            let value = self.defined(part)?;
            match &*value {
                Value::Str(_) | Value::Int(_) => value.write_text(&mut text),
                _ => {
                    let value = self.complete(value.into_owned())?;
                    if let Some(undefined) = value.first_undefined() {
                        return Err(TemplateError::from(&**undefined)
                            .used()
                            .at(self.code, part.place()));
                    }
                    let shown = self.env.markup.shown(&value);
                    shown.unwrap_or(value).write_text(&mut text);
                }
            }
        }
        Ok(text)
    }
}

/// Returns whether an expression makes a list of its own. The reference's lists of variables and of calls refuse what
/// they cannot take in their own words, and before what is missing there is told.
fn makes_list(expression: &Expression) -> bool {
    match expression {
        Expression::List(_) | Expression::Const(Value::List(_)) => true,
        Expression::Binary(node) => {
            let native = node.operator == Operator::Mul || makes_list(&node.right);
            native && makes_list(&node.left)
        }
        Expression::Slice(node) => makes_list(&node.of),
        _ => false,
    }
}

/// What such a list says of what stands before it, where Python asks the list first.
fn refused_from_behind(operator: Operator, left: &Value) -> Option<String> {
    let is_number = matches!(left, Value::Int(_) | Value::BigInt(_) | Value::Bool(_));
    match operator {
        Operator::Mul if !is_number => Some(refused(operator, left)),
        Operator::Add if is_number || matches!(left, Value::Float(_) | Value::Object(_)) => {
            Some("'NotImplementedType' object is not iterable".to_owned())
        }
        _ => None,
    }
}

/// What such a list says of what cannot be added to it, or of what it cannot be repeated by.
fn refused(operator: Operator, right: &Value) -> String {
    let found = if is_lenient(right) { "Undefined" } else { right.type_name() };
    match operator {
        Operator::Mul if matches!(right, Value::BigInt(_)) => {
            format!("cannot fit '{found}' into an index-sized integer")
        }
        Operator::Mul => format!("'{found}' object cannot be interpreted as an integer"),
        _ => format!("can only concatenate list (not \"{found}\") to list"),
    }
}
