//! The names of one host and task, layer by layer.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
};

use rustc_hash::FxHashSet;

use super::{Facts, HostData, PlayData, World, hostvars::Seen, magic};
use crate::{
    playbook::{Level, LevelKind, Role, Task},
    template::Scope,
    value::{Dict, Origin, Value},
};

/// The names that an expression of a task sees on a host; made anew for each task, by reference.
#[derive(Clone)]
pub struct Names {
    pub world: Arc<World>,
    pub play: Option<Arc<PlayData>>,
    pub host: Option<Arc<HostData>>,
    pub level: Option<Arc<Level>>,
    pub task: Option<Arc<Task>>,
    /// Loop variables and what else holds only here; the strongest.
    pub locals: Vec<(Arc<str>, Value)>,
    /// What of them the operator wrote as it is, as [`Scope::own_words`] says it.
    pub trusted: Vec<(Arc<str>, Value)>,
    /// Where those of them stand of which it is known.
    pub origins: Vec<(Arc<str>, Origin)>,
    /// Whether what a task does on its host is decided on: then it is known how the host is reached.
    pub acting: bool,
    /// Whether variables of roles are not there yet.
    is_before_tasks: bool,
    facts: Arc<Facts>,
    assigned: Arc<Dict>,
    own: Arc<Dict>,
    included: Arc<Dict>,
    layers: Arc<Vec<Arc<Dict>>>,
    vars_files: Option<Arc<Dict>>,
}

impl Names {
    /// Returns the names of a play as seen on a host; of the run alone where there is neither.
    pub fn new(
        world: &Arc<World>,
        play: Option<&Arc<PlayData>>,
        host: Option<&Arc<HostData>>,
    ) -> Names {
        let vars_files = play.and_then(|play| {
            let files = play.vars_files.read().unwrap_or_else(PoisonError::into_inner);
            let found = files.get(host.map_or("", |host| &host.name))?;
            Some(Arc::clone(&found.vars))
        });
        Names {
            world: Arc::clone(world),
            play: play.cloned(),
            host: host.cloned(),
            level: play.map(|play| Arc::clone(&play.play.level)),
            task: None,
            locals: Vec::new(),
            trusted: Vec::new(),
            origins: Vec::new(),
            acting: false,
            is_before_tasks: false,
            facts: host.map(|host| HostData::get(&host.facts)).unwrap_or_default(),
            assigned: host.map(|host| HostData::get(&host.assigned)).unwrap_or_default(),
            own: host.map(|host| HostData::get(&host.own)).unwrap_or_default(),
            included: host.map(|host| HostData::get(&host.included)).unwrap_or_default(),
            layers: host.map(|host| host.layers(world)).unwrap_or_default(),
            vars_files,
        }
    }

    /// Returns the names as a task sees them.
    #[must_use]
    pub fn with_task(mut self, task: &Arc<Task>) -> Names {
        self.level = Some(Arc::clone(&task.level));
        self.task = Some(Arc::clone(task));
        self
    }

    /// Returns the names as a task's action sees them.
    #[must_use]
    pub fn acting(self) -> Names {
        Names { acting: true, ..self }
    }

    /// Returns the names without what tasks and roles have made of them, as the names of `vars_files` see them.
    #[must_use]
    pub fn before_tasks(self) -> Names {
        let (assigned, own, included) = Default::default();
        Names { assigned, own, included, is_before_tasks: true, ..self }
    }

    /// Returns the names as a level sees them.
    #[must_use]
    pub fn with_level(mut self, level: &Arc<Level>) -> Names {
        self.level = Some(Arc::clone(level));
        self
    }

    /// Sets a loop variable or its like.
    pub fn set_local(&mut self, name: &str, value: Value) {
        match self.locals.iter_mut().find(|(have, _)| &**have == name) {
            Some((_, have)) => *have = value,
            None => self.locals.push((name.into(), value)),
        }
    }

    /// Returns all names as a mapping whose values are evaluated when they are asked for.
    pub fn as_value(&self) -> Value {
        Value::Object(Arc::new(Seen { type_name: "dict", names: self.clone() }))
    }

    pub fn role(&self) -> Option<&Arc<Role>> {
        self.level.as_ref()?.role()
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Returns the folders where a task's relative file names are looked for, the nearest first.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = Vec::new();
        let mut add = |folder: PathBuf| {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        };
        if let Some(level) = &self.level {
            for role in level.roles() {
                add(role.dir.clone());
            }
        }
        if let Some(task) = &self.task {
            add(task.dir.clone());
        }
        if let Some(play) = &self.play {
            add(play.play.dir.clone());
        }
        folders
    }

