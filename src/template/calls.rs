//! Calls: arguments, methods, and everything that can be called.

use std::{borrow::Cow, sync::Arc};

use super::{
    TemplateError,
    evaluator::{Evaluator, MAX_DEPTH, Passed, Result},
    expression::late,
    methods,
    objects::{Bound, Cycler, Function, Joiner, Loop, Macro, downcast},
    output::Output,
    tree::{Arguments, Expression},
};
use crate::value::Value;

impl<'e> Evaluator<'e> {
    pub(super) fn passed(&self, arguments: &'e Arguments) -> Result<Passed> {
        let mut passed = Passed::default();
        passed.positional.reserve_exact(arguments.positional.len());
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
                passed.positional.push(self.operand(expression)?);
            }
        }
        for (name, expression) in &arguments.named {
            let value = self.operand(expression)?;
            passed.named.push((Arc::clone(name), value));
        }
        for expression in &arguments.splats {
            let value = self.defined(expression)?;
            let Value::Dict(dict) = &*value else {
                let found = value.type_name();
                return Err(TemplateError::runtime(format!(
                    "argument after ** must be a mapping, not {found}"
                )));
            };
            for (key, value) in dict.iter() {
                let Value::Str(key) = key else {
                    return Err(TemplateError::runtime("keywords must be strings"));
                };
                if passed.named.iter().any(|(given, _)| given == key) {
                    return Err(TemplateError::runtime(format!(
                        "call() got multiple values for keyword argument '{key}'"
                    )));
                }
                passed.named.push((Arc::clone(key), value.clone()));
            }
        }
        Ok(passed)
    }

    /// Calls; `caller` is what a `call` block hands to its macro.
    pub(super) fn call_with(
        &self,
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
                    let mut out = Output::text(true);
                    self.run_block(&block, 0, false, &mut out)?;
                    return Ok(out.into_captured());
                }
                let of = self.expression(&node.of)?;
                if of.is_undefined() {
                    return Ok(of.into_owned());
                }
                let passed = with_caller(self.passed(&node.arguments)?);
                let result = self.method(&of, &node.name, passed);
                late(result.map_err(|error| error.at(self.code, node.place).of_plugin()))
            }
            Expression::Call(node) => {
                if let Expression::Name(symbol, _) = &node.callee
                    && &*self.code.names[*symbol as usize] == "super"
                    && let Some((block, level)) = self.block.clone()
                {
                    let mut out = Output::text(true);
                    self.run_block(&block, level + 1, true, &mut out)?;
                    return Ok(out.into_captured());
                }
                let callee = self.expression(&node.callee)?;
                let passed = with_caller(self.passed(&node.arguments)?);
                let result = self.call(&callee, passed);
                late(result.map_err(|error| error.at(self.code, node.place).of_plugin()))
            }
            other => self.expression(other).map(Cow::into_owned),
        }
    }

    fn method(&self, of: &Value, name: &Arc<str>, passed: Passed) -> Result<Value> {
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
    pub(crate) fn call(&self, callee: &Value, passed: Passed) -> Result<Value> {
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
            let mut out = Output::text(true);
            let items = passed.positional.into_iter().next().unwrap_or_default();
            if self.running.len() >= MAX_DEPTH as usize {
                return Err(TemplateError::recursion());
            }
            let mut inner = self.clone();
            inner.for_loop(node, Some(items), &mut out)?;
            self.steps.set(inner.steps.get());
            return Ok(out.into_captured());
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
}
