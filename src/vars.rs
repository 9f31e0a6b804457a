//! What a name means on a host: scopes by precedence, facts, magic variables, other hosts.
//!
//! Invariant: scopes are layered by reference; nothing is copied for a task, and values are evaluated when they are used.

mod cache;
mod facts;
mod hostvars;
mod magic;
mod names;
mod reach;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

pub use cache::{FactCache, Keeper};
pub use facts::{Facts, is_restricted, tells_interpreter};
pub use magic::NAMES as MAGIC_NAMES;
pub use names::Names;
pub use reach::ReachedBy;

use crate::{
    diagnostic::{Diagnostic, Told},
    inventory::{HostId, Inventory},
    playbook::{Play, Role},
    template::Context,
    value::{Dict, Value},
    vault::Decrypt,
};

/// What is known about the run, the same for all plays.
pub struct World {
    pub inventory: RwLock<Inventory>,
    pub extra_vars: Arc<Dict>,
    pub settings: RunFacts,
    pub vault: Option<Arc<dyn Decrypt>>,
    pub allow_broken_conditionals: bool,
    /// Where facts are kept between runs.
    pub cache: Option<FactCache>,
    hosts: RwLock<HashMap<Arc<str>, Arc<HostData>>>,
    contexts: Mutex<HashMap<Vec<PathBuf>, Arc<Context>>>,
    /// Bumped when the inventory changes: what was derived from it is derived anew.
    pub(crate) inventory_version: std::sync::atomic::AtomicUsize,
    groups: Mutex<Option<(usize, Value)>>,
}

/// What magic variables say of the command line and the settings.
#[derive(Clone, Debug, Default)]
pub struct RunFacts {
    pub check: bool,
    pub diff: bool,
    pub verbosity: u8,
    pub forks: i64,
    /// What is run, and what is skipped; an ad-hoc command has no tags.
    pub tags: Option<(Vec<String>, Vec<String>)>,
    pub limit: Option<String>,
    pub config_file: Option<PathBuf>,
    pub config: crate::template::Settings,
    pub inject_facts: bool,
    /// Whether dictionaries of one name become one, instead of the strongest winning.
    pub merge_hashes: bool,
    /// How hosts are reached where neither variables nor keywords say.
    pub reached_by: ReachedBy,
}

/// What is known about one host beyond its inventory.
pub struct HostData {
    pub name: Arc<str>,
    pub id: HostId,
    pub facts: RwLock<Arc<Facts>>,
    /// `set_fact` and `register`: whichever came last counts.
    pub assigned: RwLock<Arc<Dict>>,
    /// Which of the assigned are the operator's own words, as they stand in a playbook.
    pub own: RwLock<Arc<Dict>>,
    /// `include_vars`.
    pub included: RwLock<Arc<Dict>>,
    /// The inventory's layers from the strongest on, for one version of the inventory.
    layers: RwLock<(usize, Arc<Vec<Arc<Dict>>>)>,
}

/// What is known about a play while it runs on a batch of hosts.
pub struct PlayData {
    pub play: Arc<Play>,
    pub name: Arc<str>,
    /// What says which hosts the play is for.
    pub patterns: Vec<String>,
    /// Hosts of this batch.
    pub batch: Vec<Arc<str>>,
    /// Hosts of this batch that have not failed, and of the play in all.
    pub active: RwLock<Active>,
    /// Answers to `vars_prompt`.
    pub prompts: Arc<Dict>,
    /// `vars_files`, by host: their names may be templates. What is known without a host has an empty name.
    pub vars_files: RwLock<HashMap<Arc<str>, FromFiles>>,
    /// Roles whose defaults and vars are seen by the whole play; `include_role` with `public` adds some.
    pub roles: RwLock<Vec<Arc<Role>>>,
}

/// What `vars_files` give a host.
#[derive(Clone, Debug, Default)]
pub struct FromFiles {
    /// The file of each entry that has one.
    pub paths: Vec<Option<PathBuf>>,
    pub vars: Arc<Dict>,
}

/// The hosts of a play under way.
#[derive(Clone, Debug, Default)]
pub struct Active {
    /// Those of the batch that are still in the play.
    pub batch: Vec<Arc<str>>,
    /// Those of all that are still in the play.
    pub play: Vec<Arc<str>>,
    /// Also those that the play itself added to the inventory: they count as its hosts, though no task is theirs.
    pub all: Vec<Arc<str>>,
}

