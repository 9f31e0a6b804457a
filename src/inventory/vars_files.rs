//! `group_vars` and `host_vars`: files and folders with the name of a group or a host.

use std::{
    fs,
    hash::Hash,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ALL, GroupId, HostId, Inventory, layers::Step};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, Fault, Severity, Source},
    paths,
    settings::{HashBehaviour, Settings},
    value::{Dict, Value},
    vault::Opener,
    yaml,
};

/// What the settings say about files with variables.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub extensions: Vec<String>,
    pub merge: bool,
    pub precedence: Vec<Step>,
    pub vault: Opener,
}

impl Rules {
    pub(super) fn of_settings(settings: &Settings) -> Rules {
        Rules {
            extensions: settings.yaml_valid_extensions.value.clone(),
            merge: *settings.hash_behaviour == HashBehaviour::Merge,
            precedence: settings
                .precedence
                .iter()
                .filter_map(|name| Step::of_setting(name))
                .collect(),
            vault: Opener::default(),
        }
    }
}

/// What is wrong with the files of each group or host.
type Problems<Id> = FxHashMap<Id, Vec<Diagnostic>>;

/// A folder that may hold `group_vars` and `host_vars`, and what they say.
#[derive(Clone, Debug, Default)]
pub(super) struct VarsFolder {
    pub path: PathBuf,
    pub groups: FxHashMap<GroupId, Arc<Dict>>,
    pub hosts: FxHashMap<HostId, Arc<Dict>>,
    /// What is wrong with the files of a group or a host: nobody minds as long as none of its variables is asked for.
    group_problems: Problems<GroupId>,
    host_problems: Problems<HostId>,
    /// Names in `group_vars` and `host_vars`, so that most groups and hosts cost no system call.
    group_files: FxHashSet<String>,
    host_files: FxHashSet<String>,
}

impl Inventory {
    /// Reads `group_vars` and `host_vars` beside an inventory source.
    pub(super) fn add_inventory_folder(&mut self, path: &Path, diagnostics: &mut Diagnostics) {
        if self.inventory_vars.last().is_some_and(|last| last.path == path) {
            return;
        }
        let folder = self.read_folder(path, diagnostics);
        self.inventory_vars.push(folder);
    }

    /// Makes a playbook's folder the one whose `group_vars` and `host_vars` count; returns what is wrong with them.
    pub fn enter_playbook(&mut self, path: &Path) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        self.set_vars_base(path);
        self.look_for_vars_plugins(&mut diagnostics);
        let known = self.playbook_vars.iter().position(|folder| folder.path == path);
        self.playbook = Some(known.unwrap_or_else(|| {
            let folder = self.read_folder(path, &mut diagnostics);
            self.playbook_vars.push(folder);
            self.playbook_vars.len() - 1
        }));
        diagnostics
    }

    fn read_folder(&self, path: &Path, diagnostics: &mut Diagnostics) -> VarsFolder {
        let known = self.inventory_vars.iter().chain(&self.playbook_vars);
        if let Some(known) = known.into_iter().find(|folder| folder.path == path) {
            return known.clone();
        }
        let mut folder = VarsFolder::at(path, diagnostics);
        self.fill(&mut folder, self.later(), diagnostics);
        folder
    }

    /// Returns what is wrong with the files of these groups and hosts, the groups first; of warnings only those that were
    /// not returned before.
    pub fn problems(&mut self, groups: &[GroupId], hosts: &[HostId]) -> Diagnostics {
        let mut found = Diagnostics::default();
        let (beside_sources, of_playbook) = self.vars_folders_mut();
        for folder in beside_sources.iter_mut().chain(of_playbook) {
            for group in groups {
                told(folder.group_problems.get_mut(group), &mut found);
            }
            for host in hosts {
                told(folder.host_problems.get_mut(host), &mut found);
            }
        }
        found
    }

    /// Returns whether there is nothing to say of any file that counts now.
    pub fn is_sound(&self) -> bool {
        self.inventory_vars.iter().chain(self.playbook_folder()).all(VarsFolder::is_sound)
    }

    /// Returns what is wrong with the files that say something of these hosts.
    pub fn problems_of(&mut self, hosts: &[HostId]) -> Diagnostics {
        if self.is_sound() {
            return Diagnostics::default();
        }
        let mut known = FxHashSet::default();
        let all = hosts.first().map(|_| ALL);
        let groups = all.into_iter().chain(hosts.iter().flat_map(|host| self.groups_of(*host)));
        let groups: Vec<GroupId> = groups.filter(|group| known.insert(*group)).collect();
        self.problems(&groups, hosts)
    }

    /// Returns why a host's variables cannot be known, if so.
    pub fn unusable(&self, host: HostId) -> Option<&Diagnostic> {
        let folders = self.inventory_vars.iter().chain(self.playbook_folder());
        folders.filter(|folder| !folder.is_sound()).find_map(|folder| {
            let groups = std::iter::once(ALL).chain(self.groups_of(host));
            let of_groups = groups.filter_map(|group| folder.group_problems.get(&group));
            let all = of_groups.chain(folder.host_problems.get(&host)).flatten();
            all.into_iter().find(|problem| problem.severity == Severity::Error)
        })
    }

    /// The folders that count now; the playbook's only where it is none of the sources'.
    fn vars_folders_mut(&mut self) -> (&mut [VarsFolder], Option<&mut VarsFolder>) {
        let of_playbook = self.playbook.and_then(|at| self.playbook_vars.get_mut(at));
        let own = of_playbook
            .filter(|own| self.inventory_vars.iter().all(|other| other.path != own.path));
        (&mut self.inventory_vars, own)
    }

    /// Reads the `host_vars` of a host that came at run time; what was wrong there is not said in the middle of a run.
    pub(super) fn load_vars_of_host(&mut self, host: HostId) {
        self.load_late(|inventory, folder, diagnostics| {
            if !folder.hosts.contains_key(&host) {
                inventory.fill_hosts(folder, &[host], inventory.later(), diagnostics);
            }
        });
    }

    /// Reads the `group_vars` of a group that came at run time.
    pub(super) fn load_vars_of_group(&mut self, group: GroupId) {
        self.load_late(|inventory, folder, diagnostics| {
            if !folder.groups.contains_key(&group) {
                inventory.fill_groups(folder, &[group], inventory.later(), diagnostics);
            }
        });
    }

    fn load_late(&mut self, fill: impl Fn(&Inventory, &mut VarsFolder, &mut Diagnostics)) {
        let mut diagnostics = Diagnostics::default();
        let mut beside_sources = std::mem::take(&mut self.inventory_vars);
        let mut beside_playbooks = std::mem::take(&mut self.playbook_vars);
        for folder in beside_sources.iter_mut().chain(&mut beside_playbooks) {
            fill(self, folder, &mut diagnostics);
        }
        self.inventory_vars = beside_sources;
        self.playbook_vars = beside_playbooks;
    }
}

