//! Reading and writing files: whole, atomically, with their attributes kept.

use std::{
    collections::BTreeSet,
    fs::{self, Metadata, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use rustix::fs::FlockOperation;

use super::{Diff, Failure, Host, Result, errno_of};

impl Host {
    /// Returns whether something is at `path`; a dangling link is not.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    /// Returns what is at `path` itself, without following a link; `None` when nothing is.
    pub fn lstat(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>> {
        seen(fs::symlink_metadata(self.path(&path)), path.as_ref())
    }

    /// Returns what `path` leads to; `None` when nothing is there.
    pub fn stat(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>> {
        seen(fs::metadata(self.path(&path)), path.as_ref())
    }

    /// Returns whether something is at `path`; what keeps from knowing it is an error.
    pub fn is_there(&self, path: impl AsRef<Path>) -> io::Result<bool> {
        match fs::metadata(self.path(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            looked => looked.map(|_| true),
        }
    }

    /// Returns whether `path` is a file that somebody may execute.
    pub fn is_executable(&self, path: impl AsRef<Path>) -> bool {
        fs::metadata(self.path(path)).is_ok_and(|meta| meta.is_file() && meta.mode() & 0o111 != 0)
    }

    /// Returns the file's bytes; `None` when there is none.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Option<Vec<u8>>> {
        let place = self.path(&path);
        match fs::read(&place) {
            // What lies in a folder that this user may not enter counts as not there.
            Err(error) if is_forbidden(&error) && fs::metadata(&place).is_err() => Ok(None),
            looked => found(looked, path.as_ref()),
        }
    }

    /// Returns the file's text, what is no UTF-8 replaced; `None` when there is none.
    pub fn read_text(&self, path: impl AsRef<Path>) -> Result<Option<String>> {
        Ok(self.read(path)?.map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }))
    }

    /// Opens a file for reading.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<fs::File> {
        fs::File::open(self.path(&path)).map_err(|error| unforeseen(&error, path.as_ref()))
    }

    /// Returns the names in a folder, sorted.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Vec<String>> {
        let cannot = |error: &io::Error| unforeseen(error, path.as_ref());
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path(&path)).map_err(|error| cannot(&error))? {
            let entry = entry.map_err(|error| cannot(&error))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Makes `path` hold `text` and records the diff; returns whether it did not already hold it.
    ///
    /// The file's mode and owner stay; a new one gets 0666 less the umask.
    pub fn write(&self, path: impl AsRef<Path>, text: &[u8]) -> Result<bool> {
        let path = path.as_ref();
        let before = self.read(path)?;
        if before.as_deref() == Some(text) {
            return Ok(false);
        }
        if self.diff {
            self.record_diff(Diff::Text {
                before: String::from_utf8_lossy(&before.unwrap_or_default()).into_owned(),
                after: String::from_utf8_lossy(text).into_owned(),
                before_header: path.display().to_string(),
                after_header: path.display().to_string(),
            });
        }
        self.replace(path, None, |file| file.write_all(text))?;
        Ok(true)
    }

    /// Writes a file beside `path` and renames it over `path`, keeping mode and owner of what was there.
    ///
    /// `mode` is that of the new file when given. Nothing happens in check mode.
    pub fn replace(
        &self,
        path: impl AsRef<Path>,
        mode: Option<u32>,
        fill: impl FnOnce(&mut fs::File) -> io::Result<()>,
    ) -> Result<()> {
        let path = path.as_ref();
        if self.check {
            return Ok(());
        }
        let cannot = |error: &io::Error| unforeseen(error, path);
        let target = self.path(path);
        let before = fs::metadata(&target).ok();
        let (temporary, mut file) = create_beside(&target).map_err(|error| cannot(&error))?;
        let written = fill(&mut file)
            .and_then(|()| keep_attributes(&file, before.as_ref(), mode))
            .map(|()| super::extended::keep_extended(&file, &target))
            .and_then(|()| fs::rename(&temporary, &target));
        written.map_err(|error| {
            // The message is about the write; a temporary file that cannot be removed either adds nothing.
            let _ = fs::remove_file(&temporary);
            cannot(&error)
        })
    }

    /// Removes a file or a link; returns whether there was one. Nothing happens in check mode.
    pub fn remove_file(&self, path: impl AsRef<Path>) -> Result<bool> {
        if self.lstat(&path)?.is_none() {
            return Ok(false);
        }
        if !self.check {
            fs::remove_file(self.path(&path)).map_err(|error| unforeseen(&error, path.as_ref()))?;
        }
        Ok(true)
    }
}

/// Reads `reader` to its end into `writer` in chunks of bounded size, and returns how many bytes there were.
pub(crate) fn pour(reader: &mut dyn Read, writer: &mut dyn Write) -> io::Result<u64> {
    let mut buffer = vec![0; windlass_protocol::CHUNK];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(n) => {
                writer.write_all(&buffer[..n])?;
                total += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
}

fn found<T>(looked: io::Result<T>, path: &Path) -> Result<Option<T>> {
    match looked {
        Ok(found) => Ok(Some(found)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(unforeseen(&error, path)),
    }
}

/// What is at a path, as the reference asks: what may not be looked at is not there.
fn seen<T>(looked: io::Result<T>, path: &Path) -> Result<Option<T>> {
    match looked {
        Err(error) if is_forbidden(&error) => Ok(None),
        looked => found(looked, path),
    }
}

fn is_forbidden(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

fn unforeseen(error: &io::Error, path: &Path) -> Failure {
    Failure::raised(errno_of(error, &path.display().to_string()))
}

/// Creates an empty file in the folder of `target` under a name that nothing has, readable by its owner only.
pub(super) fn create_beside(target: &Path) -> io::Result<(PathBuf, fs::File)> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let stem = target.file_name().unwrap_or_default().to_string_lossy();
    let stem: String = stem.chars().take(100).collect();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".{stem}.windlass-{}-{number}", std::process::id()));
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
            opened => {
                let file = opened?;
                // Tells others that somebody still writes here; file systems without locks do without.
                let _ = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
                sweep(folder);
                return Ok((path, file));
            }
        }
    }
}