impl PlayData {
    /// Says that the play added a host to the inventory.
    pub fn add_host(&self, name: &str) {
        let mut active = self.active.write().unwrap_or_else(PoisonError::into_inner);
        if !active.all.iter().any(|known| &**known == name) {
            active.all.push(name.into());
            active.play.push(name.into());
        }
    }

    /// Says which hosts the patterns stand for in an inventory that was read again; who left the play stays away.
    pub fn hosts_are(&self, all: Vec<Arc<str>>) {
        let mut active = self.active.write().unwrap_or_else(PoisonError::into_inner);
        let Active { all: before, play, .. } = &*active;
        let has_left = |host: &Arc<str>| before.contains(host) && !play.contains(host);
        let left_over = all.iter().filter(|host| !has_left(host)).cloned().collect();
        active.play = left_over;
        active.all = all;
    }
}

impl World {
    pub fn new(
        inventory: Inventory,
        extra_vars: Arc<Dict>,
        settings: RunFacts,
        vault: Option<Arc<dyn Decrypt>>,
        allow_broken_conditionals: bool,
    ) -> World {
        World {
            inventory: RwLock::new(inventory),
            extra_vars,
            settings,
            vault,
            allow_broken_conditionals,
            cache: None,
            hosts: RwLock::default(),
            contexts: Mutex::default(),
            inventory_version: std::sync::atomic::AtomicUsize::new(1),
            groups: Mutex::default(),
        }
    }

    /// Returns why the variables of a host cannot be known, if so.
    pub fn unusable(&self, host: &HostData) -> Option<Diagnostic> {
        let inventory = self.inventory.read().unwrap_or_else(PoisonError::into_inner);
        inventory.unusable(host.id).cloned()
    }

