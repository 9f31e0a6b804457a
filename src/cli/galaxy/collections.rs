//! Collections: made, built, installed, listed, verified.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json, json};

use super::{
    Galaxy, Refusal,
    artifact::{self, Info},
    fetching::{self, Scratch},
    options::Format,
    refused,
    requirements::CollectionWanted,
    say, skeleton, usage, warn,
};
use crate::paths;

const ROOT: &str = "ansible_collections";

impl Galaxy {
    pub(super) fn init_collection(&self, name: &str) -> Result<u8, Refusal> {
        let (namespace, own) = split(name)?;
        let around = self.args.init_path.clone().unwrap_or_else(|| PathBuf::from("."));
        let shown = around.join(namespace).join(own);
        let dir = self.path(&shown);
        self.make_room(&dir, &shown.display().to_string())?;
        skeleton::collection(&dir, namespace, own)
            .map_err(|error| refused(format!("cannot write {}: {error}", dir.display())))?;
        say(format!("- Collection {name} was created successfully"));
        Ok(0)
    }

    pub(super) fn build_collections(&self, paths: &[&str]) -> Result<u8, Refusal> {
        let paths = if paths.is_empty() { &["."][..] } else { paths };
        let output = self.path(self.args.output_path.as_deref().unwrap_or(Path::new(".")));
        fs::create_dir_all(&output)
            .map_err(|error| refused(format!("cannot make {}: {error}", output.display())))?;
        for path in paths {
            let sources = self.path(Path::new(path));
            let info = Info::of_sources(&sources)?;
            let Info { namespace, name, version, .. } = &info;
            let archive = output.join(format!("{namespace}-{name}-{version}.tar.gz"));
            let shown = archive.display();
            if archive.is_dir() {
                return Err(refused(format!(
                    "The output collection artifact '{shown}' already exists, but is a directory - aborting"
                )));
            }
            if archive.exists() && !self.args.force {
                return Err(refused(format!(
                    "The file '{shown}' already exists. You can use --force to re-create the collection artifact."
                )));
            }
            artifact::build(&info, &sources, &archive).map_err(refused)?;
            say(format!("Created collection for {} at {shown}", info.full_name()));
        }
        Ok(0)
    }

    /// The folders `ansible_collections`, the one that is installed to first.
    fn collection_roots(&self) -> Vec<PathBuf> {
        let given = self.args.path.iter().map(|path| self.path(path));
        let all = given.chain(self.settings.collections_path.value.iter().cloned());
        all.map(|path| if path.ends_with(ROOT) { path } else { path.join(ROOT) }).collect()
    }

    /// The installed collection of this name.
    fn installed(&self, name: &str) -> Option<(PathBuf, Info)> {
        let (namespace, own) = name.split_once('.')?;
        self.collection_roots().into_iter().find_map(|root| {
            let dir = root.join(namespace).join(own);
            let info = Info::of_manifest(&dir).or_else(|| Info::of_sources(&dir).ok())?;
            Some((dir, info))
        })
    }

    pub(super) fn install_collections(&self, names: &[&str]) -> Result<u8, Refusal> {
        let mut wanted = self.requirements()?.collections;
        wanted.extend(names.iter().map(|name| CollectionWanted::of_text(name)));
        if wanted.is_empty() && self.args.file.is_none() {
            return Err(usage("You must specify a collection name or a requirements file."));
        }
        self.warn_of_place();
        let roots = self.collection_roots();
        let root = roots.first().ok_or_else(|| refused("no folder of collections is set"))?;
        fs::create_dir_all(root)
            .map_err(|error| refused(format!("cannot make {}: {error}", root.display())))?;
        let mut found = Vec::new();
        for wanted in &wanted {
            found.extend(self.fetch_collection(wanted, root)?);
        }
        say("Starting galaxy collection install process");
        let known = |fetched: &Fetched| {
            let installed = self.installed(&fetched.info.full_name());
            installed.is_some_and(|(_, info)| info.version == fetched.info.version)
        };
        if !self.args.force && !self.args.force_with_deps {
            found.retain(|fetched| !known(fetched));
        }
        if found.is_empty() {
            say(
                "Nothing to do. All requested collections are already installed. If you want to reinstall them, consider using `--force`.",
            );
            return Ok(0);
        }
        say("Process install dependency map");
        if !self.args.no_deps {
            self.check_dependencies(&found)?;
        }
        say("Starting collection install process");
        for fetched in found {
            fetched.install(root).map_err(refused)?;
        }
        Ok(0)
    }

    /// Warns where no run would find what is installed.
    fn warn_of_place(&self) {
        let Some(path) = &self.args.path else { return };
        let (path, known) = (self.path(path), &self.settings.collections_path.value);
        let parent = path.parent().filter(|_| path.ends_with(ROOT));
        if known.iter().any(|known| *known == path || Some(known.as_path()) == parent) {
            return;
        }
        let path = path.display();
        warn(format!(
            "collections are looked for beside playbooks and where `collections_path` says, which does not name '{path}'"
        ));
    }