/// Removes what a process that was killed left in a folder; once for every folder.
fn sweep(folder: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    {
        let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if !swept.insert(folder.to_owned()) {
            return;
        }
        if swept.len() > 4096 {
            swept.clear();
        }
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(writer) = name.to_str().and_then(writer_of) else { continue };
        if Path::new(&format!("/proc/{writer}")).exists() || !is_left(&entry.path()) {
            continue;
        }
        // What cannot be removed is left to whoever may.
        let _ = fs::remove_file(entry.path());
    }
}

/// The process that a temporary file's name says: `.name.windlass-123-4`.
fn writer_of(name: &str) -> Option<u32> {
    let (_, numbers) = name.strip_prefix('.')?.rsplit_once(".windlass-")?;
    let writer = numbers.split_once('-').map_or(numbers, |(writer, _)| writer);
    let all_digits = numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    writer.parse().ok().filter(|_| all_digits)
}

/// Whether nobody writes to a file any more: process numbers of other machines and containers tell nothing.
fn is_left(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => true,
        Ok(meta) if meta.is_file() => fs::File::open(path).is_ok_and(|file| {
            rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
        }),
        _ => false,
    }
}

pub(super) fn keep_attributes(
    file: &fs::File,
    before: Option<&Metadata>,
    mode: Option<u32>,
) -> io::Result<()> {
    if let Some(before) = before {
        let now = file.metadata()?;
        if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
            // Only root may give files away; another user's rename keeps what it can.
            let _ = std::os::unix::fs::fchown(file, Some(before.uid()), Some(before.gid()));
        }
    }
    let mode = mode.or(before.map(|meta| meta.mode() & 0o7777)).unwrap_or_else(|| 0o666 & !umask());
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// The process's umask, read without changing it.
pub(crate) fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|text| u32::from_str_radix(text.trim(), 8).ok()).unwrap_or(0o022)
}

/// Returns the path without doubled slashes, `.` and `..`; an empty one stays.
pub fn normal_path(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => (),
            ".." => match parts.last() {
                Some(last) if *last != ".." => drop(parts.pop()),
                None if absolute => (),
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    match (absolute, parts.join("/")) {
        (true, rest) => format!("/{rest}"),
        (false, rest) if rest.is_empty() => ".".to_owned(),
        (false, rest) => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let me = std::process::id();
        let mine = format!("/d/.f.windlass-{me}-999");
        let host = TestHost::with(&[
            ("/d/f", "old"),
            ("/d/.f.windlass-4294967295-3", "half"),
            ("/d/.windlass-1", ""),
            ("/d/.f.windlass-x-1", ""),
            (&mine, ""),
        ]);
        host.symlink("f", "/d/.l.windlass-4294967294").unwrap();
        host.write("/d/f", b"new").unwrap();
        let mut left = vec![".f.windlass-x-1", ".windlass-1", "f"];
        let mine = mine.trim_start_matches("/d/");
        left.push(mine);
        left.sort_unstable();
        assert_eq!(host.list("/d").unwrap(), left);
    }

    #[test]
    fn what_another_machine_writes_stays() {
        let host = TestHost::with(&[("/d/f", "old"), ("/d/.f.windlass-4294967295-3", "half")]);
        let file = fs::File::open(host.path("/d/.f.windlass-4294967295-3")).unwrap();
        rustix::fs::flock(&file, FlockOperation::LockExclusive).unwrap();
        host.write("/d/f", b"new").unwrap();
        assert!(host.exists("/d/.f.windlass-4294967295-3"));
    }
}