/// Takes the warnings out of what is known of a group or a host, and copies its errors.
fn told(known: Option<&mut Vec<Diagnostic>>, into: &mut Diagnostics) {
    if let Some(known) = known {
        into.0.extend(known.iter().cloned());
        known.retain(|problem| problem.severity == Severity::Error);
    }
}

impl VarsFolder {
    /// Whether all of its files could be read, and there is nothing to say of them.
    fn is_sound(&self) -> bool {
        self.group_problems.is_empty() && self.host_problems.is_empty()
    }

    /// Returns all that is wrong with its files.
    pub(super) fn into_problems(self) -> impl Iterator<Item = Diagnostic> {
        self.group_problems.into_values().chain(self.host_problems.into_values()).flatten()
    }

    /// Returns a folder of which only the names of its files are read.
    pub(super) fn at(path: &Path, diagnostics: &mut Diagnostics) -> VarsFolder {
        VarsFolder {
            path: path.to_owned(),
            group_files: names_in(&path.join("group_vars"), diagnostics),
            host_files: names_in(&path.join("host_vars"), diagnostics),
            ..VarsFolder::default()
        }
    }

    /// Returns the files of a group (`group_vars`) or a host (`host_vars`), the weakest first.
    pub(super) fn files_of(&self, kind: &str, name: &str, rules: &Rules) -> Vec<PathBuf> {
        let names = if kind == "group_vars" { &self.group_files } else { &self.host_files };
        entity_files(&self.path.join(kind), name, names, rules).unwrap_or_default()
    }

    pub(super) fn read_groups(&mut self, ids: &[GroupId], inventory: &Inventory) {
        let named = ids.iter().map(|&id| (id, &*inventory.group(id).name));
        let folder = (self.path.join("group_vars"), &self.group_files);
        let into = (&mut self.groups, &mut self.group_problems);
        read_entities(named, folder, &inventory.vars_rules, into);
    }

    pub(super) fn read_hosts(&mut self, ids: &[HostId], inventory: &Inventory) {
        let named = ids.iter().map(|&id| (id, &*inventory.host(id).name));
        let folder = (self.path.join("host_vars"), &self.host_files);
        let into = (&mut self.hosts, &mut self.host_problems);
        read_entities(named, folder, &inventory.vars_rules, into);
    }
}

