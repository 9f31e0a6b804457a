//! YAML that a template reads: data, in which nothing is a template.

use std::sync::Arc;

use crate::{
    diagnostic::Source,
    value::{Dict, Value},
    yaml::{Node, NodeKind, parse, parse_all, words_of},
};

/// Returns the value of one document.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let source = Source::new("<unicode string>", text);
    let document = parse(&source).map_err(|error| words_of(&error, &source))?;
    Ok(document.root.as_ref().map_or(Value::None, plain))
}

/// Returns the values of all documents.
pub(crate) fn read_all(text: &str) -> Result<Vec<Value>, String> {
    let source = Source::new("<unicode string>", text);
    let roots = parse_all(&source).map_err(|error| words_of(&error, &source))?;
    Ok(roots.iter().map(plain).collect())
}

/// Returns a node as data.
pub(crate) fn plain(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Scalar(scalar) => scalar.plain_value(),
        NodeKind::Sequence(items) => Value::list(items.iter().map(plain)),
        NodeKind::Mapping(entries) => {
            let key = |node: &Node| match plain(node) {
                Value::List(items) => Value::Tuple(items),
                other => other,
            };
            let entries = entries.iter().map(|(name, value)| (key(name), plain(value)));
            Value::Dict(Arc::new(entries.collect::<Dict>()))
        }
    }
}
