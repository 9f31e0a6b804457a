//! Macros: making, calling, and what their bodies see.

use std::sync::Arc;

use super::{
    TemplateError,
    cells::thaw,
    evaluator::{Evaluator, MAX_DEPTH, Passed, Result},
    objects::{Macro, object},
    tree::{MacroCode, Symbol},
};
use crate::value::Value;

impl<'e> Evaluator<'e> {
    pub(super) fn make_macro(&self, body: &Arc<MacroCode>) -> Value {
        object(Macro {
            code: Arc::clone(self.code),
            body: Arc::clone(body),
            root: Arc::new(self.top()),
            inner: self
                .shadowed
                .iter()
                .filter_map(|(symbol, _)| Some((*symbol, self.slots[*symbol as usize].clone()?)))
                .collect(),
            overlay: self.overlay.clone(),
            isolated: self.isolated,
        })
    }

    /// Runs a macro and returns its text.
    pub(super) fn call_macro(&self, callee: &Macro, passed: Passed) -> Result<Value> {
        self.step()?;
        if self.depth >= MAX_DEPTH {
            return Err(TemplateError::recursion());
        }
        let mut evaluator = Evaluator::new(self.env, &callee.code, self.depth + 1);
        evaluator.steps.set(self.steps.get());
        if Arc::ptr_eq(&callee.code, self.code) {
            evaluator.slots = self.top();
            if self.code.mutates {
                evaluator.known.clone_from(&self.known);
            }
        } else {
            evaluator.slots.clone_from(&callee.root);
        }
        evaluator.enter();
        for (symbol, value) in &callee.inner {
            evaluator.bind(*symbol, value.clone());
        }
        let own = own_symbol(callee);
        if let Some(symbol) = own.filter(|symbol| !evaluator.has(*symbol)) {
            evaluator.bind(symbol, object(callee.clone()));
        }
        if !callee.code.blocks.is_empty() {
            evaluator.register_blocks();
        }
        evaluator.enter();
        evaluator.overlay.clone_from(&callee.overlay);
        evaluator.isolated = callee.isolated;
        let text = evaluator.macro_body(&callee.body, passed)?;
        self.steps.set(evaluator.steps.get());
        Ok(text)
    }

    fn macro_body(&mut self, node: &'e MacroCode, passed: Passed) -> Result<Value> {
        let mut positional = passed.positional.into_iter();
        let mut named = passed.named;
        let first_default = node.parameters.len() - node.defaults.len();
        for (index, symbol) in node.parameters.iter().enumerate() {
            let name = &self.code.names[*symbol as usize];
            let given = if let Some(value) = positional.next() {
                Some(value)
            } else {
                let at = named.iter().position(|(known, _)| known == name);
                at.map(|at| named.remove(at).1)
            };
            let value = match given {
                Some(value) => value,
                None if index >= first_default => {
                    self.expression(&node.defaults[index - first_default])?.into_owned()
                }
                None => Value::undefined(format!("parameter '{name}' was not provided")),
            };
            self.bind(*symbol, if self.code.mutates { thaw(value) } else { value });
        }
        let at = named.iter().position(|(name, _)| &**name == "caller");
        // Who does not call it by its name finds it among the others.
        let caller = match node.caller.or(node.kwargs) {
            Some(symbol) if node.caller != Some(symbol) => None,
            _ => at.map(|at| named.remove(at).1),
        };
        if caller.is_some() && node.caller.is_none() {
            return Err(TemplateError::runtime(format!(
                "macro {} was invoked with two values for the special caller argument. This is most likely a bug.",
                node.shown()
            )));
        }
        if let Some(symbol) = node.caller {
            self.bind(symbol, caller.unwrap_or_else(|| Value::undefined("No caller defined")));
        }
        let rest: Vec<Value> = positional.collect();
        if let Some(symbol) = node.varargs {
            self.bind(symbol, Value::Tuple(Arc::new(rest.into())));
        } else if !rest.is_empty() {
            let (name, count) = (node.shown(), node.parameters.len());
            return Err(TemplateError::runtime(format!(
                "macro {name} takes not more than {count} argument(s)"
            )));
        }
        if let Some(symbol) = node.kwargs {
            self.bind(symbol, Value::dict(named));
        } else if let Some((key, _)) = named.first() {
            let name = node.shown();
            return Err(TemplateError::runtime(format!(
                "macro {name} takes no keyword argument '{key}'"
            )));
        }
        self.captured(&node.body)
    }
}

/// Returns the symbol of a macro's own name in the template that has it.
fn own_symbol(callee: &Macro) -> Option<Symbol> {
    let at = callee.code.names.iter().position(|name| *name == callee.body.name)?;
    Symbol::try_from(at).ok()
}
