//! All hosts, groups and variables as JSON, in the form that dynamic sources give.

use rustc_hash::FxHashSet;
use serde::Serialize;
use serde_json::{Map, Value as Json, json, ser::PrettyFormatter};

use super::{Export, host_vars, listed};
use crate::{
    inventory::{ALL, GroupId, HostId, Inventory},
    value::{Dict, Template, Value},
};

/// Returns the JSON of the hosts that were selected and of all groups; with `export` variables stay where they are said.
pub(super) fn render(
    inventory: &Inventory,
    hosts: &[HostId],
    export: Option<Export>,
    extra_vars: &Dict,
) -> String {
    let mut all = Map::new();
    let selected: FxHashSet<HostId> = hosts.iter().copied().collect();
    let mut seen = FxHashSet::default();
    let list = List { inventory, selected: &selected, export };
    list.group(ALL, &mut all, &mut seen);
    let mut of_hosts = Map::new();
    for host in hosts {
        let vars = host_vars(inventory, *host, export, extra_vars);
        if !vars.is_empty() {
            let entries = vars.iter().map(|(key, value)| {
                let key = key.key_text();
                let is_told = inventory.is_told(*host, &key);
                let value = if is_told { told(value) } else { json_of(value, Some(inventory)) };
                (key, value)
            });
            let shown = Json::Object(entries.collect());
            of_hosts.insert(inventory.host(*host).name.to_string(), shown);
        }
    }
    all.insert("_meta".to_owned(), json!({"hostvars": of_hosts, "profile": "inventory_legacy"}));
    text(&mut Json::Object(all))
}

/// Returns the JSON of one host's variables.
pub(super) fn host(vars: &Dict) -> String {
    text(&mut dict(vars, None))
}

struct List<'a> {
    inventory: &'a Inventory,
    selected: &'a FxHashSet<HostId>,
    export: Option<Export>,
}

impl List<'_> {
    /// Adds a group and those below it; one that has nothing to say is left out.
    fn group(&self, id: GroupId, all: &mut Map<String, Json>, seen: &mut FxHashSet<GroupId>) {
        if !seen.insert(id) {
            return;
        }
        let group = self.inventory.group(id);
        let mut entry = Map::new();
        if id != ALL {
            let hosts = group.hosts.iter().filter(|host| self.selected.contains(*host));
            let names: Vec<Json> =
                hosts.map(|host| (*self.inventory.host(*host).name).into()).collect();
            if !names.is_empty() {
                entry.insert("hosts".to_owned(), names.into());
            }
        }
        let children: Vec<Json> = group
            .children
            .iter()
            .map(|child| (*self.inventory.group(*child).name).into())
            .collect();
        if !children.is_empty() {
            entry.insert("children".to_owned(), children.into());
        }
        if let Some(export) = self.export {
            let vars = listed(self.inventory.group_vars(id, export.beside_playbook));
            if !vars.is_empty() {
                entry.insert("vars".to_owned(), dict(&vars, Some(self.inventory)));
            }
        }
        if !entry.is_empty() {
            all.insert(group.name.to_string(), entry.into());
        }
        for child in &group.children {
            self.group(*child, all, seen);
        }
    }
}

fn dict(vars: &Dict, marks: Option<&Inventory>) -> Json {
    Json::Object(vars.iter().map(|(key, value)| (key.key_text(), json_of(value, marks))).collect())
}

/// What came from elsewhere: every text in it says that it is no template.
fn told(value: &Value) -> Json {
    match value {
        Value::Str(text) => json!({"__ansible_unsafe": &**text}),
        Value::List(items) | Value::Tuple(items) => items.iter().map(told).collect(),
        Value::Dict(entries) => {
            entries.iter().map(|(key, value)| (key.key_text(), told(value))).collect()
        }
        other => other.to_json(),
    }
}

/// Vaults stay closed, and text that must not become a template says so with `marks`, as the reference has it.
fn json_of(value: &Value, marks: Option<&Inventory>) -> Json {
    match value {
        Value::Encrypted(encrypted) => json!({"__ansible_vault": &*encrypted.text}),
        Value::Template(template) if marks.is_some() && template.literal => {
            json!({"__ansible_unsafe": &*template.text})
        }
        Value::Str(text)
            if marks
                .is_some_and(|inventory| Template::is_in(text) || inventory.is_computed(text)) =>
        {
            json!({"__ansible_unsafe": &**text})
        }
        Value::List(items) | Value::Tuple(items) => {
            items.iter().map(|item| json_of(item, marks)).collect()
        }
        Value::Dict(entries) => dict(entries, marks),
        other => other.to_json(),
    }
}

/// Keys sorted, four spaces: as the reference writes it.
fn text(value: &mut Json) -> String {
    value.sort_all_objects();
    let mut bytes = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    value.serialize(&mut serializer).expect("JSON in memory can always be written");
    String::from_utf8_lossy(&bytes).into_owned() + "\n"
}
