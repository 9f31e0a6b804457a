//! Hosts that a connection plugin in Python reaches.

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Run, connect::Lookup};
use crate::{
    connection::{Plugged, Secret, Target},
    playbook::Keyword,
    plugins::{brought, in_collection, packed},
};

impl Run {
    /// Returns the target of a plugin that lies in a folder for such.
    pub(super) fn plugged_in_folder(
        &self,
        plugin: &str,
        look: &Lookup<'_>,
        host: &str,
    ) -> Result<Option<Target>, Failure> {
        let folders = self.connection_folders();
        if folders.iter().any(|folder| folder.join(format!("{plugin}.py")).is_file()) {
            return self.plugged(plugin, look, host, folders);
        }
        Ok(None)
    }

    /// Returns the target of a plugin that a collection has.
    pub(super) fn plugged_in_collection(
        &self,
        plugin: &str,
        look: &Lookup<'_>,
        host: &str,
    ) -> Result<Option<Target>, Failure> {
        if in_collection(plugin, "connection", &self.roots(look)) == Some(true) {
            return self.plugged(plugin, look, host, self.connection_folders());
        }
        Ok(None)
    }

    fn connection_folders(&self) -> Vec<PathBuf> {
        let beside = brought().connections;
        beside.into_iter().chain(self.settings.connection_plugins.value.iter().cloned()).collect()
    }

    /// The folders `ansible_collections` of a task.
    fn roots(&self, look: &Lookup<'_>) -> Vec<PathBuf> {
        let search = look.names.search_path();
        let roots = search.iter().flat_map(|dir| self.collections.roots(dir));
        let mut found: Vec<PathBuf> = Vec::new();
        for root in roots {
            if root.is_dir() && !found.iter().any(|known| *known == *root) {
                found.push(root.into_owned());
            }
        }
        found
    }

    fn plugged(
        &self,
        plugin: &str,
        look: &Lookup<'_>,
        host: &str,
        folders: Vec<PathBuf>,
    ) -> Result<Option<Target>, Failure> {
        let collections = self.roots(look);
        let told = |message: String| Failure::at(None, message);
        let carrier = self.connections.carrier();
        let Some(names) = carrier.variables(plugin, &folders, &collections).map_err(told)? else {
            return Ok(None);
        };
        let mut variables = serde_json::Map::new();
        for name in names {
            if let Some(value) = look.variable(&[&name])? {
                if name.contains("pass") {
                    self.secrets.add(&value.to_text());
                }
                variables.insert(name, packed(&value));
            }
        }
        let address = look.text(&["ansible_host"], None)?.unwrap_or_else(|| host.to_owned());
        let user = self.user(look)?;
        let port = look.text(&["ansible_port"], Some(Keyword::Port))?;
        let port = port.and_then(|port| port.trim().parse::<i64>().ok());
        let identity = &self.options.identity;
        let password = identity.password.as_ref().map(Secret::expose);
        let key = identity.private_key_file.clone();
        let timeout = identity.timeout.unwrap_or(self.settings.timeout.value);
        let shell = look.text(&["ansible_shell_type"], None)?;
        let executable = look.text(&["ansible_shell_executable"], None)?;
        let asked = json!({
            "name": plugin, "folders": folders, "collections": collections, "variables": variables,
            "config_file": self.settings.config_file,
            "keywords": {
                "connection": plugin, "remote_user": user, "port": port, "password": password,
                "private_key_file": key, "timeout": timeout,
            },
            "context": {
                "connection": plugin, "remote_addr": address, "remote_user": user, "port": port,
                "password": password, "private_key_file": key, "timeout": timeout,
                "shell": shell, "executable": executable.as_deref().unwrap_or("/bin/sh"),
                "verbosity": self.options.verbosity,
            },
        });
        let mut target = Target::plugged(address, Plugged { name: plugin.to_owned(), asked });
        host.clone_into(&mut target.inventory_name);
        target.user = user;
        Ok(Some(target))
    }
}
