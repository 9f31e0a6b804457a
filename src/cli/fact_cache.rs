//! Where facts are kept between runs: files of ours, or what a cache plugin in Python makes of it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value as Json, json};

use super::{
    prepare::{ERROR, Refusal},
    terminal,
};
use crate::{
    diagnostic::Diagnostic,
    plugins::{Served, brought, in_collection, installed_where, packed},
    settings::Settings,
    vars::{FactCache, Keeper},
    yaml,
};

/// Returns the cache that the settings name, or nothing where facts end with the run.
pub(super) fn fact_cache(settings: &Settings) -> Result<Option<FactCache>, Refusal> {
    let refuse = |message: String| Refusal::new(ERROR, Diagnostic::bare(message));
    let name = settings.fact_caching.value.as_str();
    match name.strip_prefix("ansible.builtin.").unwrap_or(name) {
        "memory" => Ok(None),
        "jsonfile" => {
            let Some(folder) = &settings.fact_caching_connection.value else {
                return Err(refuse("error, 'jsonfile' cache plugin requires the 'fact_caching_connection' config option to be set (to a writeable directory path)".to_owned()));
            };
            // The reference's files have no prefix unless somebody gives one, whatever the default says.
            let prefix = &settings.fact_caching_prefix;
            let prefix = if prefix.origin.is_set() { prefix.value.as_str() } else { "" };
            let cache =
                FactCache::open(Path::new(folder), prefix, settings.fact_caching_timeout.value);
            cache.map(Some).map_err(|error| {
                refuse(format!("error in 'jsonfile' cache plugin while trying to create cache dir {folder} : {error}"))
            })
        }
        _ => {
            let plugin = Plugin::load(name, settings);
            if plugin.is_none() {
                // Facts are then gathered anew, as the reference does.
                terminal::complain(&format!(
                    "[WARNING]: Unable to load the cache plugin '{name}'."
                ));
            }
            Ok(plugin.map(|plugin| FactCache::kept_by(Arc::new(plugin))))
        }
    }
}

/// A cache plugin, in a Python of its own.
#[derive(Debug)]
struct Plugin {
    name: String,
    python: Mutex<Served>,
}

impl Plugin {
    fn load(name: &str, settings: &Settings) -> Option<Plugin> {
        let brought = brought();
        let folders: Vec<PathBuf> =
            brought.caches.iter().chain(&settings.cache_plugins.value).cloned().collect();
        let installed = installed_where(settings.collections_scan_sys_path.value);
        let collections = settings.collection_roots();
        let roots: Vec<&PathBuf> =
            brought.collections.iter().chain(&collections).chain(installed()).collect();
        // No Python starts for a name that no file can have.
        let in_collection = in_collection(name, "cache", roots.iter().copied());
        let short = name.strip_prefix("ansible.legacy.").unwrap_or(name);
        let is_there = in_collection.unwrap_or(false)
            || folders.iter().any(|folder| folder.join(format!("{short}.py")).is_file());
        if !is_there {
            return None;
        }
        let python = Served::caches().map_err(|message| said(name, &message)).ok()?;
        let plugin = Plugin { name: name.to_owned(), python: Mutex::new(python) };
        let loaded = plugin.exchange(json!({
            "do": "load", "name": short, "folders": folders, "collections": roots,
            "deprecations": settings.deprecation_warnings.value, "config_file": settings.config_file,
        }));
        (loaded? == true).then_some(plugin)
    }

    /// Asks the plugin for something; what it fails of is told, and the run goes on without.
    fn exchange(&self, message: Json) -> Option<Json> {
        let mut python = self.python.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = python.exchange(message, &mut documentation);
        let failed = |message: &str| said(&self.name, message);
        let mut answered = answered.map_err(|message| failed(&message)).ok()?;
        if let Some(message) = answered["error"].as_str() {
            failed(message);
            return None;
        }
        Some(answered["value"].take())
    }
}

/// Tells a plugin in Python what its documentation holds.
pub(super) fn documentation(asked: &Json) -> Json {
    match yaml::value("DOCUMENTATION", asked["text"].as_str().unwrap_or_default()) {
        Ok(value) => json!({"value": packed(&value)}),
        Err(error) => json!({"error": error.message}),
    }
}

fn said(name: &str, message: &str) {
    terminal::complain(&format!("[WARNING]: The cache plugin '{name}' failed: {message}"));
}

impl Keeper for Plugin {
    fn get(&self, key: &str) -> Option<String> {
        let text = self.exchange(json!({"do": "get", "key": key}))?;
        text.as_str().map(ToOwned::to_owned)
    }

    fn set(&self, key: &str, text: &str) {
        self.exchange(json!({"do": "set", "key": key, "text": text}));
    }

    fn delete(&self, key: &str) {
        self.exchange(json!({"do": "delete", "key": key}));
    }
}
