//! Adding hosts and groups, and walking from group to group.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    ALL, Added, Group, GroupId, Host, HostId, Inventory, LoopError, OriginId, SourceFile,
    UNGROUPED, VarsPlugins, index, vars_files,
};
use crate::{
    settings::Settings,
    value::{Dict, Origin, Value},
};

/// Names of the host that needs no source.
pub const LOCALHOST: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// The Python of the controller, which is there for modules that are written in it.
pub const PYTHON: &str = "/usr/bin/python3";

impl Inventory {
    /// Returns an inventory with the groups `all` and `ungrouped` and no host.
    pub(super) fn new(settings: &Settings) -> Inventory {
        let mut inventory = Inventory {
            hosts: Vec::new(),
            groups: Vec::new(),
            host_ids: FxHashMap::default(),
            group_ids: FxHashMap::default(),
            origins: Vec::new(),
            inventory_vars: Vec::new(),
            playbook_vars: Vec::new(),
            playbook: None,
            vars_rules: vars_files::Rules::of_settings(settings),
            vars_plugins: VarsPlugins::of_settings(settings),
            mismatch: *settings.host_pattern_mismatch,
            sources: Vec::new(),
            explained: Vec::new(),
            parsed: false,
            told: FxHashSet::default(),
            computed: FxHashMap::default(),
            misnamed: Vec::new(),
            picked: Default::default(),
            added: Vec::new(),
            implicit: std::sync::OnceLock::new(),
        };
        inventory.group_entry("all");
        inventory.group_entry("ungrouped");
        inventory.link(ALL, UNGROUPED);
        inventory
    }

    pub(super) fn add_origin(&mut self, file: &str, dir: Option<&str>) -> OriginId {
        self.origins.push(SourceFile { file: file.into(), dir: dir.map(Into::into) });
        OriginId(index(self.origins.len() - 1))
    }

    /// Returns the origin that is a file, which is added when it is new.
    pub(super) fn origin_of(&mut self, source: &crate::diagnostic::Source) -> OriginId {
        if let Some(at) = self.origins.iter().rposition(|known| *known.file == *source.path) {
            return OriginId(index(at));
        }
        let dir = std::path::Path::new(&*source.path).parent();
        let dir = dir.map(|dir| dir.display().to_string());
        self.add_origin(&source.path, dir.as_deref())
    }

    /// Returns a group, which is made where it is missing.
    pub(super) fn group_entry(&mut self, name: &str) -> GroupId {
        if let Some(id) = self.group_id(name) {
            return id;
        }
        let id = GroupId(index(self.groups.len()));
        let name: Arc<str> = name.into();
        self.groups.push(Group {
            name: Arc::clone(&name),
            vars: Arc::default(),
            hosts: Vec::new(),
            children: Vec::new(),
            parents: Vec::new(),
            depth: 0,
            priority: 1,
        });
        self.group_ids.insert(name, id);
        id
    }

    /// Returns a host, which is made where it is missing.
    pub(super) fn host_entry(&mut self, name: &str, origin: Option<OriginId>) -> HostId {
        if let Some(id) = self.host_id(name) {
            // The implicit localhost becomes real when something names it.
            let host = &mut self.hosts[id.index()];
            if host.implicit {
                *host = Host { vars: None, origin, implicit: false, ..host.clone() };
            }
            return id;
        }
        let id = HostId(index(self.hosts.len()));
        let name: Arc<str> = name.into();
        let host = Host {
            name: Arc::clone(&name),
            vars: None,
            groups: Vec::new(),
            origin,
            implicit: false,
        };
        self.hosts.push(host);
        self.host_ids.insert(name, id);
        id
    }

    /// Puts a host into a group; does nothing when it is there.
    pub(super) fn join(&mut self, group: GroupId, host: HostId) -> bool {
        let groups = &mut self.hosts[host.index()].groups;
        if groups.contains(&group) {
            return false;
        }
        groups.push(group);
        self.groups[group.index()].hosts.push(host);
        true
    }

