//! A file's new content beside the file, until it is known to be good: then one rename puts it there.

use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
};

use super::{
    Civil, Command, Failure, Host, Output, Result, errno_about,
    extended::keep_extended,
    files::{create_beside, keep_attributes},
    pour, split_words,
};
use crate::text;

/// A content that is not in its place yet; dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Staged {
    temporary: PathBuf,
    target: PathBuf,
    /// Open for writing and reading.
    pub file: File,
    before: Option<Metadata>,
    /// Whether the folder can't take a new file, and the old one is written to.
    in_place: bool,
    unsafe_writes: bool,
}

impl Host {
    /// Returns whether the environment lets modules write in place where they must and nobody says otherwise.
    pub(crate) fn writes_unsafely(&self) -> bool {
        self.env("ANSIBLE_UNSAFE_WRITES").is_some_and(|said| {
            let said = said.to_lowercase();
            matches!(said.as_str(), "1" | "y" | "yes" | "t" | "true" | "on")
        })
    }

    /// Creates an empty file beside `path` (what a link leads to stays untouched), to be filled and committed.
    ///
    /// What takes a link's place gets mode and owner of what the link leads to, as nobody else was to read that; but not
    /// where somebody else may have made the link (see [`led_to`]).
    ///
    /// # Panics
    /// In check mode, in which nothing is created.
    pub fn stage(&self, path: &str, unsafe_writes: bool) -> Result<Staged> {
        self.staged(path, unsafe_writes, true)
    }

    /// Creates a file as [`Host::stage`] does, but keeps nothing of what a link leads to: the link is gone before.
    pub fn stage_anew(&self, path: &str, unsafe_writes: bool) -> Result<Staged> {
        self.staged(path, unsafe_writes, false)
    }

    fn staged(&self, path: &str, unsafe_writes: bool, keeps: bool) -> Result<Staged> {
        assert!(!self.checking(), "nothing is staged in check mode");
        let target = self.path(path);
        let before = match fs::symlink_metadata(&target).ok() {
            Some(link) if link.is_symlink() => {
                if keeps {
                    led_to(&target, &link)
                } else {
                    None
                }
            }
            other => other,
        };
        let (temporary, file, in_place) = match create_beside(&target) {
            Ok((temporary, file)) => (temporary, file, false),
            Err(_) if unsafe_writes && before.is_some() => {
                let elsewhere = std::env::temp_dir().join("unsafe");
                let (temporary, file) = create_beside(&elsewhere)
                    .map_err(|error| Failure::io("cannot create a temporary file", &error))?;
                (temporary, file, true)
            }
            Err(error) if !is_denied(&error) => {
                return Err(not_replaced(path, &name_beside(path), &error));
            }
            Err(error) => {
                let folder = path.rfind('/').map_or(".", |at| &path[..at.max(1)]);
                let reason = errno_about(&error, path);
                return Err(Failure::raised(format!(
                    "The destination directory '{folder}' is not writable by the current user: {reason}"
                ))
                .with("_ansible_windlass_cause", reason));
            }
        };
        Ok(Staged { temporary, target, file, before, in_place, unsafe_writes })
    }

    /// Returns the name that a copy of a file would have now.
    pub fn backup_name(&self, path: &str) -> String {
        format!("{path}.{}.{}~", std::process::id(), Civil::stamp(self.local_now()))
    }

    /// Copies a file beside itself with a name that tells when; returns that name, `None` when there is no file.
    pub fn backup(&self, path: &str) -> Result<Option<String>> {
        if !self.exists(path) || self.checking() {
            return Ok(None);
        }
        // One process makes the copies of a whole run: the next of the same second gets another number.
        let stamp = Civil::stamp(self.local_now());
        let first = std::process::id();
        let name = (first..first.saturating_add(10_000))
            .map(|number| format!("{path}.{number}.{stamp}~"))
            .find(|name| !matches!(self.lstat(name), Ok(Some(_))))
            .unwrap_or_else(|| self.backup_name(path));
        let failed = |error: io::Error| {
            Failure::new(format!("Could not make backup of {path} to {name}: {error}"))
        };
        let mut source = self.open(path)?;
        let meta = source.metadata().map_err(failed)?;
        let mut staged = self.stage(&name, false)?;
        pour(&mut source, &mut staged.file).map_err(failed)?;
        staged.before = Some(meta);
        staged.keep_times().and_then(|()| staged.commit(None)).map_err(failed)?;
        Ok(Some(name))
    }

    /// Runs a command line that checks a staged content; `%s` in it stands for the content's path.
    pub fn run_on(&self, line: &str, staged: &Staged) -> Result<Output> {
        let path = staged.path().display().to_string();
        let words = split_words(line).map_err(Failure::new)?;
        self.run(&Command::new(words.into_iter().map(|word| word.replace("%s", &path))))
    }
}

/// Returns the file that a link leads to, if the link is to be trusted: it is ours, or the folder's owner's (the rule of the
/// kernel's `protected_symlinks`).
fn led_to(target: &Path, link: &Metadata) -> Option<Metadata> {
    use std::os::unix::fs::MetadataExt as _;
    let folder = fs::metadata(target.parent()?).ok()?;
    let is_trusted = [rustix::process::geteuid().as_raw(), folder.uid()].contains(&link.uid());
    let file = fs::metadata(target).ok().filter(Metadata::is_file)?;
    is_trusted.then_some(file)
}

