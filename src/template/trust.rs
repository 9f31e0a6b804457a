//! Whose words a value is: only what operators wrote may be evaluated, not what came back from hosts.

use super::{
    Env, syntax,
    tree::{Code, Expression, Statement},
};
use crate::{
    diagnostic::Span,
    value::{Template, Value},
};

/// How many names may lead to one another where values are followed as they are written.
pub(super) const DEPTH: usize = 20;

impl Env<'_> {
    /// Returns whether a value as it is written holds only the operator's own words: no template that makes new ones.
    pub(crate) fn is_operators_own(&self, value: &Value) -> bool {
        self.is_own(value, DEPTH)
    }

    /// Returns whether a value has no words but those of what is written: a template in it may give yes, no or a number.
    pub(crate) fn is_own_as(&self, written: &Value, value: &Value) -> bool {
        match (written, value) {
            (Value::Template(_), value) if !has_text(value) => true,
            (Value::List(written), Value::List(values)) if written.len() == values.len() => written
                .iter()
                .zip(values.iter())
                .all(|(written, value)| self.is_own_as(written, value)),
            (Value::Dict(written), Value::Dict(values)) => written.iter().all(|(key, written)| {
                values.get_value(key).is_none_or(|value| self.is_own_as(written, value))
            }),
            _ => self.is_operators_own(written),
        }
    }

    /// Returns what of the value that a template only names are the operator's own words, as [`super::Scope::own_words`].
    pub(crate) fn own_words(&self, value: &Value) -> Value {
        let Value::Template(template) = value else { return Value::None };
        let Ok(compiled) = syntax::compiled(template) else { return Value::None };
        let [Statement::Emit(expression)] = &compiled.code.body[..] else { return Value::None };
        let named = path(&compiled.code, expression);
        let words = named.map(|(name, path)| words_at(self.scope.own_words(name), &path));
        words.unwrap_or_default()
    }

    /// Returns whether a template only names a value that the operator wrote.
    pub(crate) fn hands_on(&self, template: &Template) -> bool {
        self.names_own(template, DEPTH)
    }

    /// Returns where the text stands that a template gives as it is, where that is known, otherwise where the template does.
    pub(crate) fn place_of(&self, template: &Template) -> Option<Span> {
        match self.written(template) {
            Some(Value::Template(written)) if written.literal => written.span.clone(),
            _ => template.span.clone(),
        }
    }

    fn is_own(&self, value: &Value, depth: usize) -> bool {
        match value {
            Value::Template(template) => depth > 0 && self.names_own(template, depth - 1),
            Value::List(list) | Value::Tuple(list) => {
                list.iter().all(|item| self.is_own(item, depth))
            }
            Value::Dict(dict) => dict.values().all(|value| self.is_own(value, depth)),
            Value::Undefined(_) | Value::Object(_) | Value::Encrypted(_) => false,
            _ => true,
        }
    }

    fn names_own(&self, template: &Template, depth: usize) -> bool {
        self.written(template).is_some_and(|value| self.is_own(&value, depth))
    }

    /// Returns what the operator wrote where a template only names a value, templates in it as they are.
    pub(crate) fn written(&self, template: &Template) -> Option<Value> {
        let compiled = syntax::compiled(template).ok()?;
        let code = &compiled.code;
        let [Statement::Emit(expression)] = &code.body[..] else { return None };
        self.written_at(code, expression)
    }

    /// Returns whether an expression only names what the operator wrote.
    pub(super) fn owns(&self, code: &Code, expression: &Expression) -> bool {
        self.written_at(code, expression).is_some_and(|value| self.is_own(&value, DEPTH))
    }

    fn written_at(&self, code: &Code, expression: &Expression) -> Option<Value> {
        let (name, path) = path(code, expression)?;
        if !is_whole(&words_at(self.scope.own_words(name), &path)) {
            return None;
        }
        let mut value = self.scope.get(name)?;
        for key in path {
            value = entry(&value, &key)?;
        }
        Some(value)
    }
}

/// Whether something is the operator's own as a whole, as [`super::Scope::own_words`] says it.
pub(crate) fn is_whole(words: &Value) -> bool {
    matches!(words, Value::Bool(true))
}

/// Returns what [`super::Scope::own_words`] says of what a path leads to.
fn words_at(words: Value, path: &[Value]) -> Value {
    path.iter().fold(words, |words, key| match words {
        Value::Bool(_) => words,
        words => entry(&words, key).unwrap_or_default(),
    })
}

/// Returns an entry of a list or a dictionary; what a template gives is not followed.
fn entry(of: &Value, key: &Value) -> Option<Value> {
    match (of, key) {
        (Value::Dict(dict), key) => dict.get_value(key).cloned(),
        (Value::List(list) | Value::Tuple(list), Value::Int(at)) => {
            list.get(usize::try_from(*at).ok()?).cloned()
        }
        _ => None,
    }
}

fn has_text(value: &Value) -> bool {
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => false,
        Value::List(list) => list.iter().any(has_text),
        _ => true,
    }
}

/// The variable that an expression begins with, and the keys that follow, where it is nothing else.
fn path<'c>(code: &'c Code, expression: &'c Expression) -> Option<(&'c str, Vec<Value>)> {
    match expression {
        Expression::Name(symbol, _) => Some((&code.names[*symbol as usize], Vec::new())),
        Expression::Attribute(attribute) => {
            let (name, mut keys) = path(code, &attribute.of)?;
            keys.push(Value::Str(attribute.name.clone()));
            Some((name, keys))
        }
        Expression::Item(item) => {
            let Expression::Const(key) = &item.key else { return None };
            let (name, mut keys) = path(code, &item.of)?;
            keys.push(key.clone());
            Some((name, keys))
        }
        _ => None,
    }
}