    /// Makes a group the child of another.
    pub(super) fn nest(&mut self, parent: GroupId, child: GroupId) -> Result<(), LoopError> {
        if self.groups[parent.index()].children.contains(&child) {
            return Ok(());
        }
        if parent == child || self.ancestors(parent).contains(&child) {
            return Err(LoopError {
                parent: self.group(parent).name.to_string(),
                child: self.group(child).name.to_string(),
            });
        }
        self.link(parent, child);
        Ok(())
    }

    fn link(&mut self, parent: GroupId, child: GroupId) {
        self.groups[parent.index()].children.push(child);
        self.groups[child.index()].parents.push(parent);
        let mut deeper = vec![(child, self.group(parent).depth + 1)];
        while let Some((group, depth)) = deeper.pop() {
            let group = &mut self.groups[group.index()];
            if group.depth < depth {
                group.depth = depth;
                deeper.extend(group.children.iter().map(|child| (*child, depth + 1)));
            }
        }
    }

    pub(super) fn set_host_var(&mut self, host: HostId, variable: Variable) {
        self.note_misnamed(&variable);
        let vars = self.hosts[host.index()].vars.get_or_insert_default();
        variable.set_in(Arc::make_mut(vars), self.vars_rules.merge);
    }

    /// Sets a group's variable; `ansible_group_priority` is a property of the group. Returns why it cannot be.
    pub(super) fn set_group_var(
        &mut self,
        group: GroupId,
        variable: Variable,
    ) -> Result<(), String> {
        self.note_misnamed(&variable);
        let group = &mut self.groups[group.index()];
        let Variable { name, value, .. } = &variable;
        if name.as_str() == Some("ansible_group_priority") {
            let text = value.as_str().and_then(|text| text.trim().parse().ok());
            group.priority = value.as_int().or(text).ok_or_else(|| {
                format!("`ansible_group_priority` cannot be {value:?}: expected an integer")
            })?;
            return Ok(());
        }
        variable.set_in(Arc::make_mut(&mut group.vars), self.vars_rules.merge);
        Ok(())
    }

    /// Hides the hosts that are in no group below `all`: a source named them and failed before it said where they belong.
    pub(super) fn hide_unlinked(&mut self) {
        let seen: FxHashSet<HostId> = self.members(ALL).into_iter().collect();
        for (n, host) in self.hosts.iter_mut().enumerate() {
            host.implicit |= !seen.contains(&HostId(index(n)));
        }
    }

    /// Puts every group below `all`, and every host that is in no group into `ungrouped`.
    ///
    /// Fails when a source has put `all` below another group; the rest is done then, too.
    pub(super) fn reconcile(&mut self) -> Result<(), LoopError> {
        let mut result = Ok(());
        for id in (2..self.groups.len()).map(|n| GroupId(index(n))) {
            if self.group(id).parents.is_empty() {
                result = result.and(self.nest(ALL, id));
            }
        }
        let mut is_misplaced = false;
        for host in (0..self.hosts.len()).map(|n| HostId(index(n))) {
            let entry = &mut self.hosts[host.index()];
            let is_grouped = entry.groups.iter().any(|group| *group != ALL && *group != UNGROUPED);
            if is_grouped && entry.groups.contains(&UNGROUPED) {
                entry.groups.retain(|group| *group != UNGROUPED);
                is_misplaced = true;
            } else if !is_grouped && !entry.implicit {
                self.join(UNGROUPED, host);
            }
        }
        if is_misplaced {
            let hosts = &self.hosts;
            let is_here = |host: &HostId| hosts[host.index()].groups.contains(&UNGROUPED);
            self.groups[UNGROUPED.index()].hosts.retain(is_here);
        }
        result
    }

