//! What is left of a value without what is undefined in it.

use std::sync::Arc;

use super::{Env, evaluator::Result, syntax, trust::DEPTH};
use crate::value::{List, Template, Value};

impl Env<'_> {
    /// Returns the value with all templates in it evaluated, without items and entries that are undefined.
    pub(crate) fn eval_present(&self, value: &Value) -> Result<Value> {
        match self.present(value, DEPTH)? {
            Some(value) => Ok(value),
            None => self.eval(value),
        }
    }

    fn present(&self, value: &Value, depth: usize) -> Result<Option<Value>> {
        match value {
            Value::List(list) | Value::Tuple(list) => {
                let items = list.iter().filter_map(|item| self.present(item, depth).transpose());
                Ok(Some(Value::List(Arc::new(items.collect::<Result<List>>()?))))
            }
            Value::Dict(dict) => {
                let entries = dict.iter().filter_map(|(key, value)| {
                    let value = self.present(value, depth).transpose()?;
                    Some(value.map(|value| (key.clone(), value)))
                });
                Ok(Some(Value::dict(entries.collect::<Result<Vec<_>>>()?)))
            }
            Value::Template(template) if depth > 0 => match self.written(template) {
                Some(written @ (Value::List(_) | Value::Dict(_))) => {
                    self.present(&written, depth - 1)
                }
                _ => match self.defined(value)? {
                    None => self.holding(template, depth - 1),
                    found => Ok(found),
                },
            },
            other => self.defined(other),
        }
    }

    /// What a template makes with something undefined in it.
    fn holding(&self, template: &Template, depth: usize) -> Result<Option<Value>> {
        match self.raw(&syntax::compiled(template)?.code) {
            Ok(Some(made @ (Value::List(_) | Value::Tuple(_) | Value::Dict(_)))) => {
                self.present(&made, depth)
            }
            _ => Ok(None),
        }
    }

    fn defined(&self, value: &Value) -> Result<Option<Value>> {
        match self.eval(value) {
            Ok(Value::Omit) => Ok(None),
            Err(error) if error.is_undefined() => Ok(None),
            other => other.map(Some),
        }
    }
}
