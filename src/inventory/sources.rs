//! Reading the sources: lists of hosts, files of several formats, folders of them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use regex::Regex;

use super::{
    GroupId, Inventory, advanced_host_list, foreign,
    graph::Variable,
    host_list, ini,
    misnamed::{ODD_NAMES, is_of_word, is_plain_name},
    plugins::{self, Options},
    script, toml, yaml,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, Source},
    memory,
    paths::{self, normal},
    plugins::has_source_plugin,
    settings::{GroupNames, Settings},
    vault::Opener,
};

impl Inventory {
    /// Reads all sources, those of the settings when none are named; what is wrong with them comes beside it.
    pub fn load(
        sources: &[String],
        settings: &Settings,
        vault: &Opener,
    ) -> (Inventory, Diagnostics) {
        let sources = if sources.is_empty() { &settings.inventory.0 } else { sources };
        let mut loader = Loader::new(settings);
        loader.inventory.vars_rules.vault.clone_from(vault);
        if !loader.has_enabled() {
            return (loader.inventory, loader.diagnostics);
        }
        for source in sources {
            let path = loader.absolute(source);
            let list = host_list::is_host_list(source);
            let name = if list { source.clone() } else { path.display().to_string() };
            loader.inventory.sources.push(name.as_str().into());
            if list {
                loader.inventory.parsed |= loader.list(source);
                continue;
            }
            loader.inventory.parsed |= loader.path(&path);
            let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
            loader.folders.extend(folder.map(Path::to_owned));
        }
        loader.finish()
    }

    /// Returns an inventory without sources: only the implicit localhost is there.
    pub fn empty(settings: &Settings) -> Inventory {
        let mut inventory = Inventory::new(settings);
        inventory.add_implicit_localhost();
        inventory
    }
}

/// What inventories are written in beside the configurations of plugins.
const FORMATS: [&str; 7] =
    ["advanced_host_list", "auto", "host_list", "ini", "script", "toml", "yaml"];

/// Why a file could not be read in the format that it looks like.
struct Failure {
    kind: &'static str,
    error: Diagnostic,
}

/// What reads sources into an inventory.
pub(super) struct Loader<'a> {
    pub inventory: Inventory,
    pub settings: &'a Settings,
    pub diagnostics: Diagnostics,
    /// Folders of the sources that were read, which may hold `group_vars` and `host_vars`.
    pub folders: Vec<PathBuf>,
    ignored: Vec<Regex>,
    warned_of_names: bool,
}

impl<'a> Loader<'a> {
    fn new(settings: &'a Settings) -> Loader<'a> {
        let mut loader = Loader {
            inventory: Inventory::new(settings),
            settings,
            diagnostics: Diagnostics::default(),
            folders: Vec::new(),
            ignored: Vec::new(),
            warned_of_names: false,
        };
        for pattern in settings.inventory_ignore_patterns.iter() {
            match Regex::new(pattern) {
                Ok(regex) => loader.ignored.push(regex),
                Err(error) => loader.diagnostics.push(
                    Diagnostic::bare(format!(
                        "setting `inventory_ignore_patterns` has the wrong pattern `{pattern}`"
                    ))
                    .note(error.to_string()),
                ),
            }
        }
        loader
    }

    /// Returns whether any plugin is enabled, and says which of them there are not; one of a collection is only known when
    /// it is asked for.
    fn has_enabled(&mut self) -> bool {
        let names = self.settings.inventory_enabled.value.clone();
        let is_missing = |name: &&String| {
            let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
            !short.contains('.')
                && !FORMATS.contains(&short)
                && plugins::find(short).is_none()
                && !self.is_beside(short)
        };
        let missing: Vec<&String> = names.iter().filter(is_missing).collect();
        for name in &missing {
            self.warn(format!("Failed to load inventory plugin, skipping {name}"));
        }
        let has_enabled = missing.len() < names.len();
        if !has_enabled {
            let message = "No inventory plugins available to generate inventory, make sure you have at least one enabled.";
            self.diagnostics.push(Diagnostic::bare(message));
        }
        has_enabled
    }

    fn finish(mut self) -> (Inventory, Diagnostics) {
        self.tell_misnamed();
        if self.inventory.parsed {
            if let Err(error) = self.inventory.reconcile() {
                self.diagnostics.push(Diagnostic::bare(error.to_string()));
            }
        } else {
            let settings = self.settings;
            if *settings.inventory_unparsed_is_failed {
                let message =
                    "No inventory was parsed, please check your configuration and options.";
                self.diagnostics.push(Diagnostic::bare(message));
            } else if *settings.inventory_unparsed_warning {
                self.warn("No inventory was parsed, only implicit localhost is available");
            }
            self.inventory.hide_unlinked();
        }
        let same: Vec<Arc<str>> = self.inventory.twins().cloned().collect();
        for name in same {
            self.warn(format!("Found both group and host with same name: {name}"));
        }
        self.inventory.add_implicit_localhost();
        // What `constructed` read of them before may lack groups that came later.
        self.inventory.inventory_vars.clear();
        let folders = std::mem::take(&mut self.folders);
        self.inventory.look_for_vars_plugins(&mut self.diagnostics);
        self.inventory.ask_at_start(&folders, &mut self.diagnostics);
        for folder in folders {
            self.inventory.add_inventory_folder(&folder, &mut self.diagnostics);
        }
        (self.inventory, self.diagnostics)
    }

    pub(super) fn warn(&mut self, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::bare(message).warning());
    }

