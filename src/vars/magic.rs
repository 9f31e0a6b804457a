//! Magic variables: what the run says of itself. They are stronger than any variable of the user.

use std::sync::{Arc, PoisonError};

use super::{
    Names,
    hostvars::{HostVars, Seen},
};
use crate::{
    inventory::PYTHON,
    playbook::{Keyword, Level, Role},
    value::{Dict, Value},
};

/// The version of the reference whose language this is; playbooks check it.
const VERSION: (i64, i64, i64) = (2, 19, 14);

/// Every magic variable.
pub const NAMES: &[&str] = &[
    "ansible_check_mode",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_parent_role_names",
    "ansible_parent_role_paths",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_name",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_search_path",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "environment",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_names",
    "role_path",
    "role_uuid",
];

/// Returns the value of a magic variable.
pub(super) fn get(names: &Names, name: &str) -> Option<Value> {
    // Most names are no magic ones: their first letters tell.
    if !(name.starts_with("ansible_")
        || name.starts_with("inventory_")
        || name.starts_with("group")
        || name.starts_with("host")
        || name.starts_with("play")
        || name.starts_with("role")
        || matches!(name, "vars" | "environment"))
    {
        return None;
    }
    of_host(names, name)
        .or_else(|| of_play(names, name))
        .or_else(|| of_role(names, name))
        .or_else(|| of_run(names, name))
}

fn of_host(names: &Names, name: &str) -> Option<Value> {
    let host = names.host.as_ref()?;
    let inventory = || names.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
    Some(match name {
        "inventory_hostname" => Value::Str(Arc::clone(&host.name)),
        "inventory_hostname_short" => Value::str(short_name(&host.name)),
        "ansible_facts" => names.facts().value(),
        "group_names" => {
            let inventory = inventory();
            let mut found: Vec<Arc<str>> = inventory
                .groups_of(host.id)
                .into_iter()
                .map(|id| Arc::clone(&inventory.group(id).name))
                .filter(|name| &**name != "all")
                .collect();
            found.sort();
            Value::list(found.into_iter().map(Value::Str))
        }
        "inventory_file" | "inventory_dir" => {
            let inventory = inventory();
            match inventory.origin(host.id) {
                Some(origin) if name == "inventory_file" => Value::Str(Arc::clone(&origin.file)),
                // The reference makes a text of the folder that a list of hosts has not.
                Some(origin) => origin.dir.clone().map_or_else(|| Value::str("None"), Value::Str),
                // Of the localhost that no source names nothing is said.
                None if inventory.host(host.id).implicit => return None,
                None => Value::None,
            }
        }
        _ => return None,
    })
}

fn of_play(names: &Names, name: &str) -> Option<Value> {
    let play = names.play.as_ref()?;
    let list =
        |hosts: &[Arc<str>]| Value::list(hosts.iter().map(|host| Value::Str(Arc::clone(host))));
    let active = || play.active.read().unwrap_or_else(PoisonError::into_inner);
    Some(match name {
        "ansible_play_name" => Value::Str(Arc::clone(&play.name)),
        "ansible_play_hosts_all" => list(&active().all),
        "ansible_play_hosts" => list(&active().play),
        "ansible_play_batch" | "play_hosts" => list(&active().batch),
        "playbook_dir" => {
            let dir = std::path::absolute(&play.play.dir).unwrap_or_else(|_| play.play.dir.clone());
            shown(&dir)
        }
        "ansible_play_role_names" | "ansible_role_names" | "role_names" => {
            let roles = play.roles.read().unwrap_or_else(PoisonError::into_inner);
            let mut found: Vec<Value> = Vec::new();
            for role in roles.iter() {
                let is_dependency = !role.dependents.is_empty();
                let role = Value::Str(Arc::clone(&role.name));
                let is_wanted = match name {
                    "ansible_role_names" => !found.contains(&role),
                    _ => !is_dependency,
                };
                if is_wanted {
                    found.push(role);
                }
            }
            Value::list(found)
        }
        "ansible_dependent_role_names" => {
            let roles = play.roles.read().unwrap_or_else(PoisonError::into_inner);
            let mut found: Vec<Value> = Vec::new();
            for role in roles.iter().filter(|role| !role.dependents.is_empty()) {
                let role = Value::Str(Arc::clone(&role.name));
                if !found.contains(&role) {
                    found.push(role);
                }
            }
            Value::list(found)
        }
        _ => return None,
    })
}

