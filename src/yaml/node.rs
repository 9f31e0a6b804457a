//! A node of a document: what it is and where it stands.

use std::sync::{Arc, OnceLock};

use super::Scalar;
use crate::{
    diagnostic::Span,
    value::{Dict, Encrypted, List, Origin, Template, Value},
};

/// A scalar, a sequence or a mapping, and its place.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

/// What a node is. Children are shared, so that aliases cost nothing.
#[derive(Clone, Debug)]
pub enum NodeKind {
    Scalar(Scalar),
    Sequence(Arc<Vec<Node>>),
    /// Entries in order, merge keys resolved, of duplicate keys the last.
    Mapping(Arc<Vec<(Node, Node)>>),
}

impl Node {
    /// Returns a text node's text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(Scalar::Str(text) | Scalar::Unsafe(text)) => Some(text),
            _ => None,
        }
    }

    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.kind, NodeKind::Scalar(Scalar::Null))
    }

    /// Returns a mapping's entry: its key (for its place) and value.
    pub fn get(&self, key: &str) -> Option<(&Node, &Node)> {
        let entry = self.as_mapping()?.iter().find(|(name, _)| name.as_str() == Some(key))?;
        Some((&entry.0, &entry.1))
    }

    /// Returns what the node is called in messages: `a list`, `a mapping`, `an integer` and so on.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
            NodeKind::Scalar(Scalar::Null) => "nothing",
            NodeKind::Scalar(Scalar::Bool(_)) => "a boolean",
            NodeKind::Scalar(Scalar::Int(_) | Scalar::BigInt(_)) => "an integer",
            NodeKind::Scalar(Scalar::Float(_)) => "a number",
            NodeKind::Scalar(Scalar::Date(_) | Scalar::Time(_)) => "a date",
            NodeKind::Scalar(Scalar::Str(_) | Scalar::Unsafe(_)) => "a string",
            NodeKind::Scalar(Scalar::Bytes(_)) => "bytes",
            NodeKind::Scalar(Scalar::Vault(_)) => "a vault",
        }
    }

    /// Returns the value, with templates where the text has expressions.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar(scalar) => self.scalar_value(scalar),
            NodeKind::Sequence(items) => {
                let items = items.iter().map(|item| (item.to_value(), item.origin()));
                Value::List(Arc::new(List::with_origins(items)))
            }
            NodeKind::Mapping(entries) => {
                let mut dict = Dict::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    dict.insert_from(key.key_value(), value.to_value(), Some(value.origin()));
                }
                Value::Dict(Arc::new(dict))
            }
        }
    }

    /// Returns where the node begins.
    pub fn origin(&self) -> Origin {
        Origin::from(&self.span)
    }

    fn scalar_value(&self, scalar: &Scalar) -> Value {
        match scalar {
            Scalar::Str(text) if Template::is_in(text) => {
                Value::Template(Arc::new(Template::new(Arc::clone(text), Some(self.span.clone()))))
            }
            Scalar::Unsafe(text) => {
                let span = Some(self.span.clone());
                Value::Template(Arc::new(Template::literal(Arc::clone(text), span)))
            }
            Scalar::Vault(text) => Value::Encrypted(Arc::new(Encrypted {
                text: Arc::clone(text),
                span: Some(self.span.clone()),
                plain: OnceLock::new(),
            })),
            scalar => scalar.plain_value(),
        }
    }

    /// Makes a list of a mapping's keys: a `!!set`.
    pub(super) fn keep_keys(&mut self) {
        if let NodeKind::Mapping(entries) = &self.kind {
            let keys = entries.iter().map(|(key, _)| key.clone()).collect();
            self.kind = NodeKind::Sequence(Arc::new(keys));
        }
    }

    /// Makes pairs of the items that are mappings with one entry: `!!omap` and `!!pairs`.
    pub(super) fn pair_up(&mut self) {
        let NodeKind::Sequence(items) = &mut self.kind else { return };
        for item in Arc::make_mut(items) {
            if let Some([(key, value)]) = item.as_mapping() {
                item.kind = NodeKind::Sequence(Arc::new(vec![key.clone(), value.clone()]));
            }
        }
    }

    /// Makes every text in here one that is never a template.
    pub(super) fn distrust(&mut self) {
        match &mut self.kind {
            NodeKind::Scalar(scalar) => {
                if let Scalar::Str(text) = scalar {
                    *scalar = Scalar::Unsafe(Arc::clone(text));
                }
            }
            NodeKind::Sequence(items) => Arc::make_mut(items).iter_mut().for_each(Node::distrust),
            NodeKind::Mapping(entries) => {
                for (_, value) in Arc::make_mut(entries) {
                    value.distrust();
                }
            }
        }
    }

    /// A key is never a template, and a list as a key is a tuple.
    fn key_value(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar(scalar) => scalar.plain_value(),
            NodeKind::Sequence(items) => {
                Value::Tuple(Arc::new(items.iter().map(Node::key_value).collect()))
            }
            NodeKind::Mapping(_) => self.to_value(),
        }
    }
}
