//! Whether what an expression names stands encrypted in a file: its value alone no longer shows that.

use super::{
    evaluator::{Evaluator, Result},
    tree::Expression,
    trust::DEPTH,
};
use crate::value::Value;

impl<'e> Evaluator<'e> {
    /// Returns whether a variable, or what lies in one, is a vault's text.
    pub(super) fn is_encrypted(&self, expression: &'e Expression) -> Result<bool> {
        let is = |value: Option<&Value>| value.is_some_and(|value| self.leads_to_vault(value));
        Ok(match expression {
            Expression::Name(symbol, _) => {
                let index = *symbol as usize;
                let is_own = self.slots.get(index).is_some_and(Option::is_some);
                !is_own && is(self.env.scope.get(&self.code.names[index]).as_ref())
            }
            Expression::Attribute(node) => is(self.expression(&node.of)?.get(&node.name)),
            Expression::Item(node) => {
                let (of, key) = (self.expression(&node.of)?, self.expression(&node.key)?);
                match &*of {
                    Value::Dict(dict) => is(dict.get_value(&key)),
                    Value::List(items) => is(key
                        .as_int()
                        .and_then(|at| usize::try_from(at).ok())
                        .and_then(|at| items.get(at))),
                    _ => false,
                }
            }
            Expression::Filter(apply) if apply.unit.name == "vault" => {
                let mut named = apply.arguments.named.iter();
                match named.find(|(name, _)| &**name == "wrap_object") {
                    Some((_, wanted)) => self.operand(wanted)?.is_true(),
                    None => false,
                }
            }
            _ => false,
        })
    }

    /// Returns whether a value is a vault's text, or a template that only names one.
    fn leads_to_vault(&self, value: &Value) -> bool {
        let mut value = value.clone();
        for _ in 0..DEPTH {
            value = match value {
                Value::Encrypted(_) => return true,
                Value::Template(template) => match self.env.written(&template) {
                    Some(written) => written,
                    None => return false,
                },
                _ => return false,
            };
        }
        false
    }
}
