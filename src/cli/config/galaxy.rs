//! Servers of collections, as `dump` shows them.

use super::line;
use crate::{
    settings::{Catalogue, GalaxyServer, ServerOption},
    value::{Dict, Value},
};

/// Each server under its name, its options sorted.
pub(super) fn display(catalogue: &Catalogue, only_changed: bool) -> String {
    let mut text = String::new();
    for server in &catalogue.servers {
        let options = server.options.iter();
        let mut options: Vec<&ServerOption> =
            options.filter(|option| !only_changed || option.origin != "default").collect();
        options.sort_by_key(|option| option.name);
        text += if text.is_empty() { "\n\n" } else { "\n" };
        text += &format!("{}\n{}\n", server.name, "=".repeat(server.name.chars().count()));
        for option in options {
            text += &line(option.name, &option.origin, &option.value);
        }
    }
    text
}

/// All servers, sorted by their names.
pub(super) fn data(catalogue: &Catalogue) -> Value {
    let mut servers: Vec<&GalaxyServer> = catalogue.servers.iter().collect();
    servers.sort_by(|one, other| one.name.cmp(&other.name));
    let option = |option: &ServerOption| {
        Value::dict([
            ("name", Value::str(option.name)),
            ("origin", Value::str(option.origin.as_str())),
            ("type", Value::None),
            ("value", option.value.clone()),
        ])
    };
    let mut found = Dict::new();
    for server in servers {
        let options = server.options.iter().map(option).collect::<Vec<_>>();
        found.insert(server.name.as_str(), Value::list(options));
    }
    found.into()
}
