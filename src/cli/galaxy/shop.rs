//! Where collections come from: what was given, what is installed, and what servers have.

use std::path::{Path, PathBuf};

use super::{
    Galaxy, Refusal,
    artifact::fits,
    fetched::Fetched,
    fetching::Scratch,
    refused,
    requirements::CollectionWanted,
    resolve::{Chosen, Demand, Shelf, resolve},
    say,
    server::Release,
    servers::Servers,
    warn,
};

pub(super) struct Shop<'g> {
    galaxy: &'g Galaxy,
    pub(super) servers: Servers,
    /// Collections of repositories, archives and folders.
    pub(super) given: Vec<Fetched>,
    demands: Vec<Demand>,
    /// Whether what is installed need not be brought.
    keeps: bool,
}

/// An archive that a server gave; its folder goes away with it.
pub(super) struct Archive {
    pub(super) path: PathBuf,
    release: Release,
    scratch: Scratch,
}

impl<'g> Shop<'g> {
    /// Brings what was given beside `root`; the rest is asked for by its name.
    pub(super) fn of(
        galaxy: &'g Galaxy,
        wanted: &[CollectionWanted],
        root: &Path,
        keeps: bool,
    ) -> Result<Shop<'g>, Refusal> {
        let sources: Vec<&str> = wanted.iter().filter_map(|one| one.server.as_deref()).collect();
        let mut shop = Shop {
            galaxy,
            servers: Servers::of(galaxy, &sources),
            given: Vec::new(),
            demands: Vec::new(),
            keeps,
        };
        for wanted in wanted {
            let mut demand = Demand {
                name: wanted.src.clone(),
                versions: wanted.version.clone().unwrap_or_else(|| "*".to_owned()),
                by: None,
            };
            if let Some(fetched) = galaxy.fetch_given(wanted, root, &shop.servers)? {
                (demand.name, demand.versions) =
                    (fetched.info.full_name(), fetched.info.version.clone());
                shop.given.push(fetched);
            }
            shop.demands.push(demand);
        }
        Ok(shop)
    }

    /// Whether all that is asked for is there already.
    pub(super) fn has_all(&self) -> bool {
        let args = &self.galaxy.args;
        let is_there = |demand: &Demand| {
            let installed = self.installed(&demand.name);
            installed.is_some_and(|version| fits(&version, &demand.versions))
        };
        !args.force && !args.force_with_deps && !args.upgrade && self.demands.iter().all(is_there)
    }

    /// Chooses versions of all that is asked for and of what it needs.
    pub(super) fn choose(&self) -> Result<Chosen, Refusal> {
        let mut demands = self.demands.clone();
        demands.retain(|demand| !self.is_ours_alone(&demand.name));
        resolve(demands, self).map_err(|why| refused(why.message()))
    }

    /// Whether this version is there and stays.
    pub(super) fn is_installed(&self, name: &str, version: &str) -> bool {
        self.keeps && !self.is_forced(name) && self.installed(name).as_deref() == Some(version)
    }

    /// Takes a collection that was given.
    pub(super) fn take(&mut self, name: &str) -> Option<Fetched> {
        let at = self.given.iter().position(|given| given.info.full_name() == name)?;
        Some(self.given.swap_remove(at))
    }

    /// Brings a version's archive from its server to a folder of its own below `root`.
    pub(super) fn bring(&self, name: &str, version: &str, root: &Path) -> Result<Archive, Refusal> {
        let release = self.servers.release(name, version).map_err(refused)?;
        let scratch = Scratch::beside(&root.join("new")).map_err(refused)?;
        let path = scratch.0.join("archive");
        say(format!("Downloading {} to {}", release.download_url, path.display()));
        self.servers.fetch(&release, &path).map_err(refused)?;
        Ok(Archive { path, release, scratch })
    }

    /// Brings a version from its server, ready to be put in its place.
    pub(super) fn fetch(&self, name: &str, version: &str, root: &Path) -> Result<Fetched, Refusal> {
        let Archive { path, release, scratch } = self.bring(name, version, root)?;
        let fetched = Fetched::of_archive(&path, &release.download_url, scratch)?;
        Ok(fetched.with(release))
    }

    fn installed(&self, name: &str) -> Option<String> {
        self.galaxy.installed(name).map(|(_, info)| info.version)
    }

    /// Whether a collection is installed again, though it is there.
    fn is_forced(&self, name: &str) -> bool {
        let args = &self.galaxy.args;
        args.force_with_deps || args.force && self.demands.iter().any(|one| one.name == name)
    }

    fn given(&self, name: &str) -> Option<&Fetched> {
        self.given.iter().find(|given| given.info.full_name() == name)
    }

    /// Whether nobody has a collection but windlass itself, which has its modules; that is said.
    fn is_ours_alone(&self, name: &str) -> bool {
        let is_ours = windlass_modules::ALL
            .iter()
            .any(|module| module.full_name().starts_with(&format!("{name}.")));
        let is_alone = is_ours
            && self.keeps
            && self.given(name).is_none()
            && self.installed(name).is_none()
            && self.servers.are_silent_about(name);
        if is_alone {
            warn(format!(
                "{name} is not installed: windlass has its modules itself, as far as it has them"
            ));
        }
        is_alone
    }
}

impl Shelf for Shop<'_> {
    fn at_hand(&self, name: &str) -> Option<String> {
        if let Some(given) = self.given(name) {
            return Some(given.info.version.clone());
        }
        let stays = self.keeps && !self.galaxy.args.upgrade && !self.is_forced(name);
        self.installed(name).filter(|_| stays)
    }

    fn versions(&self, name: &str) -> Result<Vec<String>, String> {
        match self.given(name) {
            Some(given) => Ok(vec![given.info.version.clone()]),
            None => self.servers.versions(name),
        }
    }

    fn needs(&self, name: &str, version: &str) -> Result<Vec<(String, String)>, String> {
        if self.galaxy.args.no_deps {
            return Ok(Vec::new());
        }
        let mut needs = match self.given(name) {
            Some(given) => given.info.dependencies.clone(),
            None if self.is_installed(name, version) => {
                let installed = self.galaxy.installed(name);
                installed.map(|(_, info)| info.dependencies).unwrap_or_default()
            }
            None => self.servers.release(name, version)?.needs,
        };
        needs.retain(|(name, _)| !self.is_ours_alone(name));
        Ok(needs)
    }

    fn takes_early(&self) -> bool {
        self.galaxy.args.pre
    }
}
