//! Evaluation of expressions.

use std::sync::Arc;

use super::{
    TemplateError,
    cells::freeze,
    comparison::compare,
    evaluator::{Evaluator, MAX_DEPTH, Passed, Result},
    filters, formatting,
    leaving::{NO_ELSE, plain},
    methods,
    objects::{Bound, Cycler, Function, Joiner, Loop, Macro, Range, downcast, object},
    output::Output,
    plugins, tests,
    tree::{Arguments, Compare, Comparison, Expression, Place, Slice},
};
use crate::value::{Dict, List, Operator, Value, negate, positive};

pub(crate) use super::{comparison::contains, leaving::is_lenient};

impl<'e> Evaluator<'e> {
    /// Returns an expression's value, which may be undefined.
    #[expect(clippy::too_many_lines, reason = "one arm for each expression")]
    pub(crate) fn expression(&mut self, expression: &'e Expression) -> Result<Value> {
        match expression {
            Expression::Const(value @ Value::Template(_)) => {
                self.env.warn(
                    "Jinja constant strings should not contain embedded templates. This feature will be disabled by default in ansible-core 2.23.",
                );
                self.env.eval(value)
            }
            Expression::Const(value) => Ok(value.clone()),
            Expression::Name(symbol, place) => self.name(*symbol, *place),
            Expression::Attribute(node) => {
                let of = self.expression(&node.of)?;
                let found = self.attribute(&of, &node.name);
                self.found(found, node.place)
            }
            Expression::Item(node) => {
                let of = self.expression(&node.of)?;
                let key = self.defined(&node.key)?;
                let found = self.item(&of, &key);
                self.found(found, node.place)
            }
            Expression::Slice(node) => self.slice(node),
            Expression::Not(operand) => Ok(Value::Bool(!self.truth(operand)?)),
            Expression::Negate(node) => {
                let value = self.defined(&node.0)?;
                negate(&value).map_err(|message| self.failure(message, node.1))
            }
            Expression::Positive(node) => {
                let value = self.defined(&node.0)?;
                positive(value).map_err(|message| self.failure(message, node.1))
            }
            Expression::Binary(node) => {
                let left = self.defined(&node.left)?;
                let right = match (node.operator, &left) {
                    (Operator::Rem, Value::Str(format)) if !format.contains('%') => {
                        match self.expression(&node.right)? {
                            Value::Undefined(_) => return Ok(left),
                            right => freeze(&right),
                        }
                    }
                    _ => self.defined(&node.right)?,
                };
                let result = match (node.operator, &left) {
                    (Operator::Rem, Value::Str(format)) => {
                        if format.contains('%')
                            && let Some(undefined) = right.first_undefined()
                        {
                            return Err(TemplateError::from(&**undefined).at(self.code, node.place));
                        }
                        formatting::percent(format, &right).map(Value::from)
                    }
                    (operator, Value::Object(_)) => {
                        super::time::arithmetic(operator, &left, &right)
                            .unwrap_or_else(|| operator.apply(&left, &right))
                    }
                    (operator, _) => operator.apply(&left, &right),
                };
                result.map_err(|message| self.failure(message, node.place))
            }
            Expression::Concat(parts) => {
                let mut text = String::new();
                for part in parts {
                    let value = self.defined(part)?;
                    let value = self.complete(value)?;
                    if let Some(undefined) = value.first_undefined() {
                        return Err(TemplateError::from(&**undefined).at(self.code, part.place()));
                    }
                    value.write_text(&mut text);
                }
                Ok(text.into())
            }
            Expression::Compare(node) => self.compare(node).map(Value::Bool),
            Expression::And(node) => {
                let left = self.expression(&node.0)?;
                if self.is_true(&left, node.0.place())? {
                    self.expression(&node.1)
                } else {
                    Ok(left)
                }
            }
            Expression::Or(node) => {
                let left = self.expression(&node.0)?;
                if self.is_true(&left, node.0.place())? {
                    Ok(left)
                } else {
                    self.expression(&node.1)
                }
            }
            Expression::If(node) => {
                if self.truth(&node.condition)? {
                    return self.expression(&node.then);
                }
                match &node.otherwise {
                    Some(otherwise) => self.expression(otherwise),
                    None => Ok(Value::undefined(NO_ELSE)),
                }
            }
            Expression::Filter(apply) => {
                let input = self.expression(&apply.input)?;
                let passed = self.passed(&apply.arguments)?;
                let result = filters::apply(self, apply.unit, input, passed);
                match late(result.map_err(|error| error.at(self.code, apply.place)))? {
                    value if downcast::<Range>(&value).is_some() => {
                        self.iterate(&value).map(Value::List)
                    }
                    value => Ok(value),
                }
            }
            Expression::Test(apply) => {
                let input = self.expression(&apply.input)?;
                let passed = self.passed(&apply.arguments)?;
                tests::apply(self, apply.unit, input, passed)
                    .map(Value::Bool)
                    .map_err(|error| error.at(self.code, apply.place))
            }
            Expression::Foreign(node) => {
                let input = self.expression(&node.input)?;
                let passed = self.passed(&node.arguments)?;
                plugins::call(self, node.kind, &node.name, Some(input), passed)
                    .map_err(|error| error.at(self.code, node.place))
            }
            Expression::Unknown(node) => {
                let message = node.0.trim_end_matches('.');
                Err(self.failure(format_args!("{message} found."), node.1))
            }
            Expression::Call(_) | Expression::Method(_) => late(self.call_with(expression, None)),
            Expression::List(items) => {
                self.collected(items).map(|list| Value::List(Arc::new(list)))
            }
            Expression::Tuple(items) => {
                self.collected(items).map(|list| Value::Tuple(Arc::new(list)))
            }
            Expression::Dict(entries) => {
                let mut dict = Dict::new();
                for (key, value) in entries {
                    let key = self.defined(key)?;
                    if let Some(found) = key.unhashable() {
                        let message = format!("unhashable type: '{found}'");
                        return Err(TemplateError::runtime(message));
                    }
                    let value = self.expression(value)?;
                    dict.insert(key, value);
                }
                Ok(dict.into())
            }
            Expression::Input => Ok(self.input.clone()),
        }
    }

