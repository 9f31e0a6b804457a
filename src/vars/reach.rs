//! Variables that say how a host is reached, where nobody set them: other names of the same thing, keywords, options and
//! settings stand in for them. They are there while an action is decided on, not in a task's name or loop.

use std::sync::PoisonError;

use super::Names;
use crate::{
    inventory::LOCALHOST,
    playbook::Keyword,
    value::{Dict, Value},
};

/// The names of each property, and the keyword that has a value for it.
const PROPERTIES: [(&[&str], Option<Keyword>); 9] = [
    (&["ansible_ssh_host", "ansible_host"], None),
    (&["ansible_ssh_user", "ansible_user"], Some(Keyword::RemoteUser)),
    (&["ansible_connection"], Some(Keyword::Connection)),
    (&["ansible_ssh_port", "ansible_port"], None),
    (&["ansible_ssh_timeout", "ansible_timeout"], None),
    (&["ansible_ssh_pass", "ansible_password"], None),
    (&["ansible_ssh_private_key_file", "ansible_private_key_file"], None),
    (&["ansible_ssh_pipelining", "ansible_pipelining"], None),
    (&["ansible_shell_executable"], None),
];

/// What options and settings say of how hosts are reached, by the last name of each property.
pub type ReachedBy = Dict;

impl Names {
    /// Returns every name of a property.
    pub fn reach_variables() -> impl Iterator<Item = &'static str> {
        PROPERTIES.iter().flat_map(|(names, _)| names.iter().copied())
    }

    /// Returns the value of a connection variable that no layer has.
    pub(super) fn reach_variable(&self, name: &str) -> Option<Value> {
        if !self.acting {
            return None;
        }
        let (names, keyword) = PROPERTIES.iter().find(|(names, _)| names.contains(&name))?;
        if let Some(value) = names.iter().find_map(|other| self.own(other)) {
            return Some(value);
        }
        let level = self.level.as_ref();
        let by_keyword = keyword.and_then(|keyword| level?.keyword(keyword));
        if let Some((value, _)) = by_keyword.filter(|(value, _)| !matches!(value, Value::None)) {
            return Some(value.clone());
        }
        let property = names.last()?;
        match self.world.settings.reached_by.get(property) {
            None if *property == "ansible_host" => {
                let host = self.host.as_ref()?;
                let inventory = &self.world.inventory;
                let inventory = inventory.read().unwrap_or_else(PoisonError::into_inner);
                // The controller that no source names goes by its address.
                let is_implicit =
                    inventory.host(host.id).implicit && LOCALHOST.contains(&&*host.name);
                Some(if is_implicit { "127.0.0.1".into() } else { Value::Str(host.name.clone()) })
            }
            found => found.cloned(),
        }
    }
}