/// Reads the files of groups or hosts in a folder of which the names are known.
fn read_entities<'n, Id: Copy + Eq + Hash>(
    named: impl Iterator<Item = (Id, &'n str)>,
    (folder, files): (PathBuf, &FxHashSet<String>),
    rules: &Rules,
    (vars, problems): (&mut FxHashMap<Id, Arc<Dict>>, &mut Problems<Id>),
) {
    if files.is_empty() {
        return;
    }
    for (id, name) in named {
        let mut found = Vec::new();
        if let Some(own) = read_entity(&folder, name, files, rules, &mut found) {
            vars.insert(id, Arc::new(own));
        }
        if !found.is_empty() {
            problems.insert(id, found);
        }
    }
}

fn names_in(folder: &Path, diagnostics: &mut Diagnostics) -> FxHashSet<String> {
    if folder.is_file() {
        let message = format!(
            "Found {} that is not a directory, skipping: {}",
            folder.file_name().unwrap_or_default().display(),
            folder.display()
        );
        diagnostics.push(Diagnostic::bare(message).warning());
    }
    paths::entries(folder).into_iter().collect()
}

/// Returns the variables of a group or a host; none when there is no file for it.
fn read_entity(
    folder: &Path,
    name: &str,
    names: &FxHashSet<String>,
    rules: &Rules,
    problems: &mut Vec<Diagnostic>,
) -> Option<Dict> {
    let mut vars = Dict::new();
    for file in entity_files(folder, name, names, rules)? {
        match read_file(&file, &rules.vault) {
            Ok((found, warnings)) => {
                problems.extend(warnings);
                vars.combine(found, rules.merge);
            }
            Err(error) => problems.push(error.fault(Fault::Late)),
        }
    }
    Some(vars)
}

/// Returns the files of a group or a host, the weakest first; none when there is no file for it.
fn entity_files(
    folder: &Path,
    name: &str,
    names: &FxHashSet<String>,
    rules: &Rules,
) -> Option<Vec<PathBuf>> {
    if names.is_empty() || name.starts_with('/') {
        return None;
    }
    let with_extension = |extension: &str| match extension {
        "" => name.to_owned(),
        extension if extension.contains('.') => format!("{name}{extension}"),
        extension => format!("{name}.{extension}"),
    };
    // The first that is there counts: a file or folder of the very name, then with each extension. A name with a
    // slash is not in the listing, and is looked for in the file system.
    let mut candidates = std::iter::once("").chain(rules.extensions.iter().map(String::as_str));
    let path = candidates.find_map(|extension| {
        let file = with_extension(extension);
        let is_there =
            if file.contains('/') { folder.join(&file).exists() } else { names.contains(&file) };
        is_there.then(|| folder.join(file))
    })?;
    let mut files = Vec::new();
    if path.is_dir() {
        files_in(&path, rules, &mut files);
    } else {
        files.push(path);
    }
    Some(files)
}

/// Collects the files of a folder in the order of their names, hidden and backup files left out.
fn files_in(folder: &Path, rules: &Rules, files: &mut Vec<PathBuf>) {
    for name in paths::entries(folder) {
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let path = folder.join(&name);
        let extension = name.rfind('.').map_or("", |at| &name[at..]);
        if path.is_dir() {
            if extension.is_empty() {
                files_in(&path, rules, files);
            }
        } else if extension.is_empty() || rules.extensions.iter().any(|known| known == extension) {
            files.push(path);
        }
    }
}

/// Reads a file that holds a mapping of variables.
pub(super) fn read_file(
    path: &Path,
    vault: &Opener,
) -> Result<(Dict, Vec<Diagnostic>), Diagnostic> {
    let shown = path.display().to_string();
    let refuse = |message: String| Diagnostic::bare(message);
    let bytes =
        fs::read(path).map_err(|error| refuse(format!("cannot read `{shown}`: {error}")))?;
    let opened = vault
        .open(bytes)
        .map_err(|message| refuse(message).note(format!("in `{shown}`")).fault(Fault::Absence))?;
    let text = String::from_utf8(opened.bytes)
        .map_err(|_| refuse(format!("`{shown}` is not text in UTF-8")))?;
    let source = Source::opened(shown, text, opened.is_secret);
    let document = yaml::parse(&source)?;
    let Some(root) = document.root.filter(|root| !root.is_null()) else {
        return Ok((Dict::new(), document.warnings));
    };
    match root.to_value() {
        Value::Dict(vars) => Ok((Arc::unwrap_or_clone(vars), document.warnings)),
        nothing if !nothing.is_true() => Ok((Dict::new(), document.warnings)),
        other => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let message = format!(
                "Could not process '{}': failed to combine variables, expected dicts but got a 'dict' and a '{}'.",
                path.display(),
                other.tagged_type_name().unwrap_or(other.type_name())
            );
            Err(Diagnostic::error(&root.span, message)
                .label(format!("this is {}", root.kind_name()))
                .hint("write `name: value`"))
        }
    }
}