    /// Returns what is known about a host of the inventory.
    pub fn host(&self, name: &str) -> Option<Arc<HostData>> {
        if let Some(host) = self.hosts.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(Arc::clone(host));
        }
        let (id, name) = {
            let inventory = self.inventory.read().unwrap_or_else(PoisonError::into_inner);
            let id = inventory.host_id(name)?;
            (id, Arc::clone(&inventory.host(id).name))
        };
        let kept = self.cache.as_ref().and_then(|cache| cache.load(&name));
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(Arc::clone(&name)).or_insert_with(|| {
            Arc::new(HostData {
                name,
                id,
                facts: RwLock::new(Arc::new(kept.unwrap_or_default())),
                assigned: RwLock::default(),
                own: RwLock::default(),
                included: RwLock::default(),
                layers: RwLock::default(),
            })
        });
        Some(Arc::clone(host))
    }

    /// Returns the settings of evaluation for templates that search these folders.
    pub fn context(&self, search_path: Vec<PathBuf>) -> Arc<Context> {
        let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(context) = contexts.get(&search_path) {
            return Arc::clone(context);
        }
        let mut context = Context::default();
        context.search_path.clone_from(&search_path);
        context.vault.clone_from(&self.vault);
        context.allow_broken_conditionals = self.allow_broken_conditionals;
        context.settings = self.settings.config;
        let context = Arc::new(context);
        contexts.insert(search_path, Arc::clone(&context));
        context
    }

    /// Returns the warnings that templates gave since the last call.
    pub fn take_warnings(&self) -> Vec<Told> {
        let contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut warnings = Vec::new();
        for context in contexts.values() {
            warnings.append(&mut context.told.lock().unwrap_or_else(PoisonError::into_inner));
        }
        warnings
    }

    /// Returns the names of hosts of the inventory.
    pub fn names_of(&self, hosts: &[HostId]) -> Vec<Arc<str>> {
        let inventory = self.inventory.read().unwrap_or_else(PoisonError::into_inner);
        hosts.iter().map(|id| Arc::clone(&inventory.host(*id).name)).collect()
    }

    /// Returns the hosts of which something is known.
    pub fn host_names(&self) -> Vec<Arc<str>> {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.values().map(|host| Arc::clone(&host.name)).collect()
    }

    /// Says that the inventory is another one: hosts are looked up anew, what is known of them stays.
    pub fn forget_hosts(&self) {
        let inventory = self.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        for host in hosts.values_mut() {
            if let Some(id) = inventory.host_id(&host.name)
                && id != host.id
            {
                *host = Arc::new(HostData {
                    name: Arc::clone(&host.name),
                    id,
                    facts: RwLock::new(HostData::get(&host.facts)),
                    assigned: RwLock::new(HostData::get(&host.assigned)),
                    own: RwLock::new(HostData::get(&host.own)),
                    included: RwLock::new(HostData::get(&host.included)),
                    layers: RwLock::default(),
                });
            }
        }
        self.inventory_changed();
    }

    /// Adds facts to a host's, which an action brought; those that are there are replaced.
    pub fn add_facts(&self, host: &HostData, facts: &Dict, by: Option<&str>) {
        let facts = {
            let mut own = host.facts.write().unwrap_or_else(PoisonError::into_inner);
            let changed = Arc::make_mut(&mut own);
            changed.add(facts);
            match by {
                Some("gather_facts") => changed.set_gathered(),
                Some("setup") => changed.gathered = true,
                _ => (),
            }
            Arc::clone(&own)
        };
        if let Some(cache) = &self.cache {
            cache.store(&host.name, &facts);
        }
    }

    /// Forgets a host's facts; what `set_fact` set stays for the run.
    pub fn clear_facts(&self, host: &HostData) {
        *host.facts.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        if let Some(cache) = &self.cache {
            cache.forget(&host.name);
        }
    }

    /// Says that the inventory was changed.
    pub fn inventory_changed(&self) {
        self.inventory_version.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    fn version(&self) -> usize {
        self.inventory_version.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// What a run knows of a host at one moment.
pub struct Kept {
    facts: Arc<Facts>,
    assigned: Arc<Dict>,
    own: Arc<Dict>,
    included: Arc<Dict>,
}

impl HostData {
    /// Returns what the run knows of this host now; nothing is copied before it changes.
    pub fn kept(&self) -> Kept {
        Kept {
            facts: HostData::get(&self.facts),
            assigned: HostData::get(&self.assigned),
            own: HostData::get(&self.own),
            included: HostData::get(&self.included),
        }
    }

    /// Takes back everything that the run has learnt since.
    pub fn keep(&self, kept: Kept) {
        fn write<T>(layer: &RwLock<Arc<T>>, value: Arc<T>) {
            *layer.write().unwrap_or_else(PoisonError::into_inner) = value;
        }
        write(&self.facts, kept.facts);
        write(&self.assigned, kept.assigned);
        write(&self.own, kept.own);
        write(&self.included, kept.included);
    }

    /// Adds a variable to a layer of this host.
    pub fn set(layer: &RwLock<Arc<Dict>>, name: &str, value: Value) {
        let mut layer = layer.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut layer).insert(name, value);
    }

    /// Adds variables to a layer of this host; nothing is copied as long as nobody else holds the layer.
    pub fn set_all(layer: &RwLock<Arc<Dict>>, variables: Dict) {
        let mut layer = layer.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut layer).combine(variables, false);
    }

    /// Sets variables as `register` and `set_fact` do; the operator's own words, which `own` knows, may be used as expressions.
    pub fn assign_all(&self, variables: Dict, own: impl Fn(&Value) -> bool) {
        for name in variables.keys() {
            if let Value::Str(text) = name {
                self.set_own(text, Value::Bool(own(name)));
            }
        }
        HostData::set_all(&self.assigned, variables);
    }

    /// Sets a variable of which the operator's own words are what `own` says.
    pub fn assign(&self, name: &str, value: Value, own: Value) {
        self.set_own(name, own);
        HostData::set(&self.assigned, name, value);
    }

    fn set_own(&self, name: &str, words: Value) {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        if words.is_true() {
            Arc::make_mut(&mut own).insert(name, words);
        } else if own.contains_key(name) {
            Arc::make_mut(&mut own).remove(name);
        }
    }

    /// Returns a layer as it is now.
    pub fn get<T>(layer: &RwLock<Arc<T>>) -> Arc<T> {
        Arc::clone(&layer.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn layers(&self, world: &World) -> Arc<Vec<Arc<Dict>>> {
        let version = world.version();
        {
            let layers = self.layers.read().unwrap_or_else(PoisonError::into_inner);
            if layers.0 == version {
                return Arc::clone(&layers.1);
            }
        }
        let inventory = world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Arc<Dict>> =
            inventory.layers(self.id).into_iter().map(|layer| layer.vars).collect();
        found.reverse();
        let found = Arc::new(found);
        *self.layers.write().unwrap_or_else(PoisonError::into_inner) =
            (version, Arc::clone(&found));
        found
    }
}
