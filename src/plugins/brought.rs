//! Folders of plugins beside playbooks and in roles, in the order in which they came.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// What the folders of playbooks and roles hold of plugins that the run itself loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    pub callbacks: Vec<PathBuf>,
    pub vars: Vec<PathBuf>,
    pub caches: Vec<PathBuf>,
    pub connections: Vec<PathBuf>,
    pub inventories: Vec<PathBuf>,
    pub strategies: Vec<PathBuf>,
    /// Folders `ansible_collections`.
    pub collections: Vec<PathBuf>,
}

static BROUGHT: Mutex<Brought> = Mutex::new(Brought {
    callbacks: Vec::new(),
    vars: Vec::new(),
    caches: Vec::new(),
    connections: Vec::new(),
    inventories: Vec::new(),
    strategies: Vec::new(),
    collections: Vec::new(),
});

/// Keeps the plugins of a playbook's or a role's folder in mind.
pub fn bring(folder: &Path) {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut brought = BROUGHT.lock().unwrap_or_else(PoisonError::into_inner);
    let Brought { callbacks, vars, caches, connections, inventories, strategies, collections } =
        &mut *brought;
    for (below, known) in [
        ("callback_plugins", callbacks),
        ("vars_plugins", vars),
        ("cache_plugins", caches),
        ("connection_plugins", connections),
        ("inventory_plugins", inventories),
        ("strategy_plugins", strategies),
        ("collections/ansible_collections", collections),
    ] {
        let own = folder.join(below);
        if !known.contains(&own) && own.is_dir() {
            known.push(own);
        }
    }
}

/// Returns what came with the playbooks and roles that were read so far.
pub fn brought() -> Brought {
    BROUGHT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns whether a folder has plugins in Python.
pub fn has_sources(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| {
        let name = name.to_string_lossy();
        name.ends_with(".py") && !name.starts_with(['_', '.'])
    })
}

/// Returns whether one of the folders `ansible_collections` has the collection of a plugin's whole name, with plugins of this
/// kind in it; nothing where the name names no collection.
pub fn in_collection<'a>(
    name: &str,
    kind: &str,
    roots: impl IntoIterator<Item = &'a PathBuf>,
) -> Option<bool> {
    let mut parts = name.split('.');
    let (namespace, collection, _) = (parts.next()?, parts.next()?, parts.next()?);
    let below = Path::new(namespace).join(collection).join("plugins").join(kind);
    Some(roots.into_iter().any(|root| root.join(&below).is_dir()))
}
