//! YAML that a template reads: data, in which nothing is a template.

use std::sync::Arc;

use crate::{
    diagnostic::Source,
    value::{Dict, Value},
    yaml::{Node, NodeKind, parse, parse_all},
};

/// Returns the value of one document.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let document = parse(&Source::new("<unicode string>", text)).map_err(|error| error.message)?;
    Ok(document.root.as_ref().map_or(Value::None, plain))
}

/// Returns the values of all documents.
pub(crate) fn read_all(text: &str) -> Result<Vec<Value>, String> {
    let roots = parse_all(&Source::new("<unicode string>", text)).map_err(|error| error.message)?;
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
