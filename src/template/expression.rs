//! Evaluation of expressions.

use std::{borrow::Cow, sync::Arc};

use super::{
    ErrorKind, TemplateError,
    cells::freeze,
    comparison::compare,
    embedding,
    evaluator::{Evaluator, Result, Seen},
    filters,
    leaving::{NO_ELSE, plain},
    objects::{Bound, Module, Range, downcast, object},
    output::Output,
    plugins, tests,
    tree::{Compare, Comparison, Expression, Foreign, Kind, Place, Slice},
};
use crate::value::{Dict, List, Value, negate, positive};

pub(crate) use super::{comparison::contains, leaving::is_lenient};

impl<'e> Evaluator<'e> {
    /// Calls a plugin; apart, for each level of an expression takes its part of the stack.
    #[inline(never)]
    fn foreign(&self, node: &Foreign) -> Result<Value> {
        let input = self.expression(&node.input)?.into_owned();
        let passed = self.passed(&node.arguments)?;
        let result = plugins::call(self, node.kind, &node.name, Some(input), passed);
        late(result.map_err(|error| error.at(self.code, node.place).of_plugin()))
    }

    /// Puts out what an expression gives.
    pub(super) fn put_out(&self, expression: &'e Expression, out: &mut Output) -> Result<()> {
        let value = match self.at_hand(expression) {
            Some(value) if out.write_plain(value) => return Ok(()),
            Some(value) => Cow::Borrowed(value),
            None => match self.expression(expression) {
                Ok(value) => value,
                Err(error) if error.kind == ErrorKind::Plugin => return out.fail(error),
                Err(error) => return Err(error),
            },
        };
        self.emit(value, expression.place(), out)
    }

