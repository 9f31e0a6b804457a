//! Roles: made, installed, listed, removed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Galaxy, Refusal,
    fetching::{self, Scratch},
    read_yaml, refused,
    requirements::RoleWanted,
    say,
    servers::Servers,
    skeleton, text, usage, warn,
};
use crate::{paths, value::Value};

/// Where a role says how it was installed.
const INSTALLED: &str = "meta/.galaxy_install_info";

const MAIN: [&str; 4] = ["meta/main.yml", "meta/main.yaml", "meta/main.json", "meta/main"];

impl Galaxy {
    pub(super) fn init_role(&self, name: &str) -> Result<u8, Refusal> {
        let around = self.args.init_path.clone().unwrap_or_else(|| PathBuf::from("."));
        let shown = around.join(name);
        let dir = self.path(&shown);
        self.make_room(&dir, &shown.display().to_string())?;
        skeleton::role(&dir, name)
            .map_err(|error| refused(format!("cannot write {}: {error}", dir.display())))?;
        say(format!("- Role {name} was created successfully"));
        Ok(0)
    }

    /// The folders of roles, the one that is installed to first.
    fn roles_paths(&self) -> Vec<PathBuf> {
        let given = self.args.path.iter().map(|path| self.path(path));
        given.chain(self.settings.roles_path.value.iter().cloned()).collect()
    }

    pub(super) fn list_roles(&self, name: Option<&str>) -> Result<u8, Refusal> {
        let (mut usable, mut missing, mut found) = (false, Vec::new(), false);
        for path in self.roles_paths() {
            if !path.is_dir() {
                let path = path.display();
                missing.push(format!("- the configured path {path} does not exist."));
                continue;
            }
            usable = true;
            let mut names = paths::entries(&path);
            names.retain(|own| name.is_none_or(|name| name == own) && is_role(&path.join(own)));
            if name.is_some() && names.is_empty() {
                continue;
            }
            found = true;
            say(format!("# {}", path.display()));
            for own in names {
                let version = version(&path.join(&own));
                let version = version.unwrap_or_else(|| "(unknown version)".to_owned());
                say(format!("- {own}, {version}"));
            }
        }
        if let Some(name) = name.filter(|_| !found) {
            missing.push(format!("- the role {name} was not found"));
        }
        missing.iter().for_each(warn);
        if usable {
            return Ok(0);
        }
        Err(usage(
            "- None of the provided paths were usable. Please specify a valid path with --roles-path",
        ))
    }

    pub(super) fn remove_roles(&self, names: &[&str]) -> Result<u8, Refusal> {
        if names.is_empty() {
            return Err(usage("the following arguments are required: role"));
        }
        for name in names {
            let paths = self.roles_paths();
            let place = paths.iter().map(|path| path.join(name)).find(|place| is_role(place));
            match place.filter(|_| is_plain(name)) {
                Some(place) => {
                    fs::remove_dir_all(&place).map_err(|error| {
                        refused(format!("cannot remove {}: {error}", place.display()))
                    })?;
                    say(format!("- successfully removed {name}"));
                }
                None => say(format!("- {name} is not installed, skipping.")),
            }
        }
        Ok(0)
    }

    pub(super) fn install_roles(&self, names: &[&str]) -> Result<u8, Refusal> {
        let mut wanted = self.requirements()?.roles;
        wanted.extend(names.iter().map(|name| RoleWanted::of_text(name)));
        if wanted.is_empty() && self.args.file.is_none() {
            return Err(usage("- you must specify a user/role name or a roles file"));
        }
        say("Starting galaxy role install process");
        wanted.reverse();
        let n_asked = wanted.len();
        let mut n_done = 0;
        let servers = Servers::of(self, &[]);
        while let Some(role) = wanted.pop() {
            let force = self.args.force && n_done < n_asked || self.args.force_with_deps;
            n_done += 1;
            match self.install_role(&role, force, &servers) {
                Ok(place) if !self.args.no_deps => {
                    for dependency in dependencies(&place)?.into_iter().rev() {
                        self.add(dependency, &mut wanted);
                    }
                }
                Ok(_) => (),
                Err(why) => {
                    warn(format!("- {} was NOT installed successfully: {why}", role.name));
                    if !self.args.ignore_errors {
                        return Err(refused(
                            "- you can use --ignore-errors to skip failed roles and finish processing the list.",
                        ));
                    }
                }
            }
        }
        Ok(0)
    }

    /// Adds a dependency, unless it is there.
    fn add(&self, role: RoleWanted, wanted: &mut Vec<RoleWanted>) {
        let known = self.roles_paths().iter().any(|path| is_role(&path.join(&role.name)));
        if known && !self.args.force_with_deps {
            say(format!("- dependency {} is already installed, skipping.", role.name));
        } else if !wanted.contains(&role) {
            say(format!("- adding dependency: {}", role.name));
            wanted.push(role);
        }
    }

