//! Sources that are described by a file of options: `plugin: NAME`, one file each.

use std::sync::Arc;

use super::sources::Loader;
use crate::{
    diagnostic::{Diagnostic, Source},
    yaml::Node,
};

macro_rules! registry {
    ($unit:ident: $($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static ALL: &[&$unit] = &[$(&$name::UNIT),+];
    };
}

registry! { Plugin:
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
            crate::value::Value::Str(text) => {
                matches!(text.to_lowercase().as_str(), "1" | "true" | "yes" | "on" | "y" | "t")
            }
            other => other.is_true(),
        }
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
