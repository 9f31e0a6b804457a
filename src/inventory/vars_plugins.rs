//! Vars plugins: which there are, when they are asked, and what they give.
//!
//! Invariant: no Python is started unless there is one besides that which reads `group_vars` and `host_vars`: that is ours.

use std::{
    hash::Hash,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};

use super::{
    GroupId, HostId, Inventory, index,
    vars_files::{VarsFolder, read_file},
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, Fault},
    paths::normal,
    plugins::{
        Brought, Served, Words, brought, has_sources, in_collection, installed_where, packed,
        unpacked_with,
    },
    settings::{Settings, VarsOccasion},
    template::{Failure, TemplateError},
    value::{Dict, Encrypted, Template, Value},
    vault::Opener,
    yaml,
};

/// The names of the plugin that reads `group_vars` and `host_vars`.
const FILES: [&str; 3] =
    ["host_group_vars", "ansible.builtin.host_group_vars", "ansible.legacy.host_group_vars"];

/// What plugins are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Once the sources are read: what they give counts as if these had said it.
    Inventory,
    /// For tasks.
    Task,
    /// For the inventory that is shown.
    All,
}

/// A plugin in its order.
#[derive(Clone, Debug)]
struct Plugin {
    /// Its number in Python; none for that which is ours.
    index: Option<u64>,
    /// The stage that it wants itself.
    stage: Option<String>,
}

/// The plugins of a run.
#[derive(Clone, Debug)]
pub(super) struct VarsPlugins {
    enabled: Vec<String>,
    folders: Vec<PathBuf>,
    collections: Vec<PathBuf>,
    installed: fn() -> &'static [PathBuf],
    at_start: bool,
    /// When variables are asked for that are no part of the sources.
    later: Stage,
    files_stage: Option<String>,
    /// What Python is told of the settings.
    told: Json,
    /// The folder that relative paths of the command line refer to.
    working_dir: PathBuf,
    /// The folder that relative paths of plugins refer to.
    base: PathBuf,
    order: Vec<Plugin>,
    /// What came with the playbooks and roles when plugins were looked for.
    brought: Option<Brought>,
    python: Option<Arc<Mutex<Served>>>,
}

/// Groups or hosts, as Python is told of them.
struct Entities {
    kind: &'static str,
    about: Vec<Json>,
}

impl VarsPlugins {
    pub(super) fn of_settings(settings: &Settings) -> VarsPlugins {
        let later = if settings.shows_inventory { Stage::All } else { Stage::Task };
        let mut plugins = VarsPlugins {
            enabled: settings.vars_plugins_enabled.value.clone(),
            folders: settings.vars_plugins.value.clone(),
            collections: settings.collection_roots(),
            installed: installed_where(settings.collections_scan_sys_path.value),
            at_start: settings.run_vars_plugins.value == VarsOccasion::Start,
            later,
            files_stage: settings.vars_host_group_vars_stage.value.clone(),
            told: json!({
                "deprecations": settings.deprecation_warnings.value,
                "config_file": settings.config_file,
                "settings": {"extensions": settings.yaml_valid_extensions.value},
            }),
            working_dir: settings.working_dir.clone(),
            base: settings.working_dir.clone(),
            order: Vec::new(),
            brought: None,
            python: None,
        };
        plugins.order = plugins.enabled.iter().filter_map(|name| plugins.files(name)).collect();
        plugins
    }

    fn files(&self, name: &str) -> Option<Plugin> {
        let plugin = || Plugin { index: None, stage: self.files_stage.clone() };
        FILES.contains(&name).then(plugin)
    }

    /// Looks for plugins where more playbooks and roles came; returns whether what is known is out of date.
    fn look(&mut self, diagnostics: &mut Diagnostics) -> bool {
        let brought = brought();
        if self.brought.as_ref() == Some(&brought) {
            return false;
        }
        let folders: Vec<PathBuf> = brought.vars.iter().chain(&self.folders).cloned().collect();
        let is_first = self.brought.is_none();
        let has_more = self.brought.as_ref().is_some_and(|before| before.vars != brought.vars);
        let local = brought.collections.clone();
        self.brought = Some(brought);
        let roots = || local.iter().chain(&self.collections).chain((self.installed)());
        let is_there = |name: &String| {
            !name.starts_with("ansible.") && in_collection(name, "vars", roots()) == Some(true)
        };
        let is_named = self.enabled.iter().any(is_there);
        if !(is_first || has_more) || !(is_named || folders.iter().any(|dir| has_sources(dir))) {
            return false;
        }
        let roots: Vec<&PathBuf> = roots().collect();
        let mut message = self.told.clone();
        message["do"] = "load".into();
        message["folders"] = json!(folders);
        message["collections"] = json!(roots);
        message["enabled"] = json!(self.enabled);
        if let Err(error) = self.load(message) {
            diagnostics.push(error);
        }
        true
    }

