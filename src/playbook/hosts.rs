//! What a play's `hosts` may be.

use crate::{diagnostic::Diagnostic, value::Value, yaml::Node};

/// Returns what is wrong with it, in the reference's words; a template is judged when it is used.
pub(super) fn mistake(node: &Node) -> Option<Diagnostic> {
    let error = |message: &str| Some(Diagnostic::error(&node.span, message.to_owned()));
    let empty = "Hosts list cannot be empty. Please check your playbook";
    match node.to_value() {
        Value::None => error(empty),
        Value::Str(text) if text.is_empty() => error(empty),
        Value::List(items) if items.is_empty() => error(empty),
        Value::Str(_) | Value::Template(_) | Value::Encrypted(_) => None,
        Value::List(items) => {
            let is_text = |item: &&Value| matches!(item, Value::Str(_) | Value::Template(_));
            if items.iter().any(|item| matches!(item, Value::None)) {
                return error(
                    "Hosts list cannot contain values of 'None'. Please check your playbook",
                );
            }
            let wrong = items.iter().find(|item| !is_text(item))?;
            error(&format!("Hosts list contains an invalid host value: '{}'", wrong.to_text()))
        }
        _ => error("Hosts list must be a sequence or string. Please check your playbook."),
    }
}