    /// What collections depend on is asked for, too, or there.
    fn check_dependencies(&self, found: &[Fetched]) -> Result<(), Refusal> {
        let mut missing = Vec::new();
        for fetched in found {
            for (name, version) in &fetched.info.dependencies {
                let asked = found.iter().find(|other| other.info.full_name() == *name);
                let have = asked.map(|other| other.info.version.clone());
                let have = have.or_else(|| self.installed(name).map(|(_, info)| info.version));
                if !have.is_some_and(|have| artifact::fits(&have, version)) {
                    let by = fetched.info.full_name();
                    missing.push(format!(
                        "* {name}:{version} (dependency of {by}:{})",
                        fetched.info.version
                    ));
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(refused(format!(
            "Failed to resolve the requested dependencies map. Could not satisfy the following requirements:\n{}",
            missing.join("\n")
        )))
    }

    /// Brings what is wanted to a folder beside its place; nothing where it is a name that is installed.
    fn fetch_collection(
        &self,
        wanted: &CollectionWanted,
        root: &Path,
    ) -> Result<Option<Fetched>, Refusal> {
        let scratch = Scratch::beside(&root.join("new")).map_err(refused)?;
        let made = scratch.0.join("made");
        let src = wanted.src.as_str();
        if wanted.kind.as_deref() == Some("git") {
            let (address, below) = split_fragment(src.strip_prefix("git+").unwrap_or(src));
            let clone = scratch.0.join("clone");
            let version = wanted.version.as_deref();
            fetching::repository(address, version, &clone, false).map_err(refused)?;
            return Fetched::of_sources(&clone.join(below), scratch, made).map(Some);
        }
        if let Some(path) = fetching::local(src, &self.settings.working_dir) {
            if path.is_dir() {
                return Fetched::of_sources(&path, scratch, made).map(Some);
            }
            fetching::unpack(&path, &made).map_err(refused)?;
            let info = Info::of_manifest(&made).ok_or_else(|| {
                let path = path.display();
                refused(format!(
                    "Collection at '{path}' does not contain the required file MANIFEST.json."
                ))
            })?;
            let changed = artifact::modified(&made).map_err(refused)?;
            if let Some(file) = changed.first() {
                let path = path.display();
                return Err(refused(format!(
                    "Checksum mismatch for '{file}' inside collection at '{path}'"
                )));
            }
            return Ok(Some(Fetched { info, made, from_sources: false, _scratch: scratch }));
        }
        let Ok(_) = split(src) else {
            return Err(refused(format!(
                "Neither the collection requirement entry key 'name', nor 'source' point to a concrete resolvable collection artifact. Also 'name' is not an FQCN. A valid collection name must be in the format <namespace>.<collection>. Please make sure that the namespace and the collection name contain characters from [a-zA-Z0-9_] only.\n\nCould not find {src}.\n"
            )));
        };
        let version = wanted.version.as_deref().unwrap_or("*");
        let installed = self.installed(src);
        if installed.is_some_and(|(_, info)| artifact::fits(&info.version, version)) {
            return Ok(None);
        }
        let built_in = windlass_modules::ALL
            .iter()
            .any(|module| module.full_name().starts_with(&format!("{src}.")));
        if built_in {
            warn(format!(
                "{src} is not installed: windlass has its modules itself, as far as it has them"
            ));
            return Ok(None);
        }
        let message = format!(
            "Failed to resolve the requested dependencies map. Could not satisfy the following requirements:\n* {src}:{version} (direct request)"
        );
        let error = crate::diagnostic::Diagnostic::bare(message).hint(
            "windlass asks no Galaxy server: name its repository (git+https://...) or an archive on this machine",
        );
        Err(Refusal::new(super::ERROR, error))
    }

    pub(super) fn list_collections(&self, name: Option<&str>) -> Result<u8, Refusal> {
        if let Some(name) = name {
            split(name)?;
        }
        let (mut usable, mut missing, mut all) = (false, Vec::new(), Map::new());
        for root in self.collection_roots() {
            if !root.is_dir() {
                let shown = root.parent().unwrap_or(&root).display().to_string();
                missing.push(format!("- the configured path {shown} does not exist."));
                continue;
            }
            usable = true;
            let found = installed_in(&root, name);
            if !found.is_empty() {
                all.insert(root.display().to_string(), found.into());
            }
        }
        match self.args.format {
            Format::Human => all.iter().for_each(|(root, found)| say(table(root, found))),
            Format::Json => say(windlass_modules::spec::python_json(&Json::Object(all))),
            Format::Yaml => say(yaml(all).trim_end()),
        }
        if !usable {
            missing.iter().for_each(warn);
            return Err(usage(
                "- None of the provided paths were usable. Please specify a valid path with --collections-path",
            ));
        }
        Ok(0)
    }

    pub(super) fn verify_collections(&self, names: &[&str]) -> Result<u8, Refusal> {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.extend(self.requirements()?.collections.into_iter().map(|wanted| wanted.src));
        if names.is_empty() {
            return Err(usage("You must specify a collection name or a requirements file."));
        }
        let mut status = 0;
        for name in &names {
            let name = name.split(':').next().unwrap_or_default();
            split(name)?;
            let Some((dir, info)) = self.installed(name) else {
                return Err(refused(format!(
                    "Collection {name} is not installed in any of the collection paths."
                )));
            };
            let shown = format!("{name}:{}", info.version);
            say(format!("Verifying '{shown}'."));
            say(format!("Installed collection found at '{}'", dir.display()));
            let manifest = fs::read(dir.join("MANIFEST.json")).unwrap_or_default();
            say(format!("MANIFEST.json hash: {}", artifact::hash(&manifest)));
            let changed = artifact::modified(&dir).map_err(refused)?;
            if changed.is_empty() {
                say(format!(
                    "Successfully verified that checksums for '{shown}' are internally consistent with its manifest."
                ));
            } else {
                say(format!("Collection {name} contains modified content in the following files:"));
                for file in changed {
                    say(format!("    {file}"));
                }
                status = super::ERROR;
            }
        }
        Ok(status)
    }
}

/// A collection that is ready to be put in its place.
struct Fetched {
    info: Info,
    made: PathBuf,
    from_sources: bool,
    _scratch: Scratch,
}

impl Fetched {
    fn of_sources(sources: &Path, scratch: Scratch, made: PathBuf) -> Result<Fetched, Refusal> {
        let info = Info::of_sources(sources)?;
        artifact::assemble(&info, sources, &made).map_err(refused)?;
        Ok(Fetched { info, made, from_sources: true, _scratch: scratch })
    }

    fn install(self, root: &Path) -> Result<(), String> {
        let place = root.join(&self.info.namespace).join(&self.info.name);
        let shown = format!("{}:{}", self.info.full_name(), self.info.version);
        say(format!("Installing '{shown}' to '{}'", place.display()));
        let around = root.join(&self.info.namespace);
        fs::create_dir_all(&around)
            .map_err(|error| format!("cannot make {}: {error}", around.display()))?;
        fetching::replace(&self.made, &place)?;
        if self.from_sources {
            say(format!("Created collection for {shown} at {}", place.display()));
        }
        say(format!("{shown} was installed successfully"));
        Ok(())
    }
}

/// Splits `NAMESPACE.NAME`.
fn split(name: &str) -> Result<(&str, &str), Refusal> {
    let is_word = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match name.split_once('.') {
        Some((namespace, own)) if is_word(namespace) && is_word(own) => Ok((namespace, own)),
        _ => Err(refused(format!(
            "Invalid collection name '{name}', name must be in the format <namespace>.<collection>. \nPlease make sure namespace and collection name contains characters from [a-zA-Z0-9_] only.\n"
        ))),
    }
}

/// Splits `REPOSITORY#/FOLDER`.
fn split_fragment(address: &str) -> (&str, &str) {
    let (address, below) = address.split_once('#').unwrap_or((address, ""));
    (address, below.trim_start_matches('/'))
}

/// The collections below a folder `ansible_collections`, with their versions.
fn installed_in(root: &Path, name: Option<&str>) -> Map<String, Json> {
    let mut found = Map::new();
    for namespace in paths::entries(root) {
        for own in paths::entries(&root.join(&namespace)) {
            let full = format!("{namespace}.{own}");
            if name.is_some_and(|name| name != full) {
                continue;
            }
            let dir = root.join(&namespace).join(&own);
            let info = Info::of_manifest(&dir).or_else(|| Info::of_sources(&dir).ok());
            if let Some(info) = info {
                found.insert(full, json!({"version": info.version}));
            } else if ["plugins", "roles", "playbooks"].iter().any(|part| dir.join(part).is_dir()) {
                found.insert(full, json!({"version": "*"}));
            }
        }
    }
    found
}

fn yaml(all: Map<String, Json>) -> String {
    crate::yaml::write(&Json::Object(all).into(), &crate::yaml::Style::default())
        .unwrap_or_default()
}

/// The collections of a folder as a table.
fn table(root: &str, found: &Json) -> String {
    let rows: Vec<(&str, &str)> = found
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, about)| (name.as_str(), about["version"].as_str().unwrap_or_default()))
        .collect();
    let width = |title: &str, of: &dyn Fn(&(&str, &str)) -> usize| {
        rows.iter().map(of).chain([title.len()]).max().unwrap_or_default()
    };
    let names = width("Collection", &|row| row.0.len());
    let versions = width("Version", &|row| row.1.len());
    let mut text = format!("\n# {root}\n{:names$} {:versions$}\n", "Collection", "Version");
    text.push_str(&format!("{} {}", "-".repeat(names), "-".repeat(versions)));
    for (name, version) in rows {
        text.push_str(&format!("\n{name:names$} {version:versions$}"));
    }
    text
}
