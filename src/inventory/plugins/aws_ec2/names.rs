//! How hosts are named: the first of the preferences that an instance has.

use serde_json::Value as Json;

use super::{attributes::ATTRIBUTES, zones};
use crate::{
    diagnostic::Diagnostic,
    inventory::{
        amazon::{tags, value_of},
        compose::valid_name,
        plugins::Options,
    },
    value::Value,
    yaml::Node,
};

/// What `hostnames` lists.
pub(super) struct Preferences {
    list: Vec<Preference>,
    /// Whether hosts' names follow the rules of the script that was there before plugins.
    pub(super) contrib: bool,
}

struct Preference {
    name: Name,
    prefix: Option<Name>,
    separator: String,
}

enum Name {
    /// `tag:NAME` or `tag:NAME=VALUE`, several of them with commas.
    Tags(Vec<(String, Option<String>)>),
    Attribute(&'static [&'static str]),
    /// What is neither is a name as it is.
    Literal(String),
}

impl Preferences {
    pub(super) fn of(options: &Options<'_>) -> Result<Preferences, Diagnostic> {
        let mut list = Vec::new();
        match options.get("hostnames").filter(|node| node.as_sequence().is_none()) {
            Some(_) => {
                for text in options.texts("hostnames")? {
                    let name = Name::of(&text);
                    list.push(Preference { name, prefix: None, separator: String::new() });
                }
            }
            None => {
                for entry in options.list("hostnames")? {
                    list.push(Preference::of(entry)?);
                }
            }
        }
        if list.is_empty() {
            for path in [&["PublicDnsName"], &["PrivateDnsName"]] {
                let name = Name::Attribute(path);
                list.push(Preference { name, prefix: None, separator: String::new() });
            }
        }
        let contrib = options.flag("use_contrib_script_compatible_sanitization", false);
        Ok(Preferences { list, contrib })
    }

    /// Returns all names that an instance may have, the preferred one first.
    pub(super) fn names(&self, instance: &Json) -> Vec<String> {
        // Names of zones are the strongest.
        let mut names: Vec<String> =
            instance[zones::NAMES].as_str().map(str::to_owned).into_iter().collect();
        for preference in &self.list {
            for name in preference.names(instance) {
                let name = self.sanitized(&name);
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    fn sanitized(&self, name: &str) -> String {
        if name.contains(':') { valid_name(name, self.contrib) } else { name.to_owned() }
    }
}

impl Preference {
    fn of(node: &Node) -> Result<Preference, Diagnostic> {
        if let Some(text) = node.as_str() {
            return Ok(Preference { name: Name::of(text), prefix: None, separator: String::new() });
        }
        if node.as_mapping().is_none() {
            return Err(Diagnostic::error(
                &node.span,
                "Hostnames should be a list of dict and str.",
            ));
        }
        let entry = |key: &str| node.get(key).map(|(_, value)| value);
        let Some(name) = entry("name") else {
            return Err(Diagnostic::error(
                &node.span,
                "A 'name' key must be defined in a hostnames dictionary.",
            ));
        };
        let prefix = match entry("prefix") {
            Some(prefix) if !prefix.is_null() => Some(Name::of(&prefix.to_value().to_text())),
            _ => None,
        };
        Ok(Preference {
            name: Name::of(&name.to_value().to_text()),
            prefix,
            separator: entry("separator")
                .map_or_else(|| "_".to_owned(), |node| node.to_value().to_text()),
        })
    }

    fn names(&self, instance: &Json) -> Vec<String> {
        let names = self.name.values(instance);
        match self.prefix.as_ref().and_then(|prefix| prefix.values(instance).into_iter().next()) {
            Some(prefix) => {
                names.iter().map(|name| format!("{prefix}{}{name}", self.separator)).collect()
            }
            None => names,
        }
    }
}

impl Name {
    fn of(text: &str) -> Name {
        if let Some(tags) = text.strip_prefix("tag:") {
            let tags = tags.split(',').map(|tag| match tag.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (tag.to_owned(), None),
            });
            return Name::Tags(tags.collect());
        }
        match ATTRIBUTES.iter().find(|(name, _)| *name == text) {
            Some((_, path)) => Name::Attribute(path),
            None => Name::Literal(text.to_owned()),
        }
    }

    fn values(&self, instance: &Json) -> Vec<String> {
        match self {
            Name::Tags(wanted) => {
                let tags = tags(instance.get("Tags"));
                let text = |tag: &(String, Option<String>)| {
                    let value = tags.get(&tag.0)?.as_str()?.to_owned();
                    match &tag.1 {
                        Some(wanted) if *wanted == value => Some(format!("{}_{value}", tag.0)),
                        Some(_) => None,
                        None => Some(value),
                    }
                };
                wanted.iter().filter_map(text).collect()
            }
            Name::Attribute(path) => {
                let found = at_path(instance, path).map(value_of).filter(Value::is_true);
                found.map(|value| value.to_text()).into_iter().collect()
            }
            Name::Literal(text) => vec![text.clone()],
        }
    }
}

/// Returns what is at the end of a path: of the first item of a list, and of all items of a list in that.
fn at_path(instance: &Json, path: &[&str]) -> Option<Json> {
    let mut value = instance;
    let mut is_in_item = false;
    for (n, key) in path.iter().enumerate() {
        if let Some(items) = value.as_array() {
            if is_in_item {
                let mut found: Vec<Json> =
                    items.iter().filter_map(|item| at_path(item, &path[n..])).collect();
                return if found.len() == 1 { found.pop() } else { Some(found.into()) };
            }
            is_in_item = true;
            value = items.first()?;
        }
        value = value.get(*key)?;
    }
    match value {
        Json::Array(items) if !is_in_item => items.first().cloned(),
        other => Some(other.clone()),
    }
}