/// Whether the reference tries another way where a file cannot be replaced for this reason.
fn is_denied(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let denied = [Errno::PERM, Errno::ACCESS, Errno::TXTBSY, Errno::BUSY, Errno::XDEV, Errno::ROFS];
    error.raw_os_error().is_some_and(|number| denied.iter().any(|no| no.raw_os_error() == number))
}

/// Returns the name that a content may have before it is in its place.
pub fn name_beside(path: &str) -> String {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    format!("{}.{}.windlass-{}-0", &path[..at], &path[at..], std::process::id())
}

/// The failure of a content that cannot take the place of what is at `path`.
fn not_replaced(path: &str, temporary: &str, error: &io::Error) -> Failure {
    let reason =
        format!("{} -> {}", errno_about(error, temporary), text::bytes_repr(path.as_bytes()));
    if is_denied(error) {
        return Failure::raised(format!(
            "Unable to make '{temporary}' into to '{path}', failed final rename from '{temporary}': {reason}"
        ))
        .with("_ansible_windlass_cause", reason);
    }
    Failure::raised(format!("Could not replace '{path}' with '{temporary}': {reason}"))
}

/// Returns why a content is not in its place, without what the system said of it.
pub fn without_reason(failure: &Failure) -> String {
    let outer = failure.reason().split(": [Errno").next().unwrap_or_default();
    format!("{outer}.")
}

impl Staged {
    /// Returns where the content is until it is committed.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Gives the content the times of the file that it is a copy of.
    pub fn keep_times_of(&mut self, source: &Metadata) -> io::Result<()> {
        let times =
            fs::FileTimes::new().set_accessed(source.accessed()?).set_modified(source.modified()?);
        self.file.set_times(times)
    }

    /// Puts the content into its place at `path` as [`Staged::commit`] does, and fails in the reference's words.
    pub fn put(self, path: &str) -> Result<()> {
        let temporary = self.path().display().to_string();
        self.commit(None).map_err(|error| not_replaced(path, &temporary, &error))
    }

    /// Puts the content into its place with mode and owner of what was there; `mode` is that of a new file.
    pub fn commit(self, mode: Option<u32>) -> io::Result<()> {
        if self.in_place {
            return self.write_in_place();
        }
        let mode = if self.before.is_some() { None } else { mode };
        keep_attributes(&self.file, self.before.as_ref(), mode)?;
        if self.before.is_some() {
            keep_extended(&self.file, &self.target);
        }
        match fs::rename(&self.temporary, &self.target) {
            // A mount point of its own (a file in a container) cannot be replaced.
            Err(_) if self.unsafe_writes && self.before.is_some() => self.write_in_place(),
            renamed => renamed,
        }
    }

    fn write_in_place(&self) -> io::Result<()> {
        let mut content = File::open(&self.temporary)?;
        let mut target = fs::OpenOptions::new().write(true).truncate(true).open(&self.target)?;
        pour(&mut content, &mut target).map(drop)
    }

    fn keep_times(&mut self) -> io::Result<()> {
        match self.before.take() {
            Some(meta) => {
                self.keep_times_of(&meta)?;
                self.before = Some(meta);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit there is nothing under this name any more.
        let _ = fs::remove_file(&self.temporary);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crate::host::TestHost;

    #[test]
    fn what_is_not_committed_leaves_nothing() {
        let host = TestHost::with(&[("/d/f", "old")]);
        let mut staged = host.stage("/d/f", false).unwrap();
        staged.file.write_all(b"new").unwrap();
        assert_eq!(host.list("/d").unwrap().len(), 2);
        drop(staged);
        assert_eq!(host.list("/d").unwrap(), ["f"]);
        assert_eq!(host.read("/d/f").unwrap().unwrap(), b"old");
    }

    #[test]
    fn a_commit_keeps_the_mode_and_replaces_a_link() {
        let host = TestHost::with(&[("/d/f", "old")]);
        host.symlink("f", "/d/l").unwrap();
        std::fs::set_permissions(
            host.path("/d/f"),
            std::os::unix::fs::PermissionsExt::from_mode(0o640),
        )
        .unwrap();
        host.stage("/d/f", false).unwrap().commit(Some(0o600)).unwrap();
        assert_eq!(host.path_info("/d/f")["mode"], "0640");
        host.stage("/d/l", false).unwrap().commit(Some(0o600)).unwrap();
        assert_eq!(host.path_info("/d/l")["mode"], "0640");
        host.symlink("f", "/d/m").unwrap();
        host.stage_anew("/d/m", false).unwrap().commit(Some(0o600)).unwrap();
        assert_eq!(host.path_info("/d/m")["mode"], "0600");
        assert_eq!(host.list("/d").unwrap(), ["f", "l", "m"]);
    }

    #[test]
    fn a_backup_is_a_copy_with_its_times() {
        let host = TestHost::with(&[("/d/f", "old")]);
        host.set_times("/d/f", Some(1.0), Some(2.0)).unwrap();
        let name = host.backup("/d/f").unwrap().unwrap();
        assert!(name.starts_with("/d/f.") && name.ends_with('~'), "{name}");
        assert_eq!(host.read(&name).unwrap().unwrap(), b"old");
        let meta = host.stat(&name).unwrap().unwrap();
        assert!((crate::host::seconds(meta.modified()) - 2.0).abs() < 1e-6);
        assert_eq!(host.backup("/d/none").unwrap(), None);
    }
}
