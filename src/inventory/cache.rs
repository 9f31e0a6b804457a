//! What plugins found is kept in files for a while, where options or settings want it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde_json::Value as Json;
use sha1::{Digest as _, Sha1};

use super::{plugins::Options, sources::Loader};
use crate::diagnostic::Diagnostic;

/// The file of one source.
pub(super) struct Cache {
    file: PathBuf,
    /// None for ever.
    timeout: Option<Duration>,
    /// Whether what is kept does not count.
    is_flushed: bool,
}

impl Cache {
    /// Returns the cache of a source; nothing when none is wanted, or when it lasts only as long as the run.
    fn of(
        options: &Options<'_>,
        plugin: &str,
        loader: &Loader<'_>,
    ) -> Result<Option<Cache>, Diagnostic> {
        let settings = loader.settings;
        let text = |name: &str| options.get(name).map(|node| node.to_value().to_text());
        if !options.flag("cache", *settings.inventory_cache) {
            return Ok(None);
        }
        let kind =
            text("cache_plugin").unwrap_or_else(|| settings.inventory_cache_plugin.value.clone());
        match kind.strip_prefix("ansible.builtin.").unwrap_or(&kind) {
            "jsonfile" => (),
            "memory" => return Ok(None),
            other => {
                return Err(Diagnostic::bare(format!(
                    "Unable to load the cache plugin ({other})."
                ))
                .hint("windlass has `jsonfile` and `memory`"));
            }
        }
        let connection = text("cache_connection")
            .or_else(|| settings.inventory_cache_connection.value.clone())
            .ok_or_else(|| {
                Diagnostic::bare(
                    "error, 'jsonfile' cache plugin requires the 'fact_caching_connection' config option to be set (to a writeable directory path)",
                )
            })?;
        let prefix =
            text("cache_prefix").unwrap_or_else(|| settings.inventory_cache_prefix.value.clone());
        let seconds = options
            .get("cache_timeout")
            .and_then(|node| node.to_value().as_int())
            .unwrap_or(*settings.inventory_cache_timeout);
        let folder = loader.absolute(&connection);
        let name = format!("{prefix}{}", key(plugin, &options.source.path));
        let timeout = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        Ok(Some(Cache {
            file: folder.join(name),
            timeout: timeout.map(Duration::from_secs),
            is_flushed: settings.flush_cache,
        }))
    }

    /// Returns what a source says: what is kept of it, otherwise what `fetch` finds, which is kept then.
    pub(super) fn or_fetch(
        options: &Options<'_>,
        plugin: &str,
        loader: &mut Loader<'_>,
        fetch: impl FnOnce(&Options<'_>, &mut Loader<'_>) -> Result<Json, Diagnostic>,
    ) -> Result<Json, Diagnostic> {
        let cache = Cache::of(options, plugin, loader)?;
        if let Some(found) = cache.as_ref().and_then(Cache::read) {
            return Ok(found);
        }
        let found = fetch(options, loader)?;
        if let Some(cache) = &cache {
            cache.write(&found, loader);
        }
        Ok(found)
    }

    /// Returns what was found before, if that is not too long ago.
    fn read(&self) -> Option<Json> {
        if self.is_flushed {
            return None;
        }
        let changed = fs::metadata(&self.file).ok()?.modified().ok()?;
        let age = SystemTime::now().duration_since(changed).unwrap_or_default();
        if self.timeout.is_some_and(|timeout| age > timeout) {
            return None;
        }
        serde_json::from_slice(&fs::read(&self.file).ok()?).ok()
    }

    /// Keeps what was found; that it cannot be kept is a warning.
    fn write(&self, found: &Json, loader: &mut Loader<'_>) {
        if let Err(error) = write(&self.file, found) {
            loader.warn(format!(
                "error in 'jsonfile' cache plugin while trying to write to '{}': {error}",
                self.file.display()
            ));
        }
    }
}

/// A reader sees the old file or the new one; nobody else may read what it says of an account.
fn write(file: &Path, found: &Json) -> std::io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    let mut new =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    new.write_all(found.to_string().as_bytes())?;
    fs::rename(&beside, file)
}

/// Returns a name that differs for each plugin and each source.
fn key(plugin: &str, path: &str) -> String {
    let hash = Sha1::digest(path.as_bytes());
    let hash: String = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    format!("s1_{plugin}_k{hash}")
}