    /// Returns an expression's value, which may be undefined.
    #[expect(clippy::too_many_lines, reason = "one arm for each expression")]
    pub(crate) fn expression<'s>(&'s self, expression: &'e Expression) -> Result<Seen<'s>> {
        Ok(Cow::Owned(match expression {
            Expression::Const(value @ Value::Template(_)) => {
                let in_condition = self.code.kind == Kind::Expression;
                self.env.tell(embedding::warning(self.code, in_condition));
                self.env.resolve(value, self.depth)?
            }
            Expression::Const(value) => return Ok(Cow::Borrowed(value)),
            Expression::Name(symbol, place) => return self.name(*symbol, *place),
            Expression::Attribute(node) => {
                if let Some(value) = self.at_hand(expression) {
                    return Ok(Cow::Borrowed(value));
                }
                if let Some(value) = self.of_loop(node) {
                    return self.found(Ok(value), node.place).map(Cow::Owned);
                }
                let of = self.expression(&node.of)?;
                if !node.special
                    && let Some(found) = entry(&of, |dict| dict.get_near(&node.name, &node.hint))
                {
                    return self.seen(found);
                }
                let found = self.attribute(&of, &node.name);
                self.found(found, node.place)?
            }
            Expression::Item(node) => {
                if let Some(value) = self.at_hand(expression) {
                    return Ok(Cow::Borrowed(value));
                }
                let of = self.expression(&node.of)?;
                let key = self.defined(&node.key)?;
                if let Some(found) = entry(&of, |dict| dict.get_value(&key)) {
                    return self.seen(found);
                }
                let found = self.item(&of, &key);
                self.found(found, node.place)?
            }
            Expression::Slice(node) => self.slice(node)?,
            Expression::Not(operand) => Value::Bool(!self.truth(operand)?),
            Expression::Negate(node) => {
                let value = self.defined(&node.0)?;
                negate(&value).map_err(|message| self.failure(message, node.1))?
            }
            Expression::Positive(node) => {
                let value = self.defined(&node.0)?.into_owned();
                positive(value).map_err(|message| self.failure(message, node.1))?
            }
            Expression::Binary(node) => self.binary(node)?,
            Expression::Concat(parts) => self.concatenated(parts)?.into(),
            Expression::Compare(node) => Value::Bool(self.compare(node)?),
            Expression::And(node) => {
                let left = self.expression(&node.0).map_err(TemplateError::used)?;
                return if self.is_true(&left, node.0.place())? {
                    self.expression(&node.1)
                } else {
                    Ok(left)
                };
            }
            Expression::Or(node) => {
                let left = self.expression(&node.0).map_err(TemplateError::used)?;
                return if self.is_true(&left, node.0.place())? {
                    Ok(left)
                } else {
                    self.expression(&node.1)
                };
            }
            Expression::If(node) => {
                if self.truth(&node.condition)? {
                    return self.expression(&node.then);
                }
                match &node.otherwise {
                    Some(otherwise) => return self.expression(otherwise),
                    None => Value::undefined(NO_ELSE),
                }
            }
            Expression::Filter(apply) => {
                if let Some(shown) = self.shown_marks(apply)? {
                    return Ok(Cow::Owned(shown));
                }
                let input = match apply.unit.name {
                    // It opens the vault itself.
                    "unvault" => self.encrypted(&apply.input)?.map(Value::Str),
                    _ => None,
                };
                let input = match input {
                    Some(vault) => vault,
                    None => match self.expression(&apply.input) {
                        Err(error)
                            if apply.unit.name == "type_debug"
                                && error.kind == ErrorKind::Plugin =>
                        {
                            return Ok(Cow::Owned(Value::str("CapturedExceptionMarker")));
                        }
                        // It is asked of a vault that nobody can open, too.
                        Err(_)
                            if apply.unit.name == "type_debug"
                                && self.is_encrypted(&apply.input)? =>
                        {
                            return Ok(Cow::Owned(Value::str("VaultExceptionMarker")));
                        }
                        input => input?.into_owned(),
                    },
                };
                let passed = self.passed(&apply.arguments)?;
                let result = filters::apply(self, (apply.unit, apply.called), input, passed);
                match late(result.map_err(|error| error.at(self.code, apply.place)))? {
                    value if downcast::<Range>(&value).is_some() => {
                        Value::List(self.iterate(&value)?)
                    }
                    value => value,
                }
            }
            Expression::Test(apply) => {
                if apply.unit.name == "vault_encrypted" && self.is_encrypted(&apply.input)? {
                    return Ok(Cow::Owned(Value::Bool(true)));
                }
                if let Some(answer) = self.asked_marks(apply)? {
                    return Ok(Cow::Owned(Value::Bool(answer)));
                }
                let input = self.expression(&apply.input)?.into_owned();
                let passed = self.passed(&apply.arguments)?;
                let result = tests::apply(self, (apply.unit, apply.called), input, passed);
                late(result.map(Value::Bool).map_err(|error| error.at(self.code, apply.place)))?
            }
            Expression::Foreign(node) => self.foreign(node)?,
            Expression::Unknown(node) => {
                let message = node.0.trim_end_matches('.');
                return Err(self.failure(format_args!("{message} found."), node.1));
            }
            Expression::Call(_) | Expression::Method(_) => self.call_with(expression, None)?,
            Expression::List(items) => Value::List(Arc::new(self.collected(items)?)),
            Expression::Tuple(items) => Value::Tuple(Arc::new(self.collected(items)?)),
            Expression::Dict(entries) => {
                let mut dict = Dict::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.defined(key)?.into_owned();
                    if let Some(found) = key.unhashable() {
                        let message = format!("unhashable type: '{found}'");
                        return Err(TemplateError::runtime(message));
                    }
                    let value = self.operand(value)?;
                    dict.insert(key, value);
                }
                dict.into()
            }
            Expression::Input => return Ok(Cow::Borrowed(&self.input)),
        }))
    }

    /// Returns the value of an expression that may not be used: what a plugin could not do fails where it is.
    pub(super) fn operand(&self, expression: &'e Expression) -> Result<Value> {
        if let Some(value) = self.at_hand(expression) {
            return Ok(value.clone());
        }
        kept(self.expression(expression).map(Cow::into_owned))
    }

    fn collected(&self, items: &'e [Expression]) -> Result<List> {
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            list.push(self.operand(item)?);
        }
        Ok(list.into())
    }

    #[cold]
    pub(super) fn failure(&self, message: impl std::fmt::Display, place: Place) -> TemplateError {
        TemplateError::runtime(message).at(self.code, place)
    }

    /// Resolves what an access found.
    fn seen<'s>(&'s self, value: Seen<'s>) -> Result<Seen<'s>> {
        match &*value {
            Value::Template(_) | Value::Encrypted(_) => {
                self.env.resolve(&value, self.depth).map(Cow::Owned)
            }
            _ => Ok(value),
        }
    }

    /// Resolves what an access found, and says where what it did not find would have been.
    fn found(&self, value: Result<Value>, place: Place) -> Result<Value> {
        match value {
            Ok(Value::Undefined(undefined)) if undefined.span.is_none() => {
                Ok(self.code.undefined(undefined.message.clone(), place))
            }
            Ok(value) => self.resolved(value),
            Err(error) => Err(error.at(self.code, place)),
        }
    }

    /// Returns a value that is not undefined and holds no cells.
    pub(super) fn defined<'s>(&'s self, expression: &'e Expression) -> Result<Seen<'s>> {
        if let Some(value) = self.at_hand(expression) {
            return Ok(Cow::Borrowed(value));
        }
        let value = self.expression(expression).map_err(TemplateError::used)?;
        self.as_defined(value, expression)
    }

    pub(super) fn as_defined<'s>(&'s self, value: Seen<'s>, of: &Expression) -> Result<Seen<'s>> {
        match &*value {
            undefined if is_lenient(undefined) => Ok(Cow::Owned(Value::str(""))),
            Value::Undefined(undefined) => {
                Err(TemplateError::from(&**undefined).used().at(self.code, of.place()))
            }
            object @ Value::Object(_) => Ok(Cow::Owned(freeze(object))),
            _ => Ok(value),
        }
    }

    /// Returns whether an expression is true, as Python sees it.
    pub(super) fn truth(&self, expression: &'e Expression) -> Result<bool> {
        match expression {
            Expression::Compare(node) => self.compare(node),
            Expression::Not(operand) => Ok(!self.truth(operand)?),
            Expression::And(node) => Ok(self.truth(&node.0)? && self.truth(&node.1)?),
            Expression::Or(node) => Ok(self.truth(&node.0)? || self.truth(&node.1)?),
            _ => {
                if let Some(value) = self.at_hand(expression) {
                    return Ok(value.is_true());
                }
                let value = self.expression(expression).map_err(TemplateError::used)?;
                self.is_true(&value, expression.place())
            }
        }
    }

    fn is_true(&self, value: &Value, place: Place) -> Result<bool> {
        match value {
            value if is_lenient(value) => Ok(false),
            Value::Undefined(undefined) => {
                Err(TemplateError::from(&**undefined).used().at(self.code, place))
            }
            other => Ok(other.is_true()),
        }
    }

    fn compare(&self, node: &'e Compare) -> Result<bool> {
        if let [(comparison, right)] = &node.rest[..]
            && let Some(left) = self.at_hand(&node.first)
            && let Some(right) = self.at_hand(right)
            && !(left.is_lazy() || right.is_lazy())
        {
            return compare(*comparison, left, right)
                .map_err(|error| error.at(self.code, node.place));
        }
        let first = match self.expression(&node.first) {
            Ok(first) => first,
            Err(error) => return self.failed_in(error, node),
        };
        if first.is_undefined()
            && let [(Comparison::In | Comparison::NotIn, right), ..] = &node.rest[..]
        {
            // Python asks the container first.
            let right = self.defined(right)?;
            let is_empty = match &*right {
                Value::List(items) | Value::Tuple(items) => items.is_empty(),
                Value::Object(object) => object.items().is_some_and(|items| items.is_empty()),
                _ => false,
            };
            // Where there is nothing, nothing is compared with what is undefined.
            if is_empty && node.rest.len() == 1 {
                return Ok(matches!(node.rest[0].0, Comparison::NotIn));
            }
            if !matches!(&*right, Value::List(_) | Value::Tuple(_) | Value::Dict(_)) {
                contains(&right, &first).map_err(|error| error.at(self.code, node.place))?;
            }
        }
        let mut left = self.as_defined(first, &node.first)?;
        for (comparison, right) in &node.rest {
            let right = self.defined(right)?;
            let holds = self.compared(*comparison, &left, &right);
            let holds = holds.map_err(|error| error.at(self.code, node.place))?;
            if !holds {
                return Ok(false);
            }
            left = right;
        }
        Ok(true)
    }

    /// What a comparison says whose left side a plugin failed to give: Python asks first what it would be looked for in.
    #[cold]
    fn failed_in(&self, error: TemplateError, node: &'e Compare) -> Result<bool> {
        if error.kind == ErrorKind::Plugin
            && let [(how @ (Comparison::In | Comparison::NotIn), right), ..] = &node.rest[..]
        {
            match &*self.defined(right)? {
                Value::List(items) | Value::Tuple(items) if items.is_empty() => {
                    return Ok(*how == Comparison::NotIn);
                }
                Value::List(_) | Value::Tuple(_) | Value::Dict(_) => (),
                right => {
                    let asked = contains(right, &error.clone().into());
                    asked.map_err(|refused| refused.at(self.code, node.place))?;
                }
            }
        }
        Err(error.used())
    }

    fn slice(&self, node: &'e Slice) -> Result<Value> {
        let of = self.expression(&node.of)?;
        if of.is_undefined() {
            return Ok(of.into_owned());
        }
        let of = freeze(&of);
        let mut bounds = [None; 3];
        for (bound, given) in bounds.iter_mut().zip([&node.start, &node.stop, &node.step]) {
            let Some(expression) = given else { continue };
            *bound = match &*self.expression(expression)? {
                Value::None => None,
                value => {
                    if let Some(number) = value.as_int() {
                        Some(number)
                    } else if let Value::BigInt(number) = value {
                        let negative = number.sign() == num_bigint::Sign::Minus;
                        Some(if negative { i64::MIN } else { i64::MAX })
                    } else {
                        let message =
                            "slice indices must be integers or None or have an __index__ method";
                        return Err(self.failure(message, node.place));
                    }
                }
            };
        }
        let result = super::access::slice(&of, bounds);
        let found = result.map_err(|error| error.at(self.code, node.place))?;
        Ok(if self.env.markup.has(&of) { self.env.markup.mark(found) } else { found })
    }

    /// Returns a value that leaves the template: nothing undefined in it, no cells, tuples and views as lists.
    pub(super) fn finalize(&self, value: Value) -> Result<Value> {
        match value {
            Value::None
            | Value::Bool(_)
            | Value::Int(_)
            | Value::BigInt(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Bytes(_)
            | Value::Omit => Ok(value),
            value if is_lenient(&value) => Ok(value),
            Value::Undefined(undefined) => Err((&*undefined).into()),
            other => {
                if let Some(module) = downcast::<Module>(&other) {
                    return module.put_out();
                }
                let complete = self.complete(other)?;
                plain(complete, self.depth == 0)
            }
        }
    }

    /// Resolves templates at all depths; what is undefined inside stays so.
    pub(crate) fn complete(&self, value: Value) -> Result<Value> {
        match value {
            Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::None => Ok(value),
            // What a template changes in place may have got templates since.
            value if self.env.has_cells() => self.env.complete(&freeze(&value), self.depth),
            value => self.env.complete(&value, self.depth),
        }
    }

    /// Resolves a value that is itself a template.
    pub(crate) fn resolved(&self, value: Value) -> Result<Value> {
        match value {
            Value::Template(_) | Value::Encrypted(_) => self.env.resolve(&value, self.depth),
            other => Ok(other),
        }
    }
}

