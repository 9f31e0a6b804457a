//! Sources that are described by a file of options: `plugin: NAME`, one file each.

use std::sync::Arc;

use super::{compose::Evaluation, sources::Loader};
use crate::{
    diagnostic::{Diagnostic, Source},
    value::Value,
    yaml::Node,
};

macro_rules! registry {
    ($unit:ident: $($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static ALL: &[&$unit] = &[$(&$name::UNIT),+];
    };
}

registry! { Plugin:
    aws_ec2,
    aws_rds,
    constructed,
    generator,
}

/// A kind of source.
pub(super) struct Plugin {
    /// Its names, the short one first.
    pub(super) names: &'static [&'static str],
    pub(super) read: fn(&Options<'_>, &mut Loader<'_>) -> Result<(), Diagnostic>,
}

/// What the file says.
pub(super) struct Options<'a> {
    pub(super) source: &'a Arc<Source>,
    pub(super) root: &'a Node,
}

impl<'a> Options<'a> {
    /// Returns an option that is there and is not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.root.get(name).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// Returns a switch.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        let Some(node) = self.get(name) else { return default };
        match node.to_value() {
            Value::Str(text) => {
                matches!(text.to_lowercase().as_str(), "1" | "true" | "yes" | "on" | "y" | "t")
            }
            other => other.is_true(),
        }
    }

    /// Returns the texts of an option that is a list, or a text with commas.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Diagnostic> {
        let Some(node) = self.get(name) else { return Ok(Vec::new()) };
        texts_of(name, node, &node.to_value())
    }

    /// Returns the same of an option that may hold templates without variables.
    pub(super) fn templated_texts(
        &self,
        name: &str,
        loader: &Loader<'_>,
    ) -> Result<Vec<String>, Diagnostic> {
        let Some(node) = self.get(name) else { return Ok(Vec::new()) };
        texts_of(name, node, &Evaluation::new(&Arc::default(), loader).value(node)?)
    }

    /// Returns the text of an option, empty when it is not there.
    pub(super) fn plain(&self, name: &str) -> String {
        self.get(name).map(|node| node.to_value().to_text()).unwrap_or_default()
    }

    /// Refuses a file whose name does not end as the plugin wants it.
    pub(super) fn must_end_with(&self, endings: &[&str]) -> Result<(), Diagnostic> {
        if endings.iter().any(|ending| self.source.path.ends_with(ending)) {
            return Ok(());
        }
        let plugin = self.plain("plugin");
        let message = format!(
            "inventory source '{}' could not be verified by inventory plugin '{plugin}'",
            self.source.path
        );
        Err(Diagnostic::bare(message)
            .hint(format!("its name must end in {}", endings.join(" or "))))
    }

    /// Returns filters of a service: names and the values of each.
    pub(super) fn filters(
        &self,
        name: &str,
        loader: &Loader<'_>,
    ) -> Result<Vec<(String, Vec<String>)>, Diagnostic> {
        self.get(name).map_or_else(|| Ok(Vec::new()), |node| filters(node, loader))
    }

    /// Returns the entries of an option that is a mapping.
    pub(super) fn mapping(&self, name: &str) -> Result<&'a [(Node, Node)], Diagnostic> {
        let Some(node) = self.get(name) else { return Ok(&[]) };
        node.as_mapping().ok_or_else(|| wrong_type(node, name, "dictionary"))
    }

    /// Returns the items of an option that is a list.
    pub(super) fn list(&self, name: &str) -> Result<&'a [Node], Diagnostic> {
        let Some(node) = self.get(name) else { return Ok(&[]) };
        node.as_sequence().ok_or_else(|| wrong_type(node, name, "list"))
    }
}

/// Returns the text of an option, which may be a template without variables.
pub(super) fn text_of(node: &Node, loader: &Loader<'_>) -> Result<String, Diagnostic> {
    match node.to_value() {
        Value::Str(text) => Ok(text.to_string()),
        _ => Evaluation::new(&Arc::default(), loader).text(node),
    }
}

fn texts_of(name: &str, node: &Node, value: &Value) -> Result<Vec<String>, Diagnostic> {
    match value {
        Value::Str(text) => Ok(text.split(',').map(|one| one.trim().to_owned()).collect()),
        Value::List(items) => Ok(items.iter().map(Value::to_text).collect()),
        Value::Int(number) => Ok(vec![number.to_string()]),
        _ => Err(wrong_type(node, name, "list")),
    }
}

/// Returns what a mapping of filters says.
pub(super) fn filters(
    node: &Node,
    loader: &Loader<'_>,
) -> Result<Vec<(String, Vec<String>)>, Diagnostic> {
    let Value::Dict(entries) = Evaluation::new(&Arc::default(), loader).value(node)? else {
        return Err(wrong_type(node, "filters", "dictionary"));
    };
    let text = |value: &Value| match value {
        Value::Bool(truth) => truth.to_string(),
        other => other.to_text(),
    };
    let entries = entries.iter().map(|(name, values)| {
        let values = match values {
            Value::List(items) => items.iter().map(text).collect(),
            one => vec![text(one)],
        };
        (name.to_text(), values)
    });
    Ok(entries.collect())
}

fn wrong_type(node: &Node, name: &str, expected: &str) -> Diagnostic {
    Diagnostic::error(
        &node.span,
        format!("Invalid value for option `{name}`: expected a {expected}"),
    )
    .label(format!("this is {}", node.kind_name()))
}

/// Returns the plugin of this name.
pub(super) fn find(name: &str) -> Option<&'static Plugin> {
    ALL.iter().copied().find(|plugin| plugin.names.contains(&name))
}

/// Returns all names that `plugin` may have, for hints.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|plugin| plugin.names.iter().copied())
}
