//! A collection that is here, and goes to its place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Refusal,
    artifact::{self, Info},
    fetching::{self, Scratch},
    refused, say,
    server::Release,
};

/// A collection that is ready to be put in its place.
pub(super) struct Fetched {
    pub(super) info: Info,
    made: PathBuf,
    from_sources: bool,
    /// What a server said of it.
    release: Option<Release>,
    _scratch: Scratch,
}

impl Fetched {
    pub(super) fn of_sources(sources: &Path, scratch: Scratch) -> Result<Fetched, Refusal> {
        let made = scratch.0.join("made");
        let info = Info::of_sources(sources)?;
        artifact::assemble(&info, sources, &made).map_err(refused)?;
        Ok(Fetched { info, made, from_sources: true, release: None, _scratch: scratch })
    }

    /// Unpacks an archive and checks what is in it; `shown` is how it is called.
    pub(super) fn of_archive(
        archive: &Path,
        shown: &str,
        scratch: Scratch,
    ) -> Result<Fetched, Refusal> {
        let made = scratch.0.join("made");
        fetching::unpack(archive, &made).map_err(refused)?;
        let info = Info::of_manifest(&made).ok_or_else(|| {
            refused(format!(
                "Collection at '{shown}' does not contain the required file MANIFEST.json."
            ))
        })?;
        let changed = artifact::modified(&made).map_err(refused)?;
        if let Some(file) = changed.first() {
            return Err(refused(format!(
                "Checksum mismatch for '{file}' inside collection at '{shown}'"
            )));
        }
        Ok(Fetched { info, made, from_sources: false, release: None, _scratch: scratch })
    }

    /// Says what a server said of it.
    pub(super) fn with(self, release: Release) -> Fetched {
        Fetched { release: Some(release), ..self }
    }

    pub(super) fn install(self, root: &Path) -> Result<(), String> {
        let place = root.join(&self.info.namespace).join(&self.info.name);
        let shown = format!("{}:{}", self.info.full_name(), self.info.version);
        say(format!("Installing '{shown}' to '{}'", place.display()));
        let around = root.join(&self.info.namespace);
        fs::create_dir_all(&around)
            .map_err(|error| format!("cannot make {}: {error}", around.display()))?;
        fetching::replace(&self.made, &place)?;
        self.note(root)
            .map_err(|error| format!("cannot write below {}: {error}", root.display()))?;
        if self.from_sources {
            say(format!("Created collection for {shown} at {}", place.display()));
        }
        say(format!("{shown} was installed successfully"));
        Ok(())
    }

    /// Notes beside the collection which server it is of, in the place of what was noted of another version.
    fn note(&self, root: &Path) -> std::io::Result<()> {
        let Info { namespace, name, version, .. } = &self.info;
        let start = format!("{namespace}.{name}-");
        for entry in crate::paths::entries(root) {
            let version = entry.strip_prefix(&start);
            if version.and_then(|rest| rest.strip_suffix(".info")).is_some() {
                fs::remove_dir_all(root.join(entry))?;
            }
        }
        let Some(release) = &self.release else { return Ok(()) };
        let folder = root.join(format!("{start}{version}.info"));
        fs::create_dir_all(&folder)?;
        let Release { download_url, server_url, version_url, .. } = release;
        let text = format!(
            "download_url: {download_url}\nformat_version: 1.0.0\nname: {name}\nnamespace: {namespace}\nserver: {server_url}\nsignatures: []\nversion: {version}\nversion_url: {version_url}\n"
        );
        fs::write(folder.join("GALAXY.yml"), text)
    }
}
