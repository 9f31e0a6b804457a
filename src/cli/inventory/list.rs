//! All hosts, groups and variables as JSON, in the form that dynamic sources give.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Export, host_vars, listed};
use crate::{
    inventory::{ALL, GroupId, HostId, Inventory},
    output::dump,
    value::{Dict, List, Template, Value},
};

/// Returns the JSON of the hosts that were selected and of all groups; with `export` variables stay where they are said.
pub(super) fn render(
    inventory: &Inventory,
    hosts: &[HostId],
    export: Option<Export>,
    extra_vars: &Dict,
) -> String {
    let mut all = Dict::new();
    let selected: FxHashSet<HostId> = hosts.iter().copied().collect();
    let mut seen = FxHashSet::default();
    let list = Lister { inventory, selected: &selected, export };
    list.group(ALL, &mut all, &mut seen);
    let mut of_hosts = Dict::new();
    for host in hosts {
        let vars = host_vars(inventory, *host, export, extra_vars);
        if !vars.is_empty() {
            let entries = vars.iter().map(|(key, value)| {
                let is_told = inventory.is_told(*host, &key.key_text());
                let value = if is_told { told(value) } else { marked(value, Some(inventory)) };
                (key.clone(), value)
            });
            of_hosts.insert(&*inventory.host(*host).name, Value::dict(entries));
        }
    }
    let mut meta = Dict::new();
    meta.insert("hostvars", of_hosts);
    meta.insert("profile", "inventory_legacy");
    all.insert("_meta", meta);
    text(&all)
}

/// Returns the JSON of one host's variables.
pub(super) fn host(vars: &Dict) -> String {
    text(&dict(vars, None))
}

/// The key that says of a text that it is no template.
const UNSAFE: &str = "__ansible_unsafe";

struct Lister<'a> {
    inventory: &'a Inventory,
    selected: &'a FxHashSet<HostId>,
    export: Option<Export>,
}

impl Lister<'_> {
    /// Adds a group and those below it; one that has nothing to say is left out.
    fn group(&self, id: GroupId, all: &mut Dict, seen: &mut FxHashSet<GroupId>) {
        if !seen.insert(id) {
            return;
        }
        let group = self.inventory.group(id);
        let mut entry = Dict::new();
        if id != ALL {
            let hosts = group.hosts.iter().filter(|host| self.selected.contains(*host));
            let names: List = hosts
                .map(|host| Value::Str(Arc::clone(&self.inventory.host(*host).name)))
                .collect();
            if !names.is_empty() {
                entry.insert("hosts", names);
            }
        }
        if !group.children.is_empty() {
            let children = group.children.iter();
            let names =
                children.map(|child| Value::Str(Arc::clone(&self.inventory.group(*child).name)));
            entry.insert("children", Value::list(names));
        }
        if let Some(export) = self.export {
            let vars = listed(self.inventory.group_vars(id, export.beside_playbook));
            if !vars.is_empty() {
                entry.insert("vars", dict(&vars, Some(self.inventory)));
            }
        }
        if !entry.is_empty() {
            all.insert(&*group.name, entry);
        }
        for child in &group.children {
            self.group(*child, all, seen);
        }
    }
}

fn dict(vars: &Dict, marks: Option<&Inventory>) -> Dict {
    vars.iter().map(|(key, value)| (key.clone(), marked(value, marks))).collect()
}

fn entry(key: &str, text: &Arc<str>) -> Value {
    Value::dict([(Value::str(key), Value::Str(Arc::clone(text)))])
}

/// What came from elsewhere: every text in it says that it is no template.
fn told(value: &Value) -> Value {
    match value {
        Value::Str(text) => entry(UNSAFE, text),
        Value::List(items) | Value::Tuple(items) => Value::list(items.iter().map(told)),
        Value::Dict(entries) => {
            Value::dict(entries.iter().map(|(key, value)| (key.clone(), told(value))))
        }
        other => other.clone(),
    }
}

/// Vaults stay closed, and text that must not become a template says so with `marks`, as the reference has it.
fn marked(value: &Value, marks: Option<&Inventory>) -> Value {
    match value {
        Value::Encrypted(encrypted) => entry("__ansible_vault", &encrypted.text),
        Value::Template(template) if marks.is_some() && template.literal => {
            entry(UNSAFE, &template.text)
        }
        Value::Str(text)
            if marks
                .is_some_and(|inventory| Template::is_in(text) || inventory.is_computed(text)) =>
        {
            entry(UNSAFE, text)
        }
        Value::List(items) | Value::Tuple(items) => {
            Value::list(items.iter().map(|item| marked(item, marks)))
        }
        Value::Dict(entries) => dict(entries, marks).into(),
        other => other.clone(),
    }
}

/// Keys sorted, four spaces: as the reference writes it.
fn text(all: &Dict) -> String {
    dump(all, Some(4)) + "\n"
}