fn of_role(names: &Names, name: &str) -> Option<Value> {
    let level = names.level.as_ref()?;
    let role = level.role()?;
    Some(match name {
        "ansible_role_name" => Value::Str(Arc::clone(&role.name)),
        "role_name" => match &role.collection {
            Some(collection) => {
                let own = role.name.strip_prefix(&**collection);
                Value::str(own.and_then(|own| own.strip_prefix('.')).unwrap_or(&role.name))
            }
            None => Value::Str(Arc::clone(&role.name)),
        },
        // There for every role: nothing for one that is of no collection.
        "ansible_collection_name" => role.collection.clone().map_or(Value::None, Value::Str),
        "role_path" => {
            let dir = std::path::absolute(&role.dir).unwrap_or_else(|_| role.dir.clone());
            shown(&dir)
        }
        "ansible_parent_role_names" => parents(level, |role| Value::Str(Arc::clone(&role.name)))?,
        "ansible_parent_role_paths" => parents(level, |role| shown(&role.dir))?,
        _ => return None,
    })
}

/// What includes a role, the nearest first, each told by `tell`: roles that only depend on it are none.
fn parents(level: &Level, tell: impl Fn(&Role) -> Value) -> Option<Value> {
    let mut found = Vec::new();
    let mut roles = level.roles();
    let mut n_dependents = roles.next()?.dependents.len();
    for role in roles {
        if n_dependents > 0 {
            n_dependents -= 1;
        } else {
            found.push(tell(role));
            n_dependents = role.dependents.len();
        }
    }
    (!found.is_empty()).then(|| Value::list(found))
}

fn of_run(names: &Names, name: &str) -> Option<Value> {
    let settings = &names.world.settings;
    let texts = |texts: &[String]| Value::list(texts.iter().map(|text| Value::str(text.as_str())));
    Some(match name {
        "ansible_check_mode" => Value::Bool(settings.check),
        "ansible_diff_mode" => Value::Bool(settings.diff),
        "ansible_verbosity" => Value::Int(i64::from(settings.verbosity)),
        "ansible_forks" => Value::Int(settings.forks),
        "ansible_run_tags" => texts(&settings.tags.as_ref()?.0),
        "ansible_skip_tags" => texts(&settings.tags.as_ref()?.1),
        "ansible_limit" => settings.limit.as_ref().map(|limit| Value::str(limit.as_str()))?,
        "ansible_config_file" => settings
            .config_file
            .as_ref()
            .map_or(Value::None, |path| Value::str(path.display().to_string())),
        "ansible_inventory_sources" => {
            let inventory = names.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
            Value::list(inventory.sources().iter().map(|source| Value::Str(Arc::clone(source))))
        }
        "ansible_playbook_python" => Value::str(PYTHON),
        "ansible_search_path" => {
            let mut folders: Vec<Value> = Vec::new();
            for folder in names.search_path() {
                let folder = shown(&std::path::absolute(&folder).unwrap_or(folder));
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
            folders.into()
        }
        "ansible_version" => version(),
        "environment" => {
            let level = names.level.as_ref()?;
            let given = level.inherited(Keyword::Environment);
            let mut found = Vec::new();
            for (value, _) in given {
                match value {
                    Value::List(list) => found.extend(list.iter().cloned()),
                    one => found.push(one.clone()),
                }
            }
            Value::list(found)
        }
        "groups" => groups(names),
        "hostvars" => Value::Object(Arc::new(HostVars::new(names))),
        "vars" => Value::Object(Arc::new(Seen { type_name: "dict", names: names.clone() })),
        _ => return None,
    })
}

fn version() -> Value {
    let (major, minor, revision) = VERSION;
    let full = format!("{major}.{minor}.{revision}");
    Value::dict([
        ("full", Value::str(full.as_str())),
        ("major", Value::Int(major)),
        ("minor", Value::Int(minor)),
        ("revision", Value::Int(revision)),
        ("string", Value::str(full)),
    ])
}

/// `groups`, made once for each state of the inventory.
fn groups(names: &Names) -> Value {
    let world = &names.world;
    let version = world.version();
    let mut known = world.groups.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, value)) = &*known
        && *of == version
    {
        return value.clone();
    }
    let inventory = world.inventory.read().unwrap_or_else(PoisonError::into_inner);
    let mut groups = Dict::new();
    for (id, group) in inventory.groups() {
        let members = inventory
            .members(id)
            .into_iter()
            .map(|host| Value::Str(Arc::clone(&inventory.host(host).name)));
        groups.insert(&*group.name, Value::list(members));
    }
    let value = Value::from(groups);
    *known = Some((version, value.clone()));
    value
}

/// The part of a name before its first dot; an address is a name as a whole.
fn short_name(name: &str) -> &str {
    match name.parse::<std::net::IpAddr>() {
        Ok(_) => name,
        Err(_) => name.split('.').next().unwrap_or(name),
    }
}

/// A folder without `.` and `..`.
fn shown(folder: &std::path::Path) -> Value {
    Value::str(crate::paths::normal(folder).display().to_string())
}