    pub(super) fn absolute(&self, source: &str) -> PathBuf {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let path = match (source.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(source),
        };
        normal(&self.settings.working_dir.join(path))
    }

    /// Whether a plugin in Python, beside a playbook or in a folder of the settings, has this name.
    fn is_beside(&self, name: &str) -> bool {
        has_source_plugin(name, &self.settings.inventory_plugins.value)
    }

    /// Asks the enabled plugins in Python that lie beside playbooks; nothing where none does, or none could read the file.
    fn by_python(&mut self, path: &Path) -> Option<()> {
        let mut enabled = self.settings.inventory_enabled.iter();
        let is_asked = enabled.any(|name| {
            !FORMATS.contains(&name.as_str())
                && plugins::find(name).is_none()
                && self.is_beside(name)
        });
        if !is_asked {
            return None;
        }
        foreign::read(path, self)?.ok()
    }

    fn is_enabled(&self, kind: &str) -> bool {
        let names = self.settings.inventory_enabled.iter();
        names.into_iter().any(|name| name.strip_prefix("ansible.builtin.").unwrap_or(name) == kind)
    }

    /// Reads a list of hosts; returns whether a plugin that is enabled could.
    fn list(&mut self, source: &str) -> bool {
        let names = self.settings.inventory_enabled.value.clone();
        for name in &names {
            match name.strip_prefix("ansible.builtin.").unwrap_or(name) {
                "host_list" => {
                    host_list::read(source, &mut self.inventory);
                    self.explain_parsed(source, name);
                    return true;
                }
                "advanced_host_list" => {
                    match advanced_host_list::read(source, &mut self.inventory) {
                        Ok(()) => {
                            self.explain_parsed(source, name);
                            return true;
                        }
                        Err(reason) => self.warn(format!(
                            "Failed to parse inventory with 'advanced_host_list' plugin: {reason}"
                        )),
                    }
                }
                _ => (),
            }
        }
        self.unparsed(source);
        false
    }

    fn explain_parsed(&mut self, shown: &str, kind: &str) {
        let line = format!("Parsed {shown} inventory source with {kind} plugin");
        self.inventory.explained.push(line);
    }

    /// Says which plugins did not look at a file before one of them could read it.
    fn explain_declined(&mut self, path: &Path, shown: &str, kind: Option<&str>) {
        let extension = path.extension().map(|extension| format!(".{}", extension.display()));
        let ends_in = |known: &[&str]| extension.as_deref().is_some_and(|end| known.contains(&end));
        for name in &self.settings.inventory_enabled.value {
            let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
            if Some(short) == kind {
                break;
            }
            let declined = match short {
                "host_list" | "advanced_host_list" => true,
                "script" => !script::is_script(path),
                "auto" => !ends_in(&[".yml", ".yaml"]),
                "yaml" => {
                    let known = &self.settings.yaml_valid_extensions;
                    extension.as_ref().is_some_and(|end| !known.contains(end))
                }
                "toml" => !ends_in(&[".toml"]),
                "ini" => ends_in(&[".toml"]),
                _ => false,
            };
            if declined {
                self.inventory.explained.push(format!(
                    "{name} declined parsing {shown} as it did not pass its verify_file() method"
                ));
            }
        }
    }