    fn load(&mut self, message: Json) -> Result<(), Diagnostic> {
        let python = match self.python.take() {
            Some(python) => python,
            None => Arc::new(Mutex::new(Served::variables().map_err(Diagnostic::bare)?)),
        };
        let loaded = exchange(&python, message, &Opener::default())?;
        let loaded = loaded.as_array().into_iter().flatten().map(|plugin| Plugin {
            index: plugin["index"].as_u64(),
            stage: match plugin {
                Json::Null => self.files_stage.clone(),
                plugin => plugin["stage"].as_str().map(ToOwned::to_owned),
            },
        });
        self.order = loaded.collect();
        self.python = Some(python);
        Ok(())
    }

    fn is_asked(&self, plugin: &Plugin, stage: Stage) -> bool {
        match (plugin.stage.as_deref(), stage) {
            (Some("all"), _)
            | (Some("inventory"), Stage::Inventory)
            | (Some("task"), Stage::Task)
            | (None, Stage::All) => true,
            (Some(_), _) => false,
            (None, Stage::Inventory) => self.at_start,
            (None, Stage::Task) => !self.at_start,
        }
    }

    /// Returns the plugins that are asked at a stage, in their order.
    fn at(&self, stage: Stage) -> impl Iterator<Item = &Plugin> {
        self.order.iter().filter(move |plugin| self.is_asked(plugin, stage))
    }

    fn reads_files(&self, stage: Stage) -> bool {
        self.at(stage).any(|plugin| plugin.index.is_none())
    }

    /// Asks Python for variables; returns what each plugin gives each of the groups or hosts.
    fn ask(
        &self,
        path: &Path,
        entities: Entities,
        stage: Stage,
        vault: &Opener,
    ) -> Result<Vec<Vec<Dict>>, Diagnostic> {
        let plugins: Vec<u64> = self.at(stage).filter_map(|plugin| plugin.index).collect();
        let Some(python) = self.python.as_ref().filter(|_| !plugins.is_empty()) else {
            return Ok(Vec::new());
        };
        let message = json!({
            "do": "vars", "path": normal(&self.working_dir.join(path)), "base": self.base, "plugins": plugins,
            "kind": entities.kind, "entities": entities.about,
        });
        let answer = exchange(python, message, vault)?;
        let of_plugin = |given: &Json| match unpacked_with(given, &worded) {
            Ok(Value::Dict(vars)) => Ok(Arc::unwrap_or_clone(vars)),
            Ok(_) => Ok(Dict::new()),
            Err(failure) => Err(Diagnostic::bare(failure.message)),
        };
        let of_entity =
            |given: &Json| given.as_array().into_iter().flatten().map(of_plugin).collect();
        answer.as_array().into_iter().flatten().map(of_entity).collect()
    }

    /// Puts what plugins give and what files say over one another.
    fn combined(&self, given: Vec<Dict>, files: Option<Dict>, stage: Stage, merge: bool) -> Dict {
        let (mut given, mut files) = (given.into_iter(), files);
        let mut vars = Dict::new();
        for plugin in self.at(stage) {
            let over = if plugin.index.is_some() { given.next() } else { files.take() };
            vars.combine(over.unwrap_or_default(), merge);
        }
        vars
    }
}

/// Returns a text that a plugin gives: it is no template unless the plugin trusts it.
fn worded(text: &str, words: Words) -> Result<Value, Failure> {
    Ok(match words {
        Words::Undefined => return Err(TemplateError::undefined(text).into()),
        Words::Trusted if Template::is_in(text) => {
            Value::Template(Arc::new(Template::new(text, None)))
        }
        Words::Trusted => Value::str(text),
        Words::Plain => Value::Template(Arc::new(Template::literal(text, None))),
        Words::Sealed => Value::Encrypted(Arc::new(Encrypted {
            text: text.into(),
            span: None,
            plain: std::sync::OnceLock::new(),
        })),
    })
}

/// Sends a message, answers what is asked, and returns the answer.
fn exchange(python: &Mutex<Served>, message: Json, vault: &Opener) -> Result<Json, Diagnostic> {
    let mut python = python.lock().unwrap_or_else(PoisonError::into_inner);
    let mut answer = |asked: &Json| {
        let read = match asked["ask"].as_str() {
            Some("file") => {
                let path = Path::new(asked["path"].as_str().unwrap_or_default());
                read_file(path, vault).map(|(vars, _)| vars.into())
            }
            _ => yaml::value("DOCUMENTATION", asked["text"].as_str().unwrap_or_default()),
        };
        match read {
            Ok(value) => json!({"value": packed(&value)}),
            Err(error) => json!({"error": error.message}),
        }
    };
    let mut answered = python.exchange(message, &mut answer).map_err(Diagnostic::bare)?;
    match answered["error"].as_str() {
        Some(error) => {
            let fault = if answered["parser"] == true { Fault::Late } else { Fault::Text };
            Err(Diagnostic::bare(error).fault(fault))
        }
        None => Ok(answered["value"].take()),
    }
}

