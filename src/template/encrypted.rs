//! Vaults in values: opening them, and whether what an expression names stands encrypted in a file, which its value
//! alone no longer shows.

use std::sync::Arc;

use super::{
    Env, TemplateError,
    evaluator::{Evaluator, Result},
    tree::Expression,
    trust::DEPTH,
};
use crate::{
    value::{Dict, Encrypted, Value},
    vault::{Decrypt, Vault},
};

impl Env<'_> {
    /// Derives the keys of all vaults in a list or a dictionary at once, on all cores.
    pub(super) fn prepare_vaults(&self, value: &Value) {
        fn collect<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
            match value {
                Value::Encrypted(vault) if vault.plain.get().is_none() => texts.push(&vault.text),
                Value::List(items) if items.is_lazy() => {
                    items.iter().for_each(|item| collect(item, texts));
                }
                Value::Dict(dict) if dict.is_lazy() => {
                    dict.values().for_each(|item| collect(item, texts));
                }
                _ => (),
            }
        }
        let Some(vault) = &self.context.vault else { return };
        let mut texts = Vec::new();
        collect(value, &mut texts);
        vault.prepare(&texts);
    }

    /// Opens a vault.
    pub(super) fn open(&self, encrypted: &Encrypted) -> Result<Value> {
        let plain = open_vault(encrypted, self.context.vault.as_deref());
        plain.map(Value::Str).map_err(|why| TemplateError::undecryptable(encrypted, why))
    }
}

/// Returns what a vault in a file says, or why it cannot be opened.
pub fn open_vault(
    encrypted: &Encrypted,
    vault: Option<&dyn Decrypt>,
) -> std::result::Result<Arc<str>, String> {
    if let Some(plain) = encrypted.plain.get() {
        return Ok(Arc::clone(plain));
    }
    let plain = match vault {
        Some(vault) => {
            if let Some(span) = &encrypted.span {
                vault.expect(&span.source.text, span.line as usize);
            }
            vault.decrypt(&encrypted.text)
        }
        None => Vault::default().decrypt(&encrypted.text),
    };
    let plain: Arc<str> = String::from_utf8_lossy(&plain?).into();
    Ok(Arc::clone(encrypted.plain.get_or_init(|| plain)))
}

impl<'e> Evaluator<'e> {
    /// Returns whether an expression names a vault's text, or makes one that is to be taken for it.
    pub(super) fn is_encrypted(&self, expression: &'e Expression) -> Result<bool> {
        if let Expression::Filter(apply) = expression
            && apply.unit.name == "vault"
        {
            let mut named = apply.arguments.named.iter();
            return match named.find(|(name, _)| &**name == "wrap_object") {
                Some((_, wanted)) => Ok(self.operand(wanted)?.is_true()),
                None => Ok(false),
            };
        }
        Ok(self.encrypted(expression)?.is_some())
    }

    /// Returns the vault's text that an expression names.
    pub(super) fn encrypted(&self, expression: &'e Expression) -> Result<Option<Arc<str>>> {
        let found = |value: Option<&Value>| value.and_then(|value| self.vault_behind(value));
        Ok(match expression {
            Expression::Name(symbol, _) => {
                let index = *symbol as usize;
                if self.slots.get(index).is_some_and(Option::is_some) {
                    return Ok(None);
                }
                found(self.env.scope.get(&self.code.names[index]).as_ref())
            }
            Expression::Attribute(node) => found(self.expression(&node.of)?.get(&node.name)),
            Expression::Item(node) => {
                let (of, key) = (self.expression(&node.of)?, self.expression(&node.key)?);
                match &*of {
                    Value::Dict(dict) => found(dict.get_value(&key)),
                    Value::List(items) => found(
                        key.as_int()
                            .and_then(|at| usize::try_from(at).ok())
                            .and_then(|at| items.get(at)),
                    ),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// Returns the vault's text that a value is, or that a template only names.
    fn vault_behind(&self, value: &Value) -> Option<Arc<str>> {
        let mut value = value.clone();
        for _ in 0..DEPTH {
            value = match value {
                Value::Encrypted(vault) => return Some(Arc::clone(&vault.text)),
                Value::Template(template) => self.env.written(&template)?,
                _ => return None,
            };
        }
        None
    }
}

impl Env<'_> {
    /// Returns a value with what is written as a vault's text, or only names one, as it is written; nothing where there is none.
    pub(crate) fn sealed(&self, written: &Value, value: &Value) -> Option<Value> {
        self.sealed_within(written, value, DEPTH)
    }

    fn sealed_within(&self, written: &Value, value: &Value, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        match (written, value) {
            (Value::Encrypted(_), _) => Some(written.clone()),
            (Value::Template(template), _) => {
                self.sealed_within(&self.written(template)?, value, depth)
            }
            (Value::Dict(written), Value::Dict(values)) => {
                let mut sealed: Option<Dict> = None;
                for (key, value) in values.iter() {
                    let written = written.get_value(key);
                    if let Some(kept) =
                        written.and_then(|written| self.sealed_within(written, value, depth))
                    {
                        let sealed = sealed.get_or_insert_with(|| (**values).clone());
                        sealed.insert(key.clone(), kept);
                    }
                }
                sealed.map(Value::from)
            }
            (Value::List(written), Value::List(values)) if written.len() == values.len() => {
                let pairs = written.iter().zip(values.iter());
                let kept: Vec<_> = pairs
                    .map(|(written, value)| self.sealed_within(written, value, depth))
                    .collect();
                kept.iter().any(Option::is_some).then(|| {
                    let values = values.iter().zip(kept);
                    Value::list(values.map(|(value, kept)| kept.unwrap_or_else(|| value.clone())))
                })
            }
            _ => None,
        }
    }
}
