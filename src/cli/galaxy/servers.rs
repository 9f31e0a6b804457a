//! The Galaxy servers of a run: the first one that has something gives it.

use std::{cell::RefCell, collections::HashMap, fs::File, path::Path};

use windlass_modules::{
    host::{Hasher, Host, HostOptions, Tee},
    http::Options,
};

use super::{
    Galaxy, read_yaml,
    server::{Release, RoleOffer, Server, Token, accept, get, origin},
    text, warn,
};
use crate::settings::{Catalogue, Environment, GalaxyServer};

/// The servers that are asked, the first one first.
pub(super) struct Servers {
    all: Vec<Server>,
    host: Host,
    /// Who has which versions of a collection, by its name.
    versions: RefCell<HashMap<String, Result<Vec<Offer>, String>>>,
}

/// A version that a server has.
#[derive(Clone)]
struct Offer {
    version: String,
    /// The server's place among all.
    server: usize,
}

impl Servers {
    /// Returns the servers of the command line or of the settings, behind those that requirements name; none where none is
    /// to be asked.
    pub(super) fn of(galaxy: &Galaxy, sources: &[&str]) -> Servers {
        let settings = &galaxy.settings;
        let mut listed = Vec::new();
        if !settings.galaxy_server_list.value.is_empty()
            && let Ok(catalogue) = Catalogue::read(&Environment::of_process(), None)
        {
            listed = catalogue.servers;
        }
        let named = galaxy.args.server.as_deref();
        let is_named = |server: &&GalaxyServer| named.is_none_or(|name| server.name == name);
        let checks = !galaxy.args.ignore_certs && !settings.galaxy_ignore_certs.value;
        let timeout = u64::try_from(settings.galaxy_server_timeout.value).unwrap_or(60);
        let mut all: Vec<Server> = listed
            .iter()
            .filter(is_named)
            .map(|server| Server::of(server, checks, timeout))
            .collect();
        if all.is_empty() {
            let kept = read_yaml(&settings.galaxy_token_path.value).ok();
            let kept = kept.and_then(|kept| text(&kept, "token"));
            let token = galaxy.args.token.clone().or(kept);
            let (name, url) = match named {
                Some(url) => ("cmd_arg", url),
                None => ("default", settings.galaxy_server.value.as_str()),
            };
            let options = Options::usual(timeout, checks);
            let token = token.filter(|token| !token.is_empty());
            all.push(Server::new(name, url, options, token.map(Token::Own)));
        }
        let is_new = |source: &&&str| {
            let known = |server: &Server| server.name == **source || server.url == **source;
            source.contains("://") && !all.iter().any(known)
        };
        let more: Vec<Server> = sources
            .iter()
            .filter(is_new)
            .map(|source| Server::new(source, source, Options::usual(timeout, checks), None))
            .collect();
        all.splice(0..0, more);
        if galaxy.args.offline {
            all.clear();
        }
        Servers { all, host: Host::new(HostOptions::default()), versions: RefCell::default() }
    }

    /// Returns the versions of a collection that servers have; the first server that has one gives it.
    pub(super) fn versions(&self, name: &str) -> Result<Vec<String>, String> {
        if let Some(known) = self.versions.borrow().get(name) {
            return known.clone().map(|offers| offers.into_iter().map(|one| one.version).collect());
        }
        let (mut offers, mut failure, mut answered) = (Vec::<Offer>::new(), None, false);
        for (at, server) in self.all.iter().enumerate() {
            match server.versions(&self.host, name) {
                Ok(versions) => {
                    answered = true;
                    for version in versions {
                        if !offers.iter().any(|known| known.version == version) {
                            offers.push(Offer { version, server: at });
                        }
                    }
                }
                Err(error) => {
                    let url = server.shown();
                    warn(format!(
                        "Skipping Galaxy server {url}. Got an unexpected error when getting available versions of collection {name}: {error}"
                    ));
                    failure = Some(error);
                }
            }
        }
        let found = match failure {
            Some(error) if !answered => Err(error),
            _ => Ok(offers),
        };
        self.versions.borrow_mut().insert(name.to_owned(), found.clone());
        found.map(|offers| offers.into_iter().map(|one| one.version).collect())
    }

    /// Returns whether nobody can say which versions of a collection there are.
    pub(super) fn are_silent_about(&self, name: &str) -> bool {
        self.all.is_empty() || self.versions(name).is_err()
    }