    /// Returns a name's value without what stands in for connection variables that are not set.
    pub fn own(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.locals.iter().rev().find(|(have, _)| &**have == name) {
            return Some(value.clone());
        }
        // What a host is called is a variable of the host, and `-e` is stronger.
        if matches!(name, "inventory_hostname" | "inventory_hostname_short" | "group_names")
            && let Some(value) = self.world.extra_vars.get(name)
        {
            return Some(value.clone());
        }
        // Facts are weaker than what plays and tasks say.
        if name == "ansible_facts"
            && let Some(value) = self.each_layer_above_facts(|layer| layer.get(name).cloned())
        {
            return Some(value);
        }
        if let Some(value) = magic::get(self, name) {
            return Some(value);
        }
        if self.world.settings.merge_hashes {
            return self.merged(name);
        }
        self.each_layer(|layer| layer.get(name).cloned())
    }

    /// A variable of all layers: dictionaries of stronger ones stand in those of weaker ones.
    fn merged(&self, name: &str) -> Option<Value> {
        let mut found = Vec::new();
        self.each_layer(|layer| {
            found.extend(layer.get(name).cloned());
            None::<()>
        });
        let mut values = found.into_iter().rev();
        let mut whole = Dict::new();
        whole.insert(name, values.next()?);
        for value in values {
            whole.combine(std::iter::once((Value::str(name), value)).collect(), true);
        }
        whole.get(name).cloned()
    }

    /// The layers of variables from the strongest on, after locals and magic variables.
    fn each_layer<T>(&self, mut look: impl FnMut(&Dict) -> Option<T>) -> Option<T> {
        if let Some(found) = self.each_layer_above_facts(&mut look) {
            return Some(found);
        }
        if self.world.settings.inject_facts
            && let Some(found) = look(&self.facts.injected)
        {
            return Some(found);
        }
        if let Some(found) = self.layers.iter().find_map(|layer| look(layer)) {
            return Some(found);
        }
        self.each_role(|role, _| role.seen(&|role| &role.defaults, &mut look))
    }

    /// The roles that a task sees: its own from the innermost on, each with the variables of its entry in a list of roles,
    /// then the public ones of the play.
    fn each_role<T>(&self, mut look: impl FnMut(&Role, Option<&Dict>) -> Option<T>) -> Option<T> {
        let mut own = self.level.iter().flat_map(|level| level.chain()).filter_map(|level| {
            let LevelKind::Role(role) = &level.kind else { return None };
            let entry = level.parent.as_deref();
            let entry = entry.filter(|entry| matches!(entry.kind, LevelKind::Block));
            Some((role, entry.map(|entry| &*entry.vars)))
        });
        if let Some(found) = own.find_map(|(role, entry)| look(role, entry)) {
            return Some(found);
        }
        let roles = self.play.as_ref()?.roles.read().unwrap_or_else(PoisonError::into_inner);
        // A role that others stand on is seen behind each of them.
        let mut public =
            roles.iter().rev().filter(|role| role.public && role.dependents.is_empty());
        public.find_map(|role| look(role, None))
    }

    /// The variables of the includes around a task, from the innermost on. What a role was given is stronger than what an
    /// `include_role` in it gives.
    fn each_include<T>(&self, mut look: impl FnMut(&Dict) -> Option<T>) -> Option<T> {
        let mut is_of_role = false;
        for level in self.level.iter().flat_map(|level| level.chain()) {
            if matches!(level.kind, LevelKind::Include(_)) {
                let around = level.role().filter(|_| is_of_role);
                if let Some(found) = around.and_then(|role| look(&role.params)) {
                    return Some(found);
                }
                if let Some(found) = look(&level.vars) {
                    return Some(found);
                }
            }
            is_of_role = matches!(level.kind, LevelKind::Role(_));
        }
        None
    }