    /// Returns the groups above a group, without order.
    pub(super) fn ancestors(&self, group: GroupId) -> FxHashSet<GroupId> {
        let mut seen = FxHashSet::default();
        let mut open = self.group(group).parents.clone();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(&self.group(next).parents);
            }
        }
        seen
    }

    /// Returns a group and those below it, level by level.
    pub fn descendants(&self, group: GroupId) -> Vec<GroupId> {
        let mut seen = vec![false; self.groups.len()];
        seen[group.index()] = true;
        let mut order = vec![group];
        let mut next = 0;
        while next < order.len() {
            for child in &self.group(order[next]).children {
                if !std::mem::replace(&mut seen[child.index()], true) {
                    order.push(*child);
                }
            }
            next += 1;
        }
        order
    }

    /// Returns the hosts of a group and of the groups below it, each once, in the inventory's order. An implicit host that a
    /// task put into a group is none of `all`.
    pub fn members(&self, group: GroupId) -> Vec<HostId> {
        let mut seen = vec![false; self.hosts.len()];
        let mut members = Vec::new();
        let group_is_all = group == ALL;
        for group in self.descendants(group) {
            for host in &self.group(group).hosts {
                let is_hidden = group_is_all && self.host(*host).implicit;
                if !std::mem::replace(&mut seen[host.index()], true) && !is_hidden {
                    members.push(*host);
                }
            }
        }
        members
    }

    /// Returns all groups of a host, from the weakest to the strongest: by depth, priority and name; `all` comes first.
    pub fn groups_of(&self, host: HostId) -> Vec<GroupId> {
        let mut groups = self.host(host).groups.clone();
        let mut next = 0;
        while next < groups.len() {
            for parent in &self.groups[groups[next].index()].parents {
                if !groups.contains(parent) {
                    groups.push(*parent);
                }
            }
            next += 1;
        }
        groups.sort_by(|a, b| {
            let (a, b) = (self.group(*a), self.group(*b));
            (a.depth, a.priority).cmp(&(b.depth, b.priority)).then_with(|| a.name.cmp(&b.name))
        });
        groups
    }

    /// Adds the localhost that no source needs to name, under each of its names.
    pub(super) fn add_implicit_localhost(&mut self) {
        if LOCALHOST.iter().any(|name| self.host_id(name).is_some()) {
            return;
        }
        for name in LOCALHOST {
            let id = self.host_entry(name, None);
            self.hosts[id.index()].implicit = true;
            self.set_host_var(id, Variable::new("ansible_connection", "local"));
            if std::path::Path::new(PYTHON).exists() {
                self.set_host_var(id, Variable::new("ansible_python_interpreter", PYTHON));
            }
        }
    }

    /// Returns the host that a name of localhost means: one of that name, one of its other names, the implicit one.
    pub(super) fn localhost(&self, name: &str) -> Option<HostId> {
        if !LOCALHOST.contains(&name) {
            return None;
        }
        let named = LOCALHOST.iter().filter_map(|other| self.host_id(other));
        let named = named.into_iter().find(|id| !self.host(*id).implicit);
        // The first name that is used is the implicit one's for the whole run.
        let implicit = || self.host_id(name).map(|id| *self.implicit.get_or_init(|| id));
        named.or_else(implicit)
    }

    /// Adds a host that a task is delegated to and no source names; it is in no group.
    pub fn delegate_host(&mut self, name: &str) -> HostId {
        if let Some(id) = self.localhost(name).or_else(|| self.host_id(name)) {
            return id;
        }
        let id = self.host_entry(name, None);
        self.hosts[id.index()].implicit = true;
        id
    }

    /// Adds a host at run time, as the module `add_host` does; returns it and whether anything changed.
    pub fn add_host(&mut self, name: &str, groups: &[&str], vars: &Dict) -> (HostId, bool) {
        let is_new = self.host_id(name).is_none_or(|id| self.host(id).implicit);
        let host = self.host_entry(name, None);
        if is_new {
            // It is a member of `all` itself, and so before those that other groups bring.
            self.join(ALL, host);
        }
        self.load_vars_of_host(host);
        let mut changed = is_new;
        changed |= self.add_to_groups(host, groups);
        for (key, value) in vars {
            let old = self.host(host).vars.as_ref().and_then(|vars| vars.get_value(key));
            if old != Some(value) {
                self.set_host_var(host, Variable::new(key.clone(), value.clone()));
                changed = true;
            }
        }
        let names = groups.iter().map(|&group| group.to_owned()).collect();
        self.added.push(Added::Host { name: name.into(), groups: names, vars: vars.clone() });
        // New groups have no children: none of them can be above `all`.
        let _ = self.reconcile();
        (host, changed)
    }

    /// Puts a host into a group at run time, as the module `group_by` does; returns whether anything changed.
    pub fn add_group(
        &mut self,
        name: &str,
        parents: &[&str],
        host: HostId,
    ) -> Result<bool, LoopError> {
        let n_groups = self.groups.len();
        let is_in = |id| self.groups_of(host).contains(&id);
        let mut changed =
            !self.group_id(name).is_some_and(is_in) && self.add_to_groups(host, &[name]);
        let group = self.group_entry(name);
        for parent in parents {
            let parent = self.group_entry(parent);
            self.load_vars_of_group(parent);
            changed |= !self.group(parent).children.contains(&group);
            self.nest(parent, group)?;
        }
        self.reconcile()?;
        let host = Arc::clone(&self.host(host).name);
        let above = parents.iter().map(|&parent| parent.to_owned()).collect();
        self.added.push(Added::Group { name: name.to_owned(), parents: above, host });
        Ok(changed || self.groups.len() > n_groups)
    }

    /// Returns the names that both a group and a host have.
    pub fn twins(&self) -> impl Iterator<Item = &Arc<str>> {
        let names = self.groups.iter().map(|group| &group.name);
        names.filter(|name| self.host_id(name).is_some())
    }

    /// Adds once more what the run added to the inventory that this one replaces.
    pub fn add_again(&mut self, old: &Inventory) {
        fn texts(names: &[String]) -> Vec<&str> {
            names.iter().map(String::as_str).collect()
        }
        for added in &old.added {
            match added {
                Added::Host { name, groups, vars } => {
                    self.add_host(name, &texts(groups), vars);
                }
                Added::Group { name, parents, host } => {
                    if let Some(host) = self.host_id(host) {
                        // The parents were none of its children before: a new source's groups may close a circle.
                        let _ = self.add_group(name, &texts(parents), host);
                    }
                }
            }
        }
    }

    fn add_to_groups(&mut self, host: HostId, names: &[&str]) -> bool {
        let mut changed = false;
        for name in names {
            let is_new = self.group_id(name).is_none();
            let group = self.group_entry(name);
            if is_new {
                self.load_vars_of_group(group);
            }
            changed |= self.join(group, host);
        }
        changed
    }
}

/// A variable as a source gives it.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: Value,
    pub(super) value: Value,
    /// Where the source has it.
    pub(super) origin: Option<Origin>,
}

impl Variable {
    pub(super) fn new(name: impl Into<Value>, value: impl Into<Value>) -> Variable {
        Variable { name: name.into(), value: value.into(), origin: None }
    }

    pub(super) fn at(self, origin: Origin) -> Variable {
        Variable { origin: Some(origin), ..self }
    }

    /// Sets it; where the settings say so, a dictionary that a later source has joins that of an earlier one.
    fn set_in(self, vars: &mut Dict, merge: bool) {
        let Variable { name, value, origin } = self;
        if merge {
            let mut one = Dict::new();
            one.insert_from(name, value, origin);
            vars.combine(one, merge);
        } else {
            vars.insert_from(name, value, origin);
        }
    }
}