impl Inventory {
    /// Looks for vars plugins, also in roles that were read since; what the old ones gave is asked for again.
    pub(super) fn look_for_vars_plugins(&mut self, diagnostics: &mut Diagnostics) {
        if self.vars_plugins.look(diagnostics) {
            let paths: Vec<PathBuf> =
                self.inventory_vars.drain(..).map(|folder| folder.path).collect();
            self.playbook_vars.clear();
            self.playbook = None;
            for path in paths {
                self.add_inventory_folder(&path, diagnostics);
            }
        }
    }

    /// Lets relative paths of plugins refer to a playbook's folder.
    pub(super) fn set_vars_base(&mut self, path: &Path) {
        self.vars_plugins.base = normal(&self.vars_plugins.working_dir.join(path));
    }

    /// When variables are asked for that are no part of the sources.
    pub(super) fn later(&self) -> Stage {
        self.vars_plugins.later
    }

    /// Makes what plugins give once the sources are read a part of these.
    pub(super) fn ask_at_start(&mut self, paths: &[PathBuf], diagnostics: &mut Diagnostics) {
        let stage = Stage::Inventory;
        if self.vars_plugins.at(stage).next().is_none() {
            return;
        }
        let merge = self.merges();
        let mut read: Vec<&PathBuf> = Vec::new();
        for path in paths {
            if read.last() == Some(&path) {
                continue;
            }
            read.push(path);
            let mut folder = VarsFolder::at(path, diagnostics);
            self.fill(&mut folder, stage, diagnostics);
            for (id, vars) in std::mem::take(&mut folder.groups) {
                let own = &mut self.groups[id.index()].vars;
                Arc::make_mut(own).combine(Arc::unwrap_or_clone(vars), merge);
            }
            for (id, vars) in std::mem::take(&mut folder.hosts) {
                let own = self.hosts[id.index()].vars.get_or_insert_default();
                Arc::make_mut(own).combine(Arc::unwrap_or_clone(vars), merge);
            }
            diagnostics.0.extend(folder.into_problems());
        }
    }

    /// Reads files and asks plugins for all groups and hosts.
    pub(super) fn fill(
        &self,
        folder: &mut VarsFolder,
        stage: Stage,
        diagnostics: &mut Diagnostics,
    ) {
        let groups: Vec<GroupId> = (0..self.groups.len()).map(|n| GroupId(index(n))).collect();
        let hosts: Vec<HostId> = (0..self.hosts.len()).map(|n| HostId(index(n))).collect();
        self.fill_groups(folder, &groups, stage, diagnostics);
        self.fill_hosts(folder, &hosts, stage, diagnostics);
    }

    pub(super) fn fill_groups(
        &self,
        folder: &mut VarsFolder,
        ids: &[GroupId],
        stage: Stage,
        diagnostics: &mut Diagnostics,
    ) {
        if self.vars_plugins.reads_files(stage) {
            folder.read_groups(ids, self);
        }
        if self.vars_plugins.python.is_none() {
            return;
        }
        let about = |&id: &GroupId| {
            let group = self.group(id);
            json!({"name": &*group.name, "vars": packed(&Value::from(Dict::clone(&group.vars)))})
        };
        let entities = Entities { kind: "group", about: ids.iter().map(about).collect() };
        let given = self.vars_plugins.ask(&folder.path, entities, stage, self.vault());
        self.put(ids, given, stage, &mut folder.groups, diagnostics);
    }

    pub(super) fn fill_hosts(
        &self,
        folder: &mut VarsFolder,
        ids: &[HostId],
        stage: Stage,
        diagnostics: &mut Diagnostics,
    ) {
        if self.vars_plugins.reads_files(stage) {
            folder.read_hosts(ids, self);
        }
        if self.vars_plugins.python.is_none() {
            return;
        }
        let about = |&id: &HostId| {
            let host = self.host(id);
            let vars =
                host.vars.clone().map_or_else(|| json!({}), |vars| packed(&Value::Dict(vars)));
            let groups = self.groups_of(id).into_iter();
            let groups: Vec<&str> = groups.map(|group| &*self.group(group).name).collect();
            json!({"name": &*host.name, "vars": vars, "groups": groups})
        };
        let entities = Entities { kind: "host", about: ids.iter().map(about).collect() };
        let given = self.vars_plugins.ask(&folder.path, entities, stage, self.vault());
        self.put(ids, given, stage, &mut folder.hosts, diagnostics);
    }

    /// Puts what plugins give groups or hosts together with what their files say.
    fn put<Id: Copy + Eq + Hash>(
        &self,
        ids: &[Id],
        given: Result<Vec<Vec<Dict>>, Diagnostic>,
        stage: Stage,
        of_folder: &mut FxHashMap<Id, Arc<Dict>>,
        diagnostics: &mut Diagnostics,
    ) {
        match given {
            Ok(given) => {
                for (&id, given) in ids.iter().zip(given) {
                    let files = of_folder.remove(&id).map(Arc::unwrap_or_clone);
                    let vars = self.vars_plugins.combined(given, files, stage, self.merges());
                    of_folder.insert(id, Arc::new(vars));
                }
            }
            Err(error) => diagnostics.push(error),
        }
    }
}