    /// The variables of tasks, blocks and imports around a task, from the innermost on. Those of an entry in a list of roles
    /// are a block's for that role alone.
    fn each_block<T>(&self, mut look: impl FnMut(&Dict) -> Option<T>) -> Option<T> {
        let (mut n_roles, mut is_of_role) = (0, false);
        for level in self.level.iter().flat_map(|level| level.chain()) {
            let counts = match level.kind {
                LevelKind::Task | LevelKind::Import | LevelKind::Role(_) => true,
                LevelKind::Block => !is_of_role || n_roles == 1,
                LevelKind::Include(_) | LevelKind::Play => false,
            };
            if let Some(found) = Some(&level.vars).filter(|_| counts).and_then(|vars| look(vars)) {
                return Some(found);
            }
            is_of_role = matches!(level.kind, LevelKind::Role(_));
            n_roles += usize::from(is_of_role);
        }
        None
    }

    fn each_layer_above_facts<T>(&self, mut look: impl FnMut(&Dict) -> Option<T>) -> Option<T> {
        if let Some(found) = look(&self.world.extra_vars) {
            return Some(found);
        }
        if let Some(found) = self.each_include(&mut look) {
            return Some(found);
        }
        let mut roles = self.level.iter().flat_map(|level| level.roles());
        if let Some(found) = roles.find_map(|role| look(&role.params)) {
            return Some(found);
        }
        if let Some(found) = look(&self.assigned).or_else(|| look(&self.included)) {
            return Some(found);
        }
        if let Some(found) = self.each_block(&mut look) {
            return Some(found);
        }
        let of_role = |role: &Role, entry: Option<&Dict>| {
            // Before those of the roles that it depends on.
            let found = look(&role.vars).or_else(|| entry.and_then(&mut look));
            found.or_else(|| role.seen(&|role| &role.vars, &mut look))
        };
        if !self.is_before_tasks
            && let Some(found) = self.each_role(of_role)
        {
            return Some(found);
        }
        if let Some(found) = self.vars_files.as_ref().and_then(|vars| look(vars)) {
            return Some(found);
        }
        let play = self.play.as_ref()?;
        look(&play.prompts).or_else(|| look(&play.play.level.vars))
    }
}

impl Scope for Names {
    fn get(&self, name: &str) -> Option<Value> {
        self.own(name).or_else(|| self.reach_variable(name))
    }

    fn origin(&self, name: &str) -> Option<Origin> {
        if self.locals.iter().any(|(have, _)| &**have == name) {
            let known = self.origins.iter().rev().find(|(have, _)| &**have == name);
            return known.map(|(_, origin)| origin.clone());
        }
        if magic::get(self, name).is_some() {
            return None;
        }
        let key = Value::str(name);
        self.each_layer(|layer| layer.contains_key(name).then(|| layer.origin(&key).cloned()))?
    }

    fn own_words(&self, name: &str) -> Value {
        if self.locals.iter().any(|(have, _)| &**have == name) {
            let known = self.trusted.iter().rev().find(|(trusted, _)| &**trusted == name);
            return known.map(|(_, words)| words.clone()).unwrap_or_default();
        }
        if magic::get(self, name).is_some() {
            return Value::None;
        }
        if !self.world.extra_vars.contains_key(name) {
            let of_includes = self.level.iter().flat_map(|level| level.chain());
            let mut of_includes = of_includes.filter_map(|level| match &level.kind {
                LevelKind::Include(foreign) if level.vars.contains_key(name) => Some(foreign),
                _ => None,
            });
            if let Some(foreign) = of_includes.next() {
                let found = foreign.iter().find(|(foreign, _)| &**foreign == name);
                return found.map_or(Value::Bool(true), |(_, words)| words.clone());
            }
        }
        let found = self.each_layer(|layer| {
            layer.get(name)?;
            let is = |known: &Dict| std::ptr::eq(layer, known);
            if is(&self.assigned) {
                return Some(self.own.get(name).cloned().unwrap_or_default());
            }
            let is_foreign = is(&self.included) || is(&self.facts.injected);
            let was_asked = self.play.as_ref().is_some_and(|play| is(&play.prompts));
            Some(Value::Bool(!is_foreign && !was_asked))
        });
        found.unwrap_or_default()
    }

    fn names(&self) -> Vec<Arc<str>> {
        let mut seen: FxHashSet<Arc<str>> = FxHashSet::default();
        let mut found = Vec::new();
        let mut add = |name: &str| {
            if !seen.contains(name) {
                let name: Arc<str> = name.into();
                seen.insert(Arc::clone(&name));
                found.push(name);
            }
        };
        self.locals.iter().for_each(|(name, _)| add(name));
        self.each_layer(|layer| {
            layer.keys().filter_map(Value::as_str).for_each(&mut add);
            None::<()>
        });
        for name in magic::NAMES {
            add(name);
        }
        found
    }
}
