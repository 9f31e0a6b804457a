//! Which texts came from elsewhere, and which an expression of a source made: they are no templates.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{ALL, HostId, Inventory};
use crate::value::{Dict, Value};

/// Returns where a text is in memory.
fn place(text: &Arc<str>) -> usize {
    text.as_ptr() as usize
}

fn each_text(value: &Value, visit: &mut impl FnMut(&Arc<str>)) {
    match value {
        Value::Str(text) => visit(text),
        Value::List(items) | Value::Tuple(items) => {
            items.iter().for_each(|item| each_text(item, visit));
        }
        Value::Dict(entries) => entries.iter().for_each(|(_, value)| each_text(value, visit)),
        _ => (),
    }
}

/// What [`Inventory::vars_of_source`] adds to the variables of a host.
const MAGIC: [&str; 5] = [
    "group_names",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
];

impl Inventory {
    /// Returns whether all texts of a variable of a host come from elsewhere.
    pub fn is_told(&self, host: HostId, name: &str) -> bool {
        !self.told.is_empty() && self.told.contains(&(host, Arc::from(name)))
    }

    /// Returns whether an expression of a source made a text.
    pub fn is_computed(&self, text: &Arc<str>) -> bool {
        !self.computed.is_empty() && self.computed.contains_key(&place(text))
    }

    /// Remembers the texts of a value that are not among the variables of which an expression made it.
    pub(super) fn note_computed(&mut self, value: &Value, vars: &Dict) {
        let mut made = FxHashMap::default();
        each_text(value, &mut |text| {
            made.insert(place(text), Arc::clone(text));
        });
        for (key, value) in vars {
            if made.is_empty() {
                return;
            }
            // What the inventory itself says of a host is nobody's text.
            if !key.as_str().is_some_and(|key| MAGIC.contains(&key)) {
                each_text(value, &mut |text| {
                    made.remove(&place(text));
                });
            }
        }
        self.computed.extend(made);
    }

    /// Returns what the sources say of a host, and its magic variables.
    pub(super) fn vars_of_source(&self, host: HostId) -> Dict {
        let mut vars = Dict::new();
        for group in self.groups_of(host) {
            vars.combine(Dict::clone(&self.group(group).vars), self.merges());
        }
        let entry = self.host(host);
        if let Some(own) = &entry.vars {
            vars.combine(Dict::clone(own), self.merges());
        }
        let name = &entry.name;
        vars.insert("inventory_hostname", &**name);
        vars.insert("inventory_hostname_short", name.split('.').next().unwrap_or(name));
        let mut groups: Vec<&str> = self
            .groups_of(host)
            .into_iter()
            .filter(|group| *group != ALL)
            .map(|group| &*self.group(group).name)
            .collect();
        groups.sort_unstable();
        vars.insert("group_names", Value::list(groups.into_iter().map(Value::from)));
        if let Some(origin) = self.origin(host) {
            vars.insert("inventory_file", &*origin.file);
            vars.insert("inventory_dir", origin.dir.as_deref());
        }
        vars
    }
}
