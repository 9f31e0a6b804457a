//! `vars_prompt`: what a play asks the operator before it begins.

use super::{Loader, VarsPrompt};
use crate::{diagnostic::Diagnostic, value::Value, yaml::Node};

const KEYS: [&str; 9] =
    ["name", "prompt", "default", "private", "confirm", "encrypt", "salt", "salt_size", "unsafe"];

impl Loader<'_> {
    /// Reads `vars_prompt`.
    pub(super) fn vars_prompt(&self, node: &Node) -> Vec<VarsPrompt> {
        let Some((_, given)) = node.get("vars_prompt") else { return Vec::new() };
        let prompts = given.as_sequence().unwrap_or(std::slice::from_ref(given));
        let mut found = Vec::new();
        for prompt in prompts.iter().filter(|prompt| !prompt.is_null()) {
            if prompt.as_mapping().is_none() {
                let error = Diagnostic::error(&prompt.span, "Invalid variable file contents.");
                self.error(error.label(format!("this is {}", prompt.kind_name())));
                continue;
            }
            let Some(name) = prompt.get("name").and_then(|(_, name)| name.as_str()) else {
                self.error(
                    Diagnostic::error(
                        &prompt.span,
                        "Invalid vars_prompt data structure, missing 'name' key",
                    )
                    .label("this prompt has no name"),
                );
                continue;
            };
            if let Some((key, _)) = prompt
                .as_mapping()
                .unwrap_or_default()
                .iter()
                .find(|(key, _)| !key.as_str().is_some_and(|key| KEYS.contains(&key)))
            {
                let key_text = key.span.text();
                let message = format!(
                    "Invalid vars_prompt data structure, found unsupported key '{key_text}'"
                );
                self.error(Diagnostic::error(&key.span, message).label("no such key"));
                continue;
            }
            let value = |key: &str| prompt.get(key).map(|(_, node)| node.to_value());
            found.push(VarsPrompt {
                name: name.into(),
                prompt: value("prompt"),
                default: value("default"),
                private: value("private").is_none_or(|private| private.is_true()),
                confirm: value("confirm").is_some_and(|confirm| confirm.is_true()),
                encrypt: value("encrypt").filter(Value::is_true).map(|kind| kind.to_text()),
                salt: value("salt").filter(Value::is_true).map(|salt| salt.to_text()),
                is_unsafe: value("unsafe").is_some_and(|given| given.is_true()),
                salt_size: value("salt_size").and_then(|size| size.to_text().parse().ok()),
                span: prompt.span.clone(),
            });
        }
        found
    }
}