    /// Returns what a server says of a version.
    pub(super) fn release(&self, name: &str, version: &str) -> Result<Release, String> {
        self.versions(name)?;
        let known = self.versions.borrow();
        let offers = known.get(name).and_then(|found| found.as_ref().ok());
        let offer = offers.and_then(|offers| offers.iter().find(|one| one.version == version));
        let at = offer.map_or(0, |offer| offer.server);
        let server = self.all.get(at).ok_or_else(|| format!("no server has {name}:{version}"))?;
        server.release(&self.host, (name, version), at)
    }

    /// Returns the role of a name, and the server's place that has it.
    pub(super) fn role(&self, owner: &str, name: &str) -> Result<RoleOffer, String> {
        let mut last = None;
        for (at, server) in self.all.iter().enumerate() {
            match server.role(&self.host, owner, name, at)? {
                Some(found) => return Ok(found),
                None => last = Some(server.shown()),
            }
        }
        let whole = if owner.is_empty() { name.to_owned() } else { format!("{owner}.{name}") };
        match last {
            Some(url) => Err(format!("- sorry, {whole} was not found on {url}.")),
            None => Err(format!("- {whole} is only known to a server, and none is to be asked.")),
        }
    }

    /// Brings a file here, and returns its SHA-256.
    pub(super) fn download(
        &self,
        url: &str,
        at: Option<usize>,
        file: &Path,
    ) -> Result<String, String> {
        let told = |error: std::io::Error| format!("cannot write {}: {error}", file.display());
        let server = at.and_then(|at| self.all.get(at));
        let mut headers = vec![accept("*/*")];
        let mut options =
            server.map_or_else(|| Options::usual(60, true), |server| server.options.clone());
        match server.filter(|server| origin(&server.url) == origin(url)) {
            Some(own) => headers.extend(own.who(&self.host)),
            // Archives may lie elsewhere, where nobody is told who asks.
            None => options.credentials = None,
        }
        let mut response = get(&self.host, &options, url, headers)?;
        if response.status >= 400 {
            let (status, reason) = (response.status, &response.reason);
            return Err(format!(
                "Failed to download the file '{url}': HTTP Error {status}: {reason}"
            ));
        }
        let mut out = File::create(file).map_err(told)?;
        let mut sum = Hasher::sha256();
        std::io::copy(&mut response.body, &mut Tee(vec![&mut out, &mut sum]))
            .map_err(|error| format!("Failed to download the file '{url}': {error}"))?;
        Ok(sum.hex())
    }

    /// Brings the archive of a version here.
    pub(super) fn fetch(&self, release: &Release, file: &Path) -> Result<(), String> {
        let sum = self.download(&release.download_url, Some(release.server), file)?;
        match &release.sha256 {
            Some(told) if *told != sum => Err("Mismatch artifact hash with downloaded file".into()),
            _ => Ok(()),
        }
    }
}

impl RoleOffer {
    /// Returns the version that is wanted, or else the newest, and where its archive is.
    pub(super) fn archive(
        &self,
        wanted: Option<&str>,
        shown: &str,
    ) -> Result<(String, String, usize), String> {
        let chosen = match wanted {
            Some(wanted) => {
                let found = self.versions.iter().find(|(name, _)| name == wanted);
                if found.is_none() && !self.versions.is_empty() && wanted != self.branch {
                    let names: Vec<_> = self.versions.iter().map(|one| one.0.as_str()).collect();
                    return Err(format!(
                        "- the specified version ({wanted}) of {shown} was not found in the list of available versions ({}).",
                        names.join(", ")
                    ));
                }
                found.cloned().unwrap_or_else(|| (wanted.to_owned(), None))
            }
            None => {
                let newest = self.versions.iter().max_by(|one, other| {
                    crate::template::loose_order(&one.0, &other.0)
                        .unwrap_or(std::cmp::Ordering::Equal)
                });
                newest.cloned().unwrap_or_else(|| (self.branch.clone(), None))
            }
        };
        let RoleOffer { user, repository, .. } = self;
        let (version, url) = chosen;
        let url = url.unwrap_or_else(|| {
            format!("https://github.com/{user}/{repository}/archive/{version}.tar.gz")
        });
        Ok((version, url, self.server))
    }
}
