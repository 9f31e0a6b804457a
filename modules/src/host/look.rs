//! Looking without failing, and hosts for other threads: what facts stand on.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use super::{Host, HostOptions, command::Canned};

/// What it takes to look at the same host from another thread.
pub struct Seed {
    root: PathBuf,
    environment: Vec<(String, String)>,
    cwd: Option<PathBuf>,
    verbosity: u8,
    cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
    canned: Option<Canned>,
}

impl Seed {
    /// Returns the host, where commands are given up after `limit`.
    pub fn host(self, limit: Option<Duration>) -> Host {
        let mine = limit.map(|limit| Instant::now() + limit);
        let mut host = Host::new(HostOptions {
            environment: self.environment,
            cwd: self.cwd,
            verbosity: self.verbosity,
            cancelled: self.cancelled,
            deadline: mine.into_iter().chain(self.deadline).min(),
            ..HostOptions::default()
        });
        host.root = self.root;
        host.canned = self.canned.map(Into::into);
        host
    }
}

impl Host {
    /// Returns what another thread needs to look at this host.
    pub fn seed(&self) -> Seed {
        Seed {
            root: self.root.clone(),
            environment: self.environment.clone(),
            cwd: self.cwd.clone(),
            verbosity: self.verbosity,
            cancelled: self.cancelled.clone(),
            deadline: self.deadline,
            canned: self.canned.as_ref().map(|canned| canned.borrow().clone()),
        }
    }

    /// Returns and forgets the warnings so far.
    pub fn take_warnings(&self) -> Vec<String> {
        self.warnings.take()
    }

    /// Returns the file's text, what is no UTF-8 replaced; `None` when it cannot be read.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        let path = path.as_ref();
        let bytes = read_all(&self.path(path), path.starts_with("/sys")).ok()?;
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Returns the file's text without the white space around it; `None` when that leaves nothing.
    pub fn line(&self, path: impl AsRef<Path>) -> Option<String> {
        self.text(path).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Returns the names in a folder in the order in which the system lists them; none when it cannot be read.
    pub fn folder(&self, path: impl AsRef<Path>) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Returns the names in a folder in the order in which the system lists them, and whether each leads to a folder.
    pub fn folder_entries(&self, path: &str) -> std::io::Result<Vec<(String, bool)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path(path))? {
            let entry = entry?;
            let is_folder = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
                Ok(kind) => kind.is_dir(),
                Err(_) => false,
            };
            found.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
        }
        Ok(found)
    }

    /// Returns where the link at `path` points, as it is written.
    pub fn link(&self, path: impl AsRef<Path>) -> Option<String> {
        fs::read_link(self.path(path)).ok().map(|target| target.to_string_lossy().into_owned())
    }

    /// Returns whether `path` leads to a folder.
    pub fn is_folder(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).is_dir()
    }

    /// Returns whether another process' command line has the text.
    pub fn has_process(&self, pattern: &str) -> super::Result<bool> {
        let own = std::process::id().to_string();
        for pid in self.list("/proc")? {
            if pid == own || !pid.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            // A process may end while the list is read.
            let line = self.read_text(format!("/proc/{pid}/cmdline")).ok().flatten();
            if line.is_some_and(|line| line.replace('\0', " ").contains(pattern)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the last component of what `path` leads to when all links are followed.
    pub fn real_name(&self, path: impl AsRef<Path>) -> Option<String> {
        let real = fs::canonicalize(self.path(path)).ok()?;
        real.file_name().map(|name| name.to_string_lossy().into_owned())
    }

    /// Returns every variable of the environment of the module's commands.
    pub fn variables(&self) -> Vec<(String, String)> {
        let own = std::env::vars_os().map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        });
        let mut variables: Vec<_> = own
            .filter(|(name, _)| !self.environment.iter().any(|(given, _)| given == name))
            .collect();
        variables.extend(self.environment.iter().cloned());
        variables
    }
}

/// Reads a file with as few system calls as possible: facts are hundreds of tiny files.
///
/// The kernel gives `whole` files at once, as those of `/sys`, whose size does not say how much there is.
fn read_all(path: &Path, whole: bool) -> rustix::io::Result<Vec<u8>> {
    use rustix::fs::{Mode, OFlags, open};
    let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut chunk = [0; 4096];
    let mut bytes = Vec::new();
    loop {
        match rustix::io::read(&file, chunk.as_mut_slice()) {
            Ok(0) => return Ok(bytes),
            Ok(length) => {
                bytes.extend_from_slice(&chunk[..length]);
                if whole && length < chunk.len() {
                    return Ok(bytes);
                }
            }
            Err(rustix::io::Errno::INTR) => (),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::host::TestHost;

    #[test]
    fn files_of_any_size_are_read_whole() {
        for size in [0, 1, 4095, 4096, 4097, 10_000] {
            let text = "x".repeat(size);
            let host = TestHost::with(&[("/sys/a", &text), ("/etc/a", &text)]);
            assert_eq!(host.text("/sys/a").as_ref(), Some(&text));
            assert_eq!(host.text("/etc/a").as_ref(), Some(&text));
        }
        assert_eq!(TestHost::with(&[]).text("/etc/a"), None);
    }
}
