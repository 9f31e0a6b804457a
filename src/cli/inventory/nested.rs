//! All hosts, groups and variables as an inventory of the YAML or TOML format.

use rustc_hash::FxHashSet;

use super::{Export, host_vars, listed};
use crate::{
    inventory::{ALL, GroupId, HostId, Inventory},
    value::{Dict, Value},
    yaml::{Aliases, Style, write},
};

/// What of the inventory is shown.
pub(super) struct Nested<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) selected: FxHashSet<HostId>,
    pub(super) export: Option<Export>,
    pub(super) extra_vars: &'a Dict,
}

/// Returns a value as YAML, every list and dictionary on lines of its own.
pub(super) fn yaml(value: &Value) -> Result<String, String> {
    write(value, &Style { flow: Some(false), aliases: Aliases::All, ..Style::default() })
}

/// Returns a value as TOML; what is nothing is left out, for TOML has no word for it.
pub(super) fn toml(value: &Value) -> Result<String, String> {
    fn strip(value: serde_json::Value) -> Option<serde_json::Value> {
        use serde_json::Value as Json;
        Some(match value {
            Json::Null => return None,
            Json::Array(items) => Json::Array(items.into_iter().filter_map(strip).collect()),
            Json::Object(entries) => Json::Object(
                entries.into_iter().filter_map(|(key, value)| Some((key, strip(value)?))).collect(),
            ),
            other => other,
        })
    }
    let mut json = strip(value.to_json()).unwrap_or_default();
    json.sort_all_objects();
    toml::to_string(&json).map_err(|error| error.to_string())
}

impl Nested<'_> {
    /// Returns groups within groups; a host's variables stand where it is named first.
    pub(super) fn tree(&self) -> Value {
        let mut seen = (FxHashSet::default(), FxHashSet::default());
        let mut top = Dict::new();
        if let Some(all) = self.group(ALL, &mut seen.0, &mut seen.1) {
            top.insert("all", all);
        }
        top.into()
    }

    fn group(
        &self,
        id: GroupId,
        groups: &mut FxHashSet<GroupId>,
        hosts: &mut FxHashSet<HostId>,
    ) -> Option<Value> {
        let group = self.inventory.group(id);
        let mut children = Dict::new();
        for child in &group.children {
            let name = &*self.inventory.group(*child).name;
            if !groups.insert(*child) {
                children.insert(name, Dict::new());
            } else if let Some(child) = self.group(*child, groups, hosts) {
                children.insert(name, child);
            }
        }
        let mut entry = Dict::new();
        if !children.is_empty() {
            entry.insert("children", children);
        }
        let named = self.hosts(id, hosts);
        if !named.is_empty() {
            entry.insert("hosts", named);
        }
        self.add_vars(id, &mut entry);
        (!entry.is_empty()).then(|| entry.into())
    }

    /// Adds a group's variables where they are to be exported.
    fn add_vars(&self, id: GroupId, entry: &mut Dict) {
        if let Some(export) = self.export {
            let vars = listed(self.inventory.group_vars(id, export.beside_playbook));
            if !vars.is_empty() {
                entry.insert("vars", vars);
            }
        }
    }

    fn hosts(&self, id: GroupId, seen: &mut FxHashSet<HostId>) -> Dict {
        let mut named = Dict::new();
        if id == ALL {
            return named;
        }
        for host in &self.inventory.group(id).hosts {
            if self.selected.contains(host) {
                let vars = if seen.insert(*host) { self.vars(*host) } else { Dict::new() };
                named.insert(&*self.inventory.host(*host).name, vars);
            }
        }
        named
    }

    /// Returns groups beside one another, as the TOML format has them.
    pub(super) fn tables(&self) -> Value {
        let mut hosts = FxHashSet::default();
        let mut top = Dict::new();
        for (id, group) in self.inventory.groups() {
            let mut entry = Dict::new();
            let children = group.children.iter();
            let children: Vec<Value> = children
                .map(|child| Value::from(&*self.inventory.group(*child).name))
                .filter(|name| id != ALL || name.as_str() != Some("ungrouped"))
                .collect();
            if !children.is_empty() {
                entry.insert("children", children);
            }
            let named = self.hosts(id, &mut hosts);
            if !named.is_empty() {
                entry.insert("hosts", named);
            }
            self.add_vars(id, &mut entry);
            if !entry.is_empty() {
                top.insert(&*group.name, entry);
            }
        }
        top.into()
    }

    fn vars(&self, host: HostId) -> Dict {
        let mut vars = host_vars(self.inventory, host, self.export, self.extra_vars);
        // What a source says of several hosts at once is each one's own; what it says of a group is shared.
        if let Some(own) = &self.inventory.host(host).vars {
            for (key, value) in own.iter() {
                if vars.get_value(key) == Some(value) {
                    vars.insert(key.clone(), value.apart());
                }
            }
        }
        vars
    }
}
