//! Collections: made, built, installed, listed, verified.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value as Json, json};

use super::{
    Galaxy, Refusal,
    artifact::{self, Info},
    fetched::Fetched,
    fetching::{self, Scratch},
    options::Format,
    refused,
    requirements::CollectionWanted,
    say,
    servers::Servers,
    shop::Shop,
    skeleton, usage, warn,
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
    pub(super) fn installed(&self, name: &str) -> Option<(PathBuf, Info)> {
        let (namespace, own) = name.split_once('.')?;
        self.collection_roots().into_iter().find_map(|root| {
            let dir = root.join(namespace).join(own);
            let info = Info::of_manifest(&dir).or_else(|| Info::of_sources(&dir).ok())?;
            Some((dir, info))
        })
    }

    /// What the command line and the file of requirements name.
    fn wanted_collections(&self, names: &[&str]) -> Result<Vec<CollectionWanted>, Refusal> {
        let mut wanted = self.requirements()?.collections;
        wanted.extend(names.iter().map(|name| CollectionWanted::of_text(name)));
        if wanted.is_empty() && self.args.file.is_none() {
            return Err(usage("You must specify a collection name or a requirements file."));
        }
        Ok(wanted)
    }

    pub(super) fn install_collections(&self, names: &[&str]) -> Result<u8, Refusal> {
        let wanted = self.wanted_collections(names)?;
        self.warn_of_place();
        let roots = self.collection_roots();
        let root = roots.first().ok_or_else(|| refused("no folder of collections is set"))?;
        fs::create_dir_all(root)
            .map_err(|error| refused(format!("cannot make {}: {error}", root.display())))?;
        let mut shop = Shop::of(self, &wanted, root, true)?;
        say("Starting galaxy collection install process");
        if shop.has_all() {
            say(
                "Nothing to do. All requested collections are already installed. If you want to reinstall them, consider using `--force`.",
            );
            return Ok(0);
        }
        say("Process install dependency map");
        let chosen = shop.choose()?;
        say("Starting collection install process");
        for (name, version) in chosen {
            if shop.is_installed(&name, &version) {
                say(format!("'{name}:{version}' is already installed, skipping."));
                continue;
            }
            let fetched = match shop.take(&name) {
                Some(fetched) => fetched,
                None => shop.fetch(&name, &version, root)?,
            };
            fetched.install(root).map_err(refused)?;
        }
        Ok(0)
    }

    /// Brings archives of collections, and of all that they need, into a folder.
    pub(super) fn download_collections(&self, names: &[&str]) -> Result<u8, Refusal> {
        let wanted = self.wanted_collections(names)?;
        let path = self.path(self.args.path.as_deref().unwrap_or(Path::new("./collections")));
        let shown = path.display();
        let told = |error: std::io::Error| refused(format!("cannot write {shown}: {error}"));
        fs::create_dir_all(&path).map_err(told)?;
        say("Process download dependency map");
        let shop = Shop::of(self, &wanted, &path, false)?;
        if let Some(given) = shop.given.first() {
            let name = given.info.full_name();
            return Err(refused(format!(
                "{name} is not on a server: it can be built, not downloaded"
            )));
        }
        let chosen = shop.choose()?;
        say(format!("Starting collection download process to '{shown}'"));
        let mut listed = "collections:\n".to_owned();
        for (name, version) in chosen {
            let file = format!("{}-{version}.tar.gz", name.replacen('.', "-", 1));
            say(format!("Downloading collection '{name}:{version}' to '{shown}'"));
            let archive = shop.bring(&name, &version, &path)?;
            fetching::replace(&archive.path, &path.join(&file)).map_err(refused)?;
            say(format!("Collection '{name}:{version}' was downloaded successfully"));
            listed.push_str(&format!("- name: {file}\n  version: {version}\n"));
        }
        let list = path.join("requirements.yml");
        say(format!(
            "Writing requirements.yml file of downloaded collections to '{}'",
            list.display()
        ));
        fs::write(&list, listed).map_err(told)?;
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

    /// Brings what lies in a repository, in an archive or in a folder beside its place; nothing where it is a name.
    pub(super) fn fetch_given(
        &self,
        wanted: &CollectionWanted,
        root: &Path,
        servers: &Servers,
    ) -> Result<Option<Fetched>, Refusal> {
        let scratch = Scratch::beside(&root.join("new")).map_err(refused)?;
        let src = wanted.src.as_str();
        if wanted.kind.as_deref() == Some("git") {
            let (address, below) = split_fragment(src.strip_prefix("git+").unwrap_or(src));
            let clone = scratch.0.join("clone");
            let version = wanted.version.as_deref();
            fetching::repository(address, version, &clone, false).map_err(refused)?;
            return Fetched::of_sources(&clone.join(below), scratch).map(Some);
        }
        if let Some(path) = fetching::local(src, &self.settings.working_dir) {
            if path.is_dir() {
                return Fetched::of_sources(&path, scratch).map(Some);
            }
            return Fetched::of_archive(&path, &path.display().to_string(), scratch).map(Some);
        }
        if src.starts_with("http://") || src.starts_with("https://") {
            let archive = scratch.0.join("archive");
            say(format!("Downloading {src} to {}", archive.display()));
            servers.download(src, None, &archive).map_err(refused)?;
            return Fetched::of_archive(&archive, src, scratch).map(Some);
        }
        if split(src).is_ok() {
            return Ok(None);
        }
        Err(refused(format!(
            "Neither the collection requirement entry key 'name', nor 'source' point to a concrete resolvable collection artifact. Also 'name' is not an FQCN. A valid collection name must be in the format <namespace>.<collection>. Please make sure that the namespace and the collection name contain characters from [a-zA-Z0-9_] only.\n\nCould not find {src}.\n"
        )))
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
