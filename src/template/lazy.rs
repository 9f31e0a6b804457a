//! Lists and dictionaries whose items are templates or undefined. Comparisons are as Python's: an item is only looked at when those
//! before it have not decided. So one that cannot be evaluated is met by who gets there. A name for them leaves them as they are.

use std::sync::Arc;

use super::{
    Env, TemplateError,
    comparison::{compare, contains, is_open},
    evaluator::{Evaluator, MAX_DEPTH, Result},
    output::{Output, unstorable},
    syntax,
    tree::{Comparison, Statement},
};
use crate::value::{List, Template, Value};

impl Env<'_> {
    /// Returns what a variable's template gives. Where that is one expression that leads to a list or dictionary, the
    /// templates in it stay as they are, and so does what is undefined: it fails where it is used.
    pub(super) fn evaluate_lazily(&self, template: &Template, depth: u32) -> Result<Value> {
        self.lazily(template, depth).map_err(TemplateError::of_template)
    }

    fn lazily(&self, template: &Template, depth: u32) -> Result<Value> {
        let compiled = syntax::compiled(template)?;
        let [Statement::Emit(expression)] = &compiled.code.body[..] else {
            return self.evaluate(template, depth);
        };
        if depth > MAX_DEPTH {
            return Err(TemplateError::recursion());
        }
        let evaluator = Evaluator::new(self, &compiled.code, depth);
        let value = evaluator.expression(expression)?;
        let waits = || value.is_lazy() || value.first_undefined().is_some();
        // What no variable can hold is refused where it ends, not where it is used on the way.
        let passes = matches!(&*value, Value::Object(_)) && unstorable(&value).is_some();
        if passes || matches!(&*value, Value::List(_) | Value::Dict(_)) && waits() {
            return Ok(value.into_owned());
        }
        let mut out = Output::native();
        evaluator.emit(value, expression.place(), &mut out)?;
        Ok(compiled.with_newlines(out.into_value()?))
    }
}

impl Evaluator<'_> {
    /// Compares two values as Python does.
    pub(crate) fn compared(&self, how: Comparison, left: &Value, right: &Value) -> Result<bool> {
        if is_open(how, left, right) {
            self.compare_lazily(how, left, right)
        } else {
            compare(how, left, right)
        }
    }

    /// Compares values of which one holds templates, or something undefined.
    fn compare_lazily(&self, comparison: Comparison, left: &Value, right: &Value) -> Result<bool> {
        match comparison {
            Comparison::Equal => self.are_equal(left, right),
            Comparison::NotEqual => Ok(!self.are_equal(left, right)?),
            Comparison::In => self.is_in(right, left),
            Comparison::NotIn => Ok(!self.is_in(right, left)?),
            _ => {
                if let (Some(of_left), Some(of_right)) = (items_of(left), items_of(right)) {
                    for (left, right) in of_left.iter().zip(of_right.iter()) {
                        if !self.are_equal(left, right)? {
                            return self.compare_lazily(comparison, left, right);
                        }
                    }
                    let length = |list: &List| Value::from(list.len());
                    return compare(comparison, &length(of_left), &length(of_right));
                }
                compare(comparison, &self.met(left)?, &self.met(right)?)
            }
        }
    }

    fn are_equal(&self, left: &Value, right: &Value) -> Result<bool> {
        match (left, right) {
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                if Arc::ptr_eq(left, right) {
                    return Ok(true);
                }
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right.iter()) {
                    if !self.are_equal(left, right)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Dict(left), Value::Dict(right)) => {
                if Arc::ptr_eq(left, right) {
                    return Ok(true);
                }
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (key, left) in left.iter() {
                    match right.get_value(key) {
                        Some(right) if self.are_equal(left, right)? => (),
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            (Value::Template(_) | Value::Encrypted(_), _)
            | (_, Value::Template(_) | Value::Encrypted(_)) => {
                self.are_equal(&self.met(left)?, &self.met(right)?)
            }
            _ => compare(Comparison::Equal, left, right),
        }
    }

    fn is_in(&self, container: &Value, wanted: &Value) -> Result<bool> {
        let Some(items) = items_of(container) else {
            let wanted = self.complete(wanted.clone())?;
            return match container {
                // Only its keys matter.
                Value::Dict(_) => contains(container, &wanted),
                _ => contains(&self.complete(container.clone())?, &wanted),
            };
        };
        for item in items.iter() {
            if self.are_equal(item, wanted)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Evaluates an item; what is undefined is an error to who meets it.
    pub(super) fn met(&self, item: &Value) -> Result<Value> {
        match self.resolved(item.clone())? {
            Value::Undefined(undefined) => Err(TemplateError::from(&*undefined)),
            value => Ok(value),
        }
    }
}

fn items_of(value: &Value) -> Option<&List> {
    match value {
        Value::List(items) | Value::Tuple(items) => Some(items),
        _ => None,
    }
}