    /// Says that nothing could read a source.
    fn unparsed(&mut self, shown: &str) {
        if *self.settings.inventory_any_unparsed_is_failed {
            let message = format!("Completely failed to parse inventory source {shown}");
            self.diagnostics.push(Diagnostic::bare(message));
        } else {
            self.warn(format!("Unable to parse {shown} as an inventory source"));
        }
    }

    /// Reads a file or a folder; returns whether anything in it could be read.
    fn path(&mut self, path: &Path) -> bool {
        if path.is_dir() {
            let mut names = paths::entries(path);
            names.retain(|name| !self.is_ignored(name));
            let mut parsed = false;
            for name in names {
                parsed |= self.path(&path.join(name));
            }
            if !parsed {
                self.unparsed(&path.display().to_string());
            }
            return parsed;
        }
        let shown = path.display().to_string();
        let read = self.file(path, &shown);
        self.explain_declined(path, &shown, read.as_ref().ok().copied());
        match read {
            Ok(kind) => {
                self.explain_parsed(&shown, kind);
                return true;
            }
            Err(Some(Failure { kind, error })) => {
                let message =
                    format!("Failed to parse inventory with '{kind}' plugin: {}", error.message);
                self.diagnostics.push(Diagnostic { message, ..error }.warning());
            }
            Err(None) => (),
        }
        if shown != "/etc/ansible/hosts" || path.exists() {
            self.unparsed(&shown);
        }
        false
    }

    fn is_ignored(&self, name: &str) -> bool {
        name.starts_with('.')
            || matches!(name, "host_vars" | "group_vars" | "vars_plugins")
            || self
                .settings
                .inventory_ignore_extensions
                .iter()
                .any(|end| name.ends_with(end.as_str()))
            || self.ignored.iter().any(|pattern| pattern.is_match(name))
    }