    /// Installs one role; returns where it lies.
    fn install_role(
        &self,
        role: &RoleWanted,
        force: bool,
        servers: &Servers,
    ) -> Result<PathBuf, String> {
        if !is_plain(&role.name) {
            return Err(format!("`{}` cannot be the name of a folder", role.name));
        }
        let paths = self.roles_paths();
        let installed = paths.iter().map(|path| path.join(&role.name)).find(|place| is_role(place));
        let shown = |version: Option<&str>| match version {
            Some(version) => format!("{} ({version})", role.name),
            None => role.name.clone(),
        };
        if let Some(place) = installed.as_ref().filter(|_| force) {
            let unknown = || "unspecified".to_owned();
            let own = version(place).unwrap_or_else(unknown);
            let wanted = role.version.clone().unwrap_or_else(unknown);
            say(format!("- changing role {} from {own} to {wanted}", role.name));
        }
        if let Some(place) = installed.filter(|_| !force) {
            let own = version(&place);
            if role.version == own {
                let shown = shown(role.version.as_deref());
                say(format!("- {shown} is already installed, skipping."));
            } else {
                let unknown = "unspecified";
                let (own, wanted) = (own.as_deref(), role.version.as_deref());
                warn(format!(
                    "- {} ({}) is already installed - use --force to change version to {}",
                    role.name,
                    own.unwrap_or(unknown),
                    wanted.unwrap_or(unknown)
                ));
            }
            return Ok(place);
        }
        let place = paths.first().ok_or("no folder of roles is set")?.join(&role.name);
        let scratch = Scratch::beside(&place)?;
        let (made, version) = self.fetch_role(role, &scratch, servers)?;
        say(format!("- extracting {} to {}", role.name, place.display()));
        note(&made, version.as_deref()).map_err(|error| error.to_string())?;
        fetching::replace(&made, &place)?;
        say(format!("- {} was installed successfully", shown(version.as_deref())));
        Ok(place)
    }

    /// Brings a role into a folder of its own; returns the folder that holds it, and its version.
    fn fetch_role(
        &self,
        role: &RoleWanted,
        scratch: &Scratch,
        servers: &Servers,
    ) -> Result<(PathBuf, Option<String>), String> {
        let made = scratch.0.join("role");
        let mut version = role.version.clone();
        if role.is_git {
            let version = role.version.as_deref().filter(|version| !version.is_empty());
            fetching::repository(&role.src, version, &made, self.args.keep_scm_meta)?;
        } else if let Some(archive) = fetching::local(&role.src, &self.settings.working_dir) {
            if archive.is_dir() {
                return Err(format!(
                    "{} is a folder: pack it, or name it as a repository (git+file://...)",
                    archive.display()
                ));
            }
            fetching::unpack(&archive, &made)?;
        } else {
            let wanted = role.version.as_deref().filter(|version| !version.is_empty());
            let (url, server) = if role.src.contains("://") {
                (role.src.clone(), None)
            } else {
                let (owner, name) = role.src.rsplit_once('.').unwrap_or(("", &role.src));
                say(format!("- downloading role '{name}', owned by {owner}"));
                let offer = servers.role(owner, name)?;
                let (newest, url, server) = offer.archive(wanted, &role.src)?;
                version = Some(newest);
                (url, Some(server))
            };
            say(format!("- downloading role from {url}"));
            let archive = scratch.0.join("archive");
            servers.download(&url, server, &archive)?;
            fetching::unpack(&archive, &made)?;
        }
        let root =
            root(&made, 3).ok_or("this role does not appear to have a meta/main.yml file.")?;
        Ok((root, version))
    }
}

/// A name that stays below the folder of roles.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && name != "." && name != ".."
}

fn is_role(dir: &Path) -> bool {
    dir.join(INSTALLED).is_file() || MAIN.iter().any(|main| dir.join(main).is_file())
}

/// The folder that holds a role, which archives have below others.
fn root(dir: &Path, depth: usize) -> Option<PathBuf> {
    if MAIN.iter().any(|main| dir.join(main).is_file()) {
        return Some(dir.to_owned());
    }
    let depth = depth.checked_sub(1)?;
    paths::entries(dir).iter().find_map(|name| root(&dir.join(name), depth))
}

/// The version that a role was installed in.
fn version(dir: &Path) -> Option<String> {
    let told = read_yaml(&dir.join(INSTALLED)).ok()?;
    text(&told, "version").filter(|version| !version.is_empty())
}

/// Notes in a role how it was installed.
fn note(dir: &Path, version: Option<&str>) -> std::io::Result<()> {
    let now = jiff::Zoned::now().strftime("%a %b %e %H:%M:%S %Y");
    let version = match version {
        Some(version)
            if version.chars().all(|c| c.is_ascii_alphanumeric())
                && !version.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            version.to_owned()
        }
        Some(version) => format!("'{}'", version.replace('\'', "''")),
        None => "null".to_owned(),
    };
    fs::create_dir_all(dir.join("meta"))?;
    fs::write(dir.join(INSTALLED), format!("install_date: {now}\nversion: {version}\n"))
}

/// What a role depends on and can be installed: names without a source lie beside it.
fn dependencies(dir: &Path) -> Result<Vec<RoleWanted>, Refusal> {
    let mut found = Vec::new();
    let metas = MAIN.iter().map(|main| dir.join(main)).filter(|main| main.is_file());
    let meta = metas.take(1).map(|main| read_yaml(&main)).next().unwrap_or(Ok(Value::None))?;
    let own = [dir.join("meta/requirements.yml"), dir.join("meta/requirements.yaml")];
    let mut lists = vec![meta.get("dependencies").cloned()];
    for file in own.iter().filter(|file| file.is_file()) {
        lists.push(Some(read_yaml(file)?));
    }
    for value in lists.iter().flatten().filter_map(Value::as_list).flat_map(|list| list.iter()) {
        let names_source = value.get("src").is_some();
        found.extend(
            RoleWanted::of_value(value)
                .filter(|role| names_source || role.src.contains('.') || role.src.contains('/')),
        );
    }
    Ok(found)
}
