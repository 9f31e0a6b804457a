//! `check`: what an inventory says without effect.

use rustc_hash::FxHashSet;

use crate::inventory::{ALL, GroupId, HostId, Inventory, LayerKind, UNGROUPED};

/// Returns one line for each doubt; nothing when there is none.
pub(super) fn render(inventory: &Inventory) -> String {
    let mut lines = Vec::new();
    for (id, group) in inventory.groups() {
        if id != ALL && id != UNGROUPED && inventory.members(id).is_empty() {
            lines.push(format!("group `{}` has no hosts", group.name));
        }
    }
    lines.extend(shadowed(inventory));
    for folder in inventory.source_folders() {
        for (kind, is_known) in [
            (
                "group_vars",
                &(|name: &str| inventory.group_id(name).is_some()) as &dyn Fn(&str) -> bool,
            ),
            ("host_vars", &|name: &str| inventory.host_id(name).is_some()),
        ] {
            let entries = std::fs::read_dir(folder.join(kind)).into_iter().flatten().flatten();
            let mut names: Vec<String> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            for file in names {
                let stem = [".yml", ".yaml", ".json"].iter().find_map(|end| file.strip_suffix(end));
                if !file.starts_with('.') && !is_known(&file) && !stem.is_some_and(is_known) {
                    let path = folder.join(kind).join(&file);
                    lines.push(format!("`{}` belongs to nothing in the inventory", path.display()));
                }
            }
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Variables of groups that something stronger replaces on every host of the group.
fn shadowed(inventory: &Inventory) -> Vec<String> {
    let mut effective: FxHashSet<(GroupId, String)> = FxHashSet::default();
    let mut said: Vec<(GroupId, String, HostId)> = Vec::new();
    let mut seen: FxHashSet<(GroupId, String)> = FxHashSet::default();
    for (host, _) in inventory.hosts() {
        let mut known: FxHashSet<String> = FxHashSet::default();
        for layer in inventory.layers(host).iter().rev() {
            for key in layer.vars.keys() {
                let key = key.to_text();
                let is_strongest = known.insert(key.clone());
                if let LayerKind::Group(group) = layer.kind {
                    if is_strongest {
                        effective.insert((group, key.clone()));
                    }
                    if seen.insert((group, key.clone())) {
                        said.push((group, key, host));
                    }
                }
            }
        }
    }
    said.retain(|(group, key, _)| !effective.contains(&(*group, key.clone())));
    let lines = said.into_iter().map(|(group, key, host)| {
        let place = inventory.place_of(host, LayerKind::Group(group), &key);
        let place = place.map(|span| format!(" ({}:{})", span.source.path, span.line + 1));
        format!(
            "`{key}` of group `{}` is replaced on every host{}",
            inventory.group(group).name,
            place.unwrap_or_default()
        )
    });
    lines.collect()
}