    /// Reads a file in the first format that it has, which is returned; the error is that of the format it looks like.
    fn file(&mut self, path: &Path, shown: &str) -> Result<&'static str, Option<Failure>> {
        let failed = |kind, message| Some(Failure { kind, error: Diagnostic::bare(message) });
        let bytes = fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => None,
            _ => failed("ini", format!("cannot read `{shown}`: {error}")),
        })?;
        if self.by_python(path).is_some() {
            return Ok("auto");
        }
        memory::expect_inventory(bytes.len());
        let settings = self.settings;
        let mut failure = None;
        let is_script = self.is_enabled("script") && script::is_script(path);
        if is_script {
            match script::read(path, self) {
                Ok(()) => return Ok("script"),
                Err(error) => failure = Some(Failure { kind: "script", error }),
            }
        }
        let opened = self.inventory.vault().open(bytes).map_err(|message| {
            let message = format!("Failed to parse inventory: {message}");
            Some(Failure {
                kind: "ini",
                error: Diagnostic::bare(message).note(format!("in `{shown}`")),
            })
        })?;
        let Ok(text) = String::from_utf8(opened.bytes) else {
            return Err(
                failure.or_else(|| failed("ini", format!("`{shown}` is not text in UTF-8")))
            );
        };
        // A program that failed is no inventory of another format.
        if is_script && text.starts_with("#!") {
            return Err(failure);
        }
        let source = Source::opened(shown, text, opened.is_secret);
        let extension = path.extension().map(|extension| format!(".{}", extension.display()));
        let is_yaml_name =
            extension.as_ref().is_none_or(|end| settings.yaml_valid_extensions.contains(end));
        let looks_like_yaml = extension.is_some() && is_yaml_name || source.text.starts_with("---");
        let is_toml = extension.as_deref() == Some(".toml");
        if is_yaml_name || extension.as_deref() == Some(".config") {
            match self.plugin(&source) {
                Some(Ok(())) => return Ok("auto"),
                Some(Err(error)) => return Err(Some(Failure { kind: "auto", error })),
                None => (),
            }
        }
        // A hundred thousand lines of hosts need no look at whether they are YAML.
        let is_ini =
            extension.is_none() && self.is_enabled("ini") && ini::begins_in_ini(&source.text);
        if self.is_enabled("yaml") && is_yaml_name && !is_toml && !is_ini {
            match yaml::read(&source, self) {
                Ok(()) => return Ok("yaml"),
                Err(error) => failure = failure.or(Some(Failure { kind: "yaml", error })),
            }
        }
        if self.is_enabled("toml") && is_toml {
            match toml::read(&source, self) {
                Ok(()) => return Ok("toml"),
                Err(error) => return Err(Some(Failure { kind: "toml", error })),
            }
        }
        if self.is_enabled("ini") {
            match ini::read(&source, self) {
                Ok(()) => return Ok("ini"),
                // Only what looks like YAML is judged as YAML.
                Err(error) if failure.is_none() || !looks_like_yaml => {
                    let message = format!("Failed to parse inventory: {}", error.message);
                    failure = Some(Failure { kind: "ini", error: Diagnostic { message, ..error } });
                }
                Err(_) => (),
            }
        }
        Err(failure)
    }

    /// Reads a file that names a plugin; nothing where it names none, or where that one is not enabled.
    fn plugin(&mut self, source: &Arc<Source>) -> Option<Result<(), Diagnostic>> {
        // Most inventories name none: they are parsed once only.
        if !source.text.contains("plugin") {
            return None;
        }
        let document = crate::yaml::parse(source).ok()?;
        let root = document.root?;
        let (_, name_node) = root.get("plugin")?;
        let name = name_node.as_str()?;
        let plugin = plugins::find(name);
        let is_named = plugin.is_some_and(|plugin| {
            let mut enabled = self.settings.inventory_enabled.iter();
            enabled.any(|enabled| plugin.names.contains(&enabled.as_str()))
        });
        // Whoever finds out which plugin a file names looks at YAML files alone.
        let is_yaml = [".yml", ".yaml"].iter().any(|end| source.path.ends_with(end));
        if !(is_named || is_yaml && self.is_enabled("auto")) {
            return None;
        }
        let Some(plugin) = plugin else {
            if let Some(read) = foreign::read(Path::new(&*source.path), self) {
                return Some(read);
            }
            let message =
                format!("inventory source '{}' specifies unknown plugin '{name}'", source.path);
            let error = Diagnostic::error(&name_node.span, message).label("not known");
            return Some(Err(match crate::diagnostic::closest(name, plugins::names()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(
                    "a plugin in Python needs an ansible-core that has it: activate its virtual environment",
                ),
            }));
        };
        Some((plugin.read)(&Options { source, root: &root }, self))
    }

    /// Returns a group, its name made valid where the settings want that.
    pub(super) fn group(&mut self, name: &str) -> GroupId {
        if is_plain_name(name) || *self.settings.force_valid_group_names == GroupNames::Ignore {
            return self.inventory.group_entry(name);
        }
        let mode = *self.settings.force_valid_group_names;
        if mode == GroupNames::Never {
            if !std::mem::replace(&mut self.warned_of_names, true) {
                self.warn(ODD_NAMES);
            }
            return self.inventory.group_entry(name);
        }
        if mode == GroupNames::Always && !std::mem::replace(&mut self.warned_of_names, true) {
            self.warn("Invalid characters were found in group names and automatically replaced, use -vvvv to see details");
        }
        let valid = name
            .chars()
            .enumerate()
            .map(|(n, c)| if is_of_word(c) && !(n == 0 && c.is_numeric()) { c } else { '_' });
        self.inventory.group_entry(&valid.collect::<String>())
    }

    /// Adds a host without variables to a group.
    pub(super) fn plain_host(&mut self, name: &str, group: GroupId, origin: super::OriginId) {
        let host = self.inventory.host_entry(name, Some(origin));
        self.inventory.join(group, host);
    }

    /// Adds hosts to a group with the same variables.
    pub(super) fn hosts(
        &mut self,
        names: &[String],
        port: Option<i64>,
        vars: &[Variable],
        group: GroupId,
        origin: super::OriginId,
    ) {
        for name in names {
            let is_new = self.inventory.host_id(name).is_none();
            let host = self.inventory.host_entry(name, Some(origin));
            self.inventory.join(group, host);
            // As in the reference, only the line that names a host first can give it a port.
            if let Some(port) = port.filter(|_| is_new) {
                self.set_host_var(host, Variable::new("ansible_port", port));
            }
            for variable in vars {
                self.set_host_var(host, variable.clone());
            }
        }
    }

    /// Sets a variable of a host; as in the reference, of the group that has its name where there is one.
    pub(super) fn set_host_var(&mut self, host: super::HostId, variable: Variable) {
        match self.inventory.group_id(&self.inventory.host(host).name) {
            Some(group) => {
                // A priority that is no number is refused where a group has it by its own name.
                let _ = self.inventory.set_group_var(group, variable);
            }
            None => self.inventory.set_host_var(host, variable),
        }
    }
}
