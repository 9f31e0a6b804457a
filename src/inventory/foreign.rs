//! Sources whose plugin is none of ours: an ansible-core on this machine reads them, with its collections.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{Inventory, script, sources::Loader};
use crate::{
    diagnostic::Diagnostic,
    plugins::list_source,
    value::{Dict, Value},
};

/// How the reference begins to say why a plugin could not read a source.
const FAILED: &str = "Failed to parse inventory with 'auto' plugin: ";

/// Reads a source; nothing where there is no ansible-core.
pub(super) fn read(path: &Path, loader: &mut Loader<'_>) -> Option<Result<(), Diagnostic>> {
    let listed = list_source(path, &loader.settings.working_dir, &known(&loader.inventory))?;
    let said: Vec<&str> = listed.said.split("[WARNING]: ").map(str::trim).collect();
    let Some(json) = listed.json else {
        let why = said.iter().find_map(|text| text.strip_prefix(FAILED));
        let why = why.or(said.last().copied()).and_then(|text| text.lines().next());
        return Some(Err(Diagnostic::bare(why.unwrap_or_default().to_owned())));
    };
    for text in said.iter().filter(|text| !text.is_empty()) {
        loader.warn(*text);
    }
    Some(match serde_json::from_str(&json) {
        Ok(listed) => script::adopt(path, listed, loader).map(|_| ()),
        Err(error) => Err(Diagnostic::bare(format!("{}: {error}", path.display()))),
    })
}

/// What the sources before this one said, which plugins that make groups of variables look at; nothing where they named no host.
fn known(inventory: &Inventory) -> String {
    if inventory.is_empty() {
        return String::new();
    }
    let groups = inventory.groups().map(|(_, group)| {
        let hosts: Vec<&str> = group.hosts.iter().map(|id| &*inventory.host(*id).name).collect();
        let children: Vec<&str> =
            group.children.iter().map(|id| &*inventory.group(*id).name).collect();
        let vars = variables(&group.vars);
        (group.name.to_string(), json!({"hosts": hosts, "children": children, "vars": vars}))
    });
    let groups: serde_json::Map<String, Json> = groups.collect();
    let hosts = inventory.hosts().map(|(_, host)| {
        let vars = host.vars.as_deref().map(variables);
        (host.name.to_string(), vars.unwrap_or_else(|| json!({})))
    });
    let hosts: serde_json::Map<String, Json> = hosts.collect();
    json!({"groups": groups, "hosts": hosts}).to_string()
}

/// Variables as the program takes them; what is in a vault stays here.
fn variables(vars: &Dict) -> Json {
    let open = vars.iter().filter(|(_, value)| !matches!(value, Value::Encrypted(_)));
    Json::Object(open.map(|(name, value)| (name.key_text(), told(value))).collect())
}

fn told(value: &Value) -> Json {
    match value {
        Value::Template(template) if template.literal => json!(&*template.text),
        Value::Template(template) => json!({"__windlass_template": &*template.text}),
        Value::Dict(vars) => variables(vars),
        Value::List(items) => items.iter().map(told).collect(),
        other => other.to_json(),
    }
}
