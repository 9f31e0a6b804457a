//! `explain HOST [VAR]`: where each variable comes from, and what it overrode.

use std::collections::BTreeMap;

use crate::{
    inventory::{HostId, Inventory, Layer, LayerKind},
    value::Value,
};

/// Returns the variables of a host, the strongest place first; only one of them where it is named.
pub(super) fn render(inventory: &Inventory, host: HostId, variable: Option<&str>) -> String {
    let mut said: BTreeMap<String, Vec<(&Layer, &Value)>> = BTreeMap::new();
    let layers = inventory.layers(host);
    for layer in layers.iter().rev() {
        for (key, value) in layer.vars.iter() {
            said.entry(key.to_text()).or_default().push((layer, value));
        }
    }
    if let Some(name) = variable {
        said.retain(|known, _| known == name);
        if said.is_empty() {
            let host = &inventory.host(host).name;
            return format!("no source says `{name}` for `{host}`\n");
        }
    }
    let mut text = String::new();
    for (name, places) in said {
        for (n, (layer, value)) in places.iter().enumerate() {
            let place = match inventory.place_of(host, layer.kind, &name) {
                Some(span) => format!("{}:{}", span.source.path, span.line + 1),
                None => "no line of a file".to_owned(),
            };
            let who = who(inventory, host, layer.kind);
            let shown = match value {
                Value::Encrypted(_) => "(vault)".to_owned(),
                value => value.to_repr(),
            };
            text += &match n {
                0 => format!("{name} = {shown}\n    {who}, {place}\n"),
                _ => format!("    overrides {shown}: {who}, {place}\n"),
            };
        }
    }
    text
}

fn who(inventory: &Inventory, host: HostId, kind: LayerKind) -> String {
    let group = |id| &inventory.group(id).name;
    match kind {
        LayerKind::Group(id) => format!("group `{}`", group(id)),
        LayerKind::InventoryGroupVars(id) => format!("group_vars of `{}`", group(id)),
        LayerKind::PlaybookGroupVars(id) => {
            format!("group_vars of `{}` beside the playbook", group(id))
        }
        LayerKind::Host => format!("host `{}`", inventory.host(host).name),
        LayerKind::InventoryHostVars => format!("host_vars of `{}`", inventory.host(host).name),
        LayerKind::PlaybookHostVars => {
            format!("host_vars of `{}` beside the playbook", inventory.host(host).name)
        }
    }
}
