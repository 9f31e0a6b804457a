//! Scopes of a template: which names have which values, and what gives them some.

use super::{
    TemplateError,
    cells::thaw,
    evaluator::{Evaluator, Result},
    objects::{Namespace, downcast},
    tree::{Symbol, Target},
};
use crate::value::Value;

/// A scope that began.
pub(super) struct Entered {
    outer: Option<usize>,
    start: usize,
}

impl Evaluator<'_> {
    /// Begins a scope; what is given to `leave` ends it, and those in it that an error left open.
    pub(super) fn enter(&mut self) -> Entered {
        let start = self.shadowed.len();
        Entered { outer: self.scope.replace(start), start }
    }

    pub(super) fn leave(&mut self, entered: Entered) {
        for (symbol, before) in self.shadowed.drain(entered.start..).rev() {
            self.slots[symbol as usize] = before;
        }
        self.scope = entered.outer;
    }

    /// Returns the values of the top level, whatever scope runs.
    pub(super) fn top(&self) -> Vec<Option<Value>> {
        let mut slots = self.slots.clone();
        for (symbol, before) in self.shadowed.iter().rev() {
            slots[*symbol as usize].clone_from(before);
        }
        slots
    }

    /// Returns whether a name has a value here.
    pub(super) fn has(&self, symbol: Symbol) -> bool {
        self.slots.get(symbol as usize).is_some_and(Option::is_some)
    }

    pub(super) fn bind(&mut self, symbol: Symbol, value: Value) {
        if self.slots.is_empty() {
            self.slots.resize(self.code.names.len(), None);
        }
        let slot = &mut self.slots[symbol as usize];
        if let Some(start) = self.scope
            && !self.shadowed[start..].iter().any(|(known, _)| *known == symbol)
        {
            self.shadowed.push((symbol, slot.take()));
        }
        *slot = Some(value);
    }

    /// Gives a loop's target its next item.
    pub(super) fn assign_item(&mut self, target: &Target, item: &Value) -> Result<()> {
        match (target, item) {
            (Target::Name(symbol), Value::Str(_) | Value::Int(_) | Value::Dict(_))
                if !self.code.mutates =>
            {
                self.bind(*symbol, item.clone());
                Ok(())
            }
            _ => self.assign(target, self.resolved(item.clone())?),
        }
    }

    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Result<()> {
        let value = if self.code.mutates { thaw(value) } else { value };
        match target {
            Target::Name(symbol) => self.bind(*symbol, value),
            Target::Attribute(symbol, name, place) => {
                let owner = self.name(*symbol, *place)?;
                match downcast::<Namespace>(&owner) {
                    Some(namespace) => namespace.set(name, value),
                    None => {
                        return Err(TemplateError::runtime(
                            "cannot assign attribute on non-namespace object",
                        )
                        .at(self.code, *place));
                    }
                }
            }
            Target::Unpack(targets, place) => {
                let items = self.iterate(&value).map_err(|mut error| {
                    if error.message.ends_with("is not iterable") {
                        let found = value.type_name();
                        error = TemplateError::runtime(format!(
                            "cannot unpack non-iterable {found} object"
                        ));
                    }
                    error.at(self.code, *place)
                })?;
                let (expected, found) = (targets.len(), items.len());
                if found != expected {
                    let message = if found < expected {
                        format!("not enough values to unpack (expected {expected}, got {found})")
                    } else {
                        format!("too many values to unpack (expected {expected})")
                    };
                    return Err(TemplateError::runtime(message).at(self.code, *place));
                }
                for (target, item) in targets.iter().zip(items.iter()) {
                    self.assign_item(target, item)?;
                }
            }
        }
        Ok(())
    }
}