/// Returns an entry of a dictionary, borrowed where the dictionary is; nothing where it is none, or has none.
fn entry<'s>(
    of: &Seen<'s>,
    find: impl for<'d> FnOnce(&'d Dict) -> Option<&'d Value>,
) -> Option<Seen<'s>> {
    match of {
        Cow::Borrowed(Value::Dict(dict)) => find(dict).map(Cow::Borrowed),
        Cow::Owned(Value::Dict(dict)) => find(dict).cloned().map(Cow::Owned),
        _ => None,
    }
}

/// Returns a method as a value.
pub(crate) fn bound(of: &Value, name: &str) -> Value {
    object(Bound { of: of.clone(), name: name.into() })
}

/// What a plugin, or what was called, could not do fails when its result is used.
pub(super) fn kept(result: Result<Value>) -> Result<Value> {
    match result {
        Err(error) if error.kind == ErrorKind::Plugin => Ok(error.into()),
        other => other,
    }
}

/// What fails inside of a variable's list or dictionary fails when that is used, whatever it is.
pub(super) fn kept_inside(result: Result<Value>) -> Result<Value> {
    match result {
        Err(error) if error.kind == ErrorKind::Runtime => Ok(error.of_plugin().into()),
        other => kept(other),
    }
}

/// What is undefined in a filter, a test or a call fails when its result is used.
pub(super) fn late(result: Result<Value>) -> Result<Value> {
    match result {
        Err(error) if error.is_undefined() => Ok(error.into()),
        other => other,
    }
}