    fn collected(&mut self, items: &'e [Expression]) -> Result<List> {
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            list.push(self.expression(item)?);
        }
        Ok(list.into())
    }

    pub(super) fn failure(&self, message: impl std::fmt::Display, place: Place) -> TemplateError {
        TemplateError::runtime(message).at(self.code, place)
    }

    /// Resolves what an access found, and says where what it did not find would have been.
    fn found(&mut self, value: Result<Value>, place: Place) -> Result<Value> {
        match value {
            Ok(Value::Undefined(undefined)) if undefined.span.is_none() => {
                Ok(self.code.undefined(undefined.message.clone(), place))
            }
            Ok(value) => self.resolved(value),
            Err(error) => Err(error.at(self.code, place)),
        }
    }

    /// Returns a value that is not undefined and holds no cells.
    pub(super) fn defined(&mut self, expression: &'e Expression) -> Result<Value> {
        let value = self.expression(expression)?;
        self.as_defined(value, expression.place())
    }

    fn as_defined(&self, value: Value, place: Place) -> Result<Value> {
        match value {
            value if is_lenient(&value) => Ok(Value::str("")),
            Value::Undefined(undefined) => {
                Err(TemplateError::from(&*undefined).at(self.code, place))
            }
            object @ Value::Object(_) => Ok(freeze(&object)),
            value => Ok(value),
        }
    }

    /// Returns whether an expression is true, as Python sees it.
    pub(super) fn truth(&mut self, expression: &'e Expression) -> Result<bool> {
        let value = self.expression(expression)?;
        self.is_true(&value, expression.place())
    }

    fn is_true(&self, value: &Value, place: Place) -> Result<bool> {
        match value {
            value if is_lenient(value) => Ok(false),
            Value::Undefined(undefined) => {
                Err(TemplateError::from(&**undefined).at(self.code, place))
            }
            other => Ok(other.is_true()),
        }
    }

    fn compare(&mut self, node: &'e Compare) -> Result<bool> {
        let mut left = self.expression(&node.first)?;
        if left.is_undefined()
            && let [(Comparison::In | Comparison::NotIn, right), ..] = &node.rest[..]
        {
            // Python asks the container first.
            let right = self.defined(right)?;
            if !matches!(right, Value::List(_) | Value::Tuple(_) | Value::Dict(_)) {
                contains(&right, &left).map_err(|error| error.at(self.code, node.place))?;
            }
        }
        left = self.as_defined(left, node.first.place())?;
        for (comparison, right) in &node.rest {
            let right = self.defined(right)?;
            if left.is_lazy() {
                left = self.complete(left)?;
            }
            let right = if right.is_lazy() { self.complete(right)? } else { right };
            let holds = compare(*comparison, &left, &right)
                .map_err(|error| error.at(self.code, node.place))?;
            if !holds {
                return Ok(false);
            }
            left = right;
        }
        Ok(true)
    }

    fn slice(&mut self, node: &'e Slice) -> Result<Value> {
        let of = self.expression(&node.of)?;
        let of = match of {
            Value::Undefined(_) => return Ok(of),
            other => freeze(&other),
        };
        let mut bounds = [None; 3];
        for (bound, given) in bounds.iter_mut().zip([&node.start, &node.stop, &node.step]) {
            let Some(expression) = given else { continue };
            *bound = match freeze(&self.expression(expression)?) {
                Value::None => None,
                value => {
                    if let Some(number) = value.as_int() {
                        Some(number)
                    } else if let Value::BigInt(number) = &value {
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
        Ok(found)
    }

    fn passed(&mut self, arguments: &'e Arguments) -> Result<Passed> {
        let mut passed = Passed::default();
        for (splat, expression) in &arguments.positional {
            if *splat {
                let value = self.defined(expression)?;
                let items = self.iterate(&value).map_err(|_| {
                    let found = value.type_name();
                    TemplateError::runtime(format!(
                        "Value after * must be an iterable, not {found}"
                    ))
                })?;
                passed.positional.extend(items.iter().cloned());
            } else {
                passed.positional.push(self.expression(expression)?);
            }
        }
        for (name, expression) in &arguments.named {
            let value = self.expression(expression)?;
            passed.named.push((Arc::clone(name), value));
        }
        for expression in &arguments.splats {
            let value = self.defined(expression)?;
            let Value::Dict(dict) = &value else {
                let found = value.type_name();
                return Err(TemplateError::runtime(format!(
                    "argument after ** must be a mapping, not {found}"
                )));
            };
            for (key, value) in dict.iter() {
                passed.named.push((key.to_text().into(), value.clone()));
            }
        }
        Ok(passed)
    }

    /// Calls; `caller` is what a `call` block hands to its macro.
    pub(super) fn call_with(
        &mut self,
        expression: &'e Expression,
        caller: Option<Value>,
    ) -> Result<Value> {
        let with_caller = |mut passed: Passed| {
            if let Some(caller) = caller {
                passed.named.push(("caller".into(), caller));
            }
            passed
        };
        match expression {
            Expression::Method(node) => {
                if let Expression::Name(symbol, _) = &node.of
                    && &*self.code.names[*symbol as usize] == "self"
                    && let Some(block) = self.has_block(&node.name)
                {
                    let mut out = Output::text();
                    self.run_block(&block, 0, false, &mut out)?;
                    return Ok(out.into_text().into());
                }
                let of = self.expression(&node.of)?;
                if of.is_undefined() {
                    return Ok(of);
                }
                let passed = with_caller(self.passed(&node.arguments)?);
                self.method(&of, &node.name, passed)
                    .map_err(|error| error.at(self.code, node.place))
            }
            Expression::Call(node) => {
                if let Expression::Name(symbol, _) = &node.callee
                    && &*self.code.names[*symbol as usize] == "super"
                    && let Some((block, level)) = self.block.clone()
                {
                    let mut out = Output::text();
                    self.run_block(&block, level + 1, true, &mut out)?;
                    return Ok(out.into_text().into());
                }
                let callee = self.expression(&node.callee)?;
                let passed = with_caller(self.passed(&node.arguments)?);
                self.call(&callee, passed).map_err(|error| error.at(self.code, node.place))
            }
            other => self.expression(other),
        }
    }

    fn method(&mut self, of: &Value, name: &Arc<str>, passed: Passed) -> Result<Value> {
        self.step()?;
        if let Some(result) = methods::call(self, of, name, &passed) {
            let value = result?;
            return self.resolved(value);
        }
        let found = self.attribute(of, name)?;
        let found = self.resolved(found)?;
        self.call(&found, passed)
    }

    /// Calls a value.
    pub(crate) fn call(&mut self, callee: &Value, passed: Passed) -> Result<Value> {
        self.step()?;
        if callee.is_undefined() {
            return Ok(callee.clone());
        }
        if let Some(function) = downcast::<Function>(callee) {
            return (function.call)(self, passed);
        }
        if let Some(found) = downcast::<Macro>(callee) {
            return self.call_macro(found, passed);
        }
        if let Some(bound) = downcast::<Bound>(callee) {
            let of = bound.of.clone();
            return methods::call(self, &of, &bound.name, &passed).unwrap_or(Ok(Value::None));
        }
        if let Some(state) = downcast::<Loop>(callee) {
            let running = self.running.iter().rev().find(|node| Arc::ptr_eq(node, &state.node));
            let Some(node) = running.copied().filter(|node| node.recursive) else {
                return Err(TemplateError::runtime(
                    "The loop must have the 'recursive' marker to be called recursively.",
                ));
            };
            let mut out = Output::text();
            let items = passed.positional.into_iter().next().unwrap_or_default();
            if self.running.len() >= MAX_DEPTH as usize {
                return Err(TemplateError::recursion());
            }
            self.for_loop(node, Some(items), &mut out)?;
            return Ok(out.into_text().into());
        }
        if let Some(joiner) = downcast::<Joiner>(callee) {
            let used = joiner.used.swap(1, std::sync::atomic::Ordering::Relaxed);
            return Ok(if used == 0 { Value::str("") } else { joiner.separator.clone() });
        }
        if let Some(cycler) = downcast::<Cycler>(callee) {
            return Ok(cycler.next());
        }
        let found = callee.type_name();
        Err(TemplateError::runtime(format!("'{found}' object is not callable")))
    }

    /// Returns a value that leaves the template: nothing undefined in it, no cells, tuples and views as lists.
    pub(super) fn finalize(&mut self, value: Value) -> Result<Value> {
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
                let complete = self.complete(other)?;
                plain(complete)
            }
        }
    }

    /// Resolves templates at all depths; what is undefined inside stays so.
    pub(crate) fn complete(&mut self, value: Value) -> Result<Value> {
        if value.is_lazy() { self.env.complete(&value, self.depth) } else { Ok(freeze(&value)) }
    }

    /// Resolves a value that is itself a template.
    pub(crate) fn resolved(&mut self, value: Value) -> Result<Value> {
        match value {
            Value::Template(_) | Value::Encrypted(_) => self.env.resolve(&value, self.depth),
            other => Ok(other),
        }
    }
}

/// Returns a method as a value.
pub(crate) fn bound(of: &Value, name: &str) -> Value {
    object(Bound { of: of.clone(), name: name.into() })
}

/// What is undefined in a filter or a call fails when its result is used.
fn late(result: Result<Value>) -> Result<Value> {
    match result {
        Err(error) if error.is_undefined() => Ok(error.into()),
        other => other,
    }
}
