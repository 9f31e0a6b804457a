//! The variables of a host as layers, from the weakest to the strongest.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{ALL, GroupId, HostId, Inventory, vars_files::VarsFolder};
use crate::{
    diagnostic::Span,
    value::{Dict, Origin, Value},
};

/// Where a layer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// A group's variables in an inventory source.
    Group(GroupId),
    /// `group_vars` beside an inventory source.
    InventoryGroupVars(GroupId),
    /// `group_vars` beside the playbook.
    PlaybookGroupVars(GroupId),
    /// A host's variables in an inventory source, or given at run time.
    Host,
    /// `host_vars` beside an inventory source.
    InventoryHostVars,
    /// `host_vars` beside the playbook.
    PlaybookHostVars,
}

/// Variables that belong together; layers are shared between hosts.
#[derive(Clone, Debug)]
pub struct Layer {
    pub kind: LayerKind,
    pub vars: Arc<Dict>,
}

/// One step of the setting `precedence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    AllInventory,
    GroupsInventory,
    AllInventoryVars,
    AllPlaybookVars,
    GroupsInventoryVars,
    GroupsPlaybookVars,
}

impl Step {
    pub(super) fn of_setting(name: &str) -> Option<Step> {
        Some(match name {
            "all_inventory" => Step::AllInventory,
            "groups_inventory" => Step::GroupsInventory,
            "all_plugins_inventory" => Step::AllInventoryVars,
            "all_plugins_play" => Step::AllPlaybookVars,
            "groups_plugins_inventory" => Step::GroupsInventoryVars,
            "groups_plugins_play" => Step::GroupsPlaybookVars,
            // As in the reference, `plugins_by_groups` gives no variables.
            _ => return None,
        })
    }
}

impl Inventory {
    /// Returns a host's layers, from the weakest to the strongest; empty ones are left out.
    pub fn layers(&self, host: HostId) -> Vec<Layer> {
        let mut groups = self.groups_of(host);
        groups.retain(|group| *group != ALL);
        let mut layers = Layers { inventory: self, layers: Vec::new() };
        for step in &self.vars_rules.precedence {
            layers.add_step(*step, &groups);
        }
        if let Some(vars) = &self.host(host).vars {
            layers.push(LayerKind::Host, Some(vars));
        }
        for folder in &self.inventory_vars {
            layers.push(LayerKind::InventoryHostVars, folder.hosts.get(&host));
        }
        for folder in self.playbook_folder() {
            layers.push(LayerKind::PlaybookHostVars, folder.hosts.get(&host));
        }
        layers.layers
    }

    /// Returns the names that hosts' variables have and `counts` picks, with their lines: of each name the first one, and
    /// nothing of hosts that were asked about before.
    pub fn pick_names(
        &mut self,
        hosts: &[HostId],
        counts: impl Fn(&str) -> bool,
    ) -> Vec<(Arc<str>, Option<Span>)> {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        for host in hosts {
            if !self.picked.1.insert(*host) {
                continue;
            }
            for layer in self.layers(*host) {
                if !seen.insert(Arc::as_ptr(&layer.vars).addr()) {
                    continue;
                }
                for key in layer.vars.keys() {
                    let Value::Str(name) = key else { continue };
                    if counts(name) && self.picked.0.insert(Arc::clone(name)) {
                        let line = layer.vars.origin(key).and_then(Origin::line);
                        found.push((Arc::clone(name), line));
                    }
                }
            }
        }
        found
    }

    /// Returns what is said of a group itself: in the sources, and in `group_vars` beside them and the playbook.
    pub fn group_vars(&self, group: GroupId, beside_playbook: bool) -> Dict {
        let mut vars = Dict::clone(&self.group(group).vars);
        let priority = self.group(group).priority;
        if priority != 1 {
            vars.insert("ansible_group_priority", priority);
        }
        let beside = self.playbook_folder().filter(|_| beside_playbook);
        for folder in self.inventory_vars.iter().chain(beside) {
            if let Some(over) = folder.groups.get(&group) {
                vars.combine(Dict::clone(over), self.vars_rules.merge);
            }
        }
        vars
    }

    /// Returns a host's variables without those of its groups.
    pub fn own_vars(&self, host: HostId, beside_playbook: bool) -> Dict {
        let mut vars = Dict::new();
        for layer in self.layers(host) {
            let counts = match layer.kind {
                LayerKind::Host | LayerKind::InventoryHostVars => true,
                LayerKind::PlaybookHostVars => beside_playbook,
                _ => false,
            };
            if counts {
                vars.combine(Dict::clone(&layer.vars), self.merges());
            }
        }
        vars
    }

    /// Returns whether dictionaries of several layers become one, as the setting `hash_behaviour` says.
    pub fn merges(&self) -> bool {
        self.vars_rules.merge
    }

    pub(super) fn playbook_folder(&self) -> impl Iterator<Item = &VarsFolder> {
        self.playbook.and_then(|n| self.playbook_vars.get(n)).into_iter()
    }
}

struct Layers<'a> {
    inventory: &'a Inventory,
    layers: Vec<Layer>,
}

impl<'a> Layers<'a> {
    fn push(&mut self, kind: LayerKind, vars: Option<&'a Arc<Dict>>) {
        self.layers.extend(
            vars.filter(|vars| !vars.is_empty()).map(|vars| Layer { kind, vars: Arc::clone(vars) }),
        );
    }

    fn add_step(&mut self, step: Step, groups: &[GroupId]) {
        match step {
            Step::AllInventory => self.sources(&[ALL]),
            Step::GroupsInventory => self.sources(groups),
            Step::AllInventoryVars => self.beside_inventory(&[ALL]),
            Step::AllPlaybookVars => self.beside_playbook(&[ALL]),
            Step::GroupsInventoryVars => self.beside_inventory(groups),
            Step::GroupsPlaybookVars => self.beside_playbook(groups),
        }
    }

    fn sources(&mut self, groups: &[GroupId]) {
        for group in groups {
            self.push(LayerKind::Group(*group), Some(&self.inventory.group(*group).vars));
        }
    }

    /// Folder by folder, and in each group by group, as the reference does.
    fn beside_inventory(&mut self, groups: &[GroupId]) {
        for folder in &self.inventory.inventory_vars {
            for group in groups {
                self.push(LayerKind::InventoryGroupVars(*group), folder.groups.get(group));
            }
        }
    }

    fn beside_playbook(&mut self, groups: &[GroupId]) {
        for folder in self.inventory.playbook_folder() {
            for group in groups {
                self.push(LayerKind::PlaybookGroupVars(*group), folder.groups.get(group));
            }
        }
    }
}
