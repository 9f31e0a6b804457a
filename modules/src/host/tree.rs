//! Links, folders and times: what there is to change about paths other than their contents.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path, time::SystemTime};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::{Failure, Host, Result};

/// What a path is, as results name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    Absent,
    Directory,
    File,
    /// A file with several names.
    Hard,
    Link,
}

impl PathState {
    /// Returns the name that results have.
    pub fn as_str(self) -> &'static str {
        match self {
            PathState::Absent => "absent",
            PathState::Directory => "directory",
            PathState::File => "file",
            PathState::Hard => "hard",
            PathState::Link => "link",
        }
    }
}

/// What a walk meets: its path, and what it is without following links.
#[derive(Clone, Debug)]
pub struct Entry {
    pub path: String,
    pub meta: fs::Metadata,
}

impl Host {
    /// Returns what is at `path`.
    pub fn path_state(&self, path: &str) -> Result<PathState> {
        Ok(match self.lstat(path)? {
            None => PathState::Absent,
            Some(meta) if meta.is_symlink() => PathState::Link,
            Some(meta) if meta.is_dir() => PathState::Directory,
            Some(meta) if meta.nlink() > 1 => PathState::Hard,
            Some(_) => PathState::File,
        })
    }

    /// Returns what is at `path`, or where it leads, or why that is not known.
    pub fn look_at(&self, path: &str, follow: bool) -> io::Result<fs::Metadata> {
        let path = self.path(path);
        if follow { fs::metadata(path) } else { fs::symlink_metadata(path) }
    }

    /// Returns whether this user may do that with what `path` leads to.
    pub fn may(&self, path: &str, access: rustix::fs::Access) -> bool {
        rustix::fs::access(self.path(path), access).is_ok()
    }

    /// Returns a file's bytes, or why there are none.
    pub fn read_whole(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(path))
    }

    /// Creates an empty file or folder with a name that nothing has and only its owner may use; also in check mode.
    pub fn create_temporary(
        &self,
        folder: &str,
        prefix: &str,
        suffix: &str,
        is_folder: bool,
    ) -> io::Result<String> {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        loop {
            let path = format!("{folder}/{prefix}{}{suffix}", random_name()?);
            let real = self.path(&path);
            let created = if is_folder {
                fs::DirBuilder::new().mode(0o700).create(real)
            } else {
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(real).map(drop)
            };
            match created {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
                created => return created.map(|()| path),
            }
        }
    }

    /// Returns a folder for temporary files from which programs may be started.
    pub fn folder_for_programs(&self) -> String {
        use rustix::fs::{Access, StatVfsMountFlags, statvfs};
        let home = self.env("HOME").filter(|home| !home.is_empty());
        let fits = |folder: &String| {
            self.may(folder, Access::WRITE_OK)
                && statvfs(self.path(folder))
                    .is_ok_and(|mount| !mount.f_flag.contains(StatVfsMountFlags::NOEXEC))
        };
        let named = self.env("TMPDIR").filter(|folder| folder.starts_with('/'));
        let usual = ["/tmp", "/var/tmp", "/dev/shm"].map(str::to_owned);
        let mut folders = named.into_iter().chain(usual).chain(home);
        folders.find(fits).unwrap_or_else(|| "/tmp".to_owned())
    }

    /// Writes a new file that its owner may start.
    pub fn create_program(&self, path: &str, content: &mut dyn io::Read) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o700)
            .open(self.path(path))?;
        super::pour(content, &mut file)?;
        drop(file);
        super::command::wait_for_starts();
        Ok(())
    }

    /// Returns the target of a link, as it is written there.
    pub fn link_target(&self, path: &str) -> io::Result<String> {
        Ok(fs::read_link(self.path(path))?.to_string_lossy().into_owned())
    }

    /// Makes a symbolic link, over whatever is at `path` but a folder that is not empty.
    pub fn symlink(&self, target: &str, path: &str) -> io::Result<()> {
        self.place(path, |at| std::os::unix::fs::symlink(target, at))
    }

    /// Gives the file `source` a second name, over whatever has that name.
    pub fn hard_link(&self, source: &str, path: &str) -> io::Result<()> {
        let source = self.path(source);
        self.place(path, |at| fs::hard_link(&source, at))
    }

    /// Creates a folder whose parent exists.
    pub fn create_folder(&self, path: &str) -> io::Result<()> {
        if self.checking() {
            return Ok(());
        }
        match fs::create_dir(self.path(path)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && self.is_folder(path) => {
                Ok(())
            }
            created => created,
        }
    }

    /// Creates a folder and the folders above it that are missing.
    pub fn create_folders(&self, path: &str) -> io::Result<()> {
        if self.checking() {
            return Ok(());
        }
        fs::create_dir_all(self.path(path))
    }

    /// Renames a file, over whatever has the new name.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        if self.checking() {
            return Ok(());
        }
        fs::rename(self.path(from), self.path(to))
            .map_err(|error| Failure::io(format!("cannot rename `{from}` to `{to}`"), &error))
    }

    /// Creates an empty file; one that is there stays.
    pub fn create_file(&self, path: &str) -> io::Result<()> {
        if self.checking() {
            return Ok(());
        }
        fs::OpenOptions::new().create(true).append(true).open(self.path(path)).map(drop)
    }

    /// Removes a folder with everything in it.
    pub fn remove_tree(&self, path: &str) -> io::Result<()> {
        if self.checking() {
            return Ok(());
        }
        match fs::remove_dir_all(self.path(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Returns what in a folder cannot be removed: its name, or the folder's path where it is the folder itself.
    pub fn obstacle_in(&self, path: &str) -> String {
        fn first_in(folder: &Path) -> Option<String> {
            let name =
                |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Ok(entries) = fs::read_dir(folder) else { return Some(name(folder)) };
            entries.flatten().find_map(|entry| {
                let path = entry.path();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    let within = first_in(&path);
                    return within.or_else(|| fs::remove_dir(&path).is_err().then(|| name(&path)));
                }
                fs::remove_file(&path).is_err().then(|| name(&path))
            })
        }
        first_in(&self.path(path)).unwrap_or_else(|| path.to_owned())
    }

    /// Removes a file or link; one that is gone already is no error.
    pub fn unlink(&self, path: &str) -> io::Result<()> {
        if self.checking() {
            return Ok(());
        }
        match fs::remove_file(self.path(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, path: &str) -> io::Result<()> {
        if self.checking() { Ok(()) } else { fs::remove_dir(self.path(path)) }
    }

    /// Returns everything below a folder, parents before what they hold; links are not followed.
    pub fn walk(&self, folder: &str) -> io::Result<Vec<Entry>> {
        let mut found = Vec::new();
        let mut open = vec![folder.trim_end_matches('/').to_owned()];
        while let Some(folder) = open.pop() {
            let mut entries: Vec<_> =
                fs::read_dir(self.path(&folder))?.collect::<io::Result<_>>()?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                // Gone since the folder was listed.
                let Ok(meta) = fs::symlink_metadata(entry.path()) else { continue };
                if meta.is_dir() {
                    open.push(path.clone());
                }
                found.push(Entry { path, meta });
            }
        }
        Ok(found)
    }

    /// Sets both times of what `path` leads to to now.
    pub fn touch(&self, path: &str) -> io::Result<()> {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        self.set_timestamps(path, &Timestamps { last_access: now, last_modification: now })
    }

    /// Sets the times of access and modification of what `path` leads to; those not given stay.
    pub fn set_times(
        &self,
        path: &str,
        access: Option<f64>,
        change: Option<f64>,
    ) -> io::Result<()> {
        let time = |seconds: Option<f64>| match seconds {
            Some(seconds) => timespec(seconds),
            None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        };
        let times = Timestamps { last_access: time(access), last_modification: time(change) };
        self.set_timestamps(path, &times)
    }

    fn set_timestamps(&self, path: &str, times: &Timestamps) -> io::Result<()> {
        if self.checking() {
            return Ok(());
        }
        Ok(rustix::fs::utimensat(CWD, self.path(path), times, AtFlags::empty())?)
    }

    /// Makes something under a name of its own and renames it to `path`, so that `path` is never missing.
    fn place(&self, path: &str, make: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
        if self.checking() {
            return Ok(());
        }
        let target = self.path(path);
        let Ok(meta) = fs::symlink_metadata(&target) else { return make(&target) };
        let stem = target.file_name().unwrap_or_default().to_string_lossy();
        let temporary =
            target.with_file_name(format!(".{stem:.100}.windlass-{}", std::process::id()));
        make(&temporary)?;
        let renamed = if meta.is_dir() {
            fs::remove_dir(&target).and_then(|()| fs::rename(&temporary, &target))
        } else {
            fs::rename(&temporary, &target)
        };
        // The error is about the target; two names of one file also leave the temporary one in place.
        let _ = fs::remove_file(&temporary);
        renamed
    }
}

/// Returns eight letters that nobody can guess.
pub fn random_name() -> io::Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz_01234";
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// Returns the seconds since 1970 of a file's time, rounded as Python rounds.
#[expect(clippy::cast_precision_loss, reason = "seconds have 31 bits for a while")]
pub fn file_time(seconds: i64, nanoseconds: i64) -> f64 {
    seconds as f64 + 1e-9 * nanoseconds as f64
}

/// Returns the seconds since 1970 of a file's time.
pub fn seconds(time: io::Result<SystemTime>) -> f64 {
    match time.ok().map(|time| time.duration_since(SystemTime::UNIX_EPOCH)) {
        Some(Ok(since)) => since.as_secs_f64(),
        Some(Err(before)) => -before.duration().as_secs_f64(),
        None => 0.0,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "times of files are far from the bounds of 64 bits"
)]
fn timespec(seconds: f64) -> Timespec {
    let whole = seconds.floor();
    Timespec { tv_sec: whole as i64, tv_nsec: ((seconds - whole) * 1e9) as _ }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn a_link_replaces_what_is_there() {
        let host = TestHost::with(&[("/d/f", "x")]);
        host.symlink("a", "/d/f").unwrap();
        host.symlink("b", "/d/f").unwrap();
        assert_eq!(host.link_target("/d/f").unwrap(), "b");
        assert_eq!(host.list("/d").unwrap(), ["f"]);
    }

    #[test]
    fn a_second_name_of_one_file_leaves_nothing_behind() {
        let host = TestHost::with(&[("/d/a", "x")]);
        host.hard_link("/d/a", "/d/b").unwrap();
        host.hard_link("/d/a", "/d/b").unwrap();
        assert_eq!(host.list("/d").unwrap(), ["a", "b"]);
        assert_eq!(host.path_state("/d/b").unwrap(), PathState::Hard);
    }

    #[test]
    fn a_walk_meets_parents_first_and_follows_no_link() {
        let host = TestHost::with(&[("/d/b/x", ""), ("/d/a", ""), ("/e/y", "")]);
        host.symlink("../e", "/d/l").unwrap();
        let walked: Vec<_> = host.walk("/d").unwrap().into_iter().map(|e| e.path).collect();
        assert_eq!(walked, ["/d/a", "/d/b", "/d/l", "/d/b/x"]);
    }

    #[test]
    fn times_that_are_not_given_stay() {
        let host = TestHost::with(&[("/f", "")]);
        host.set_times("/f", Some(1.5), Some(2.25)).unwrap();
        host.set_times("/f", None, Some(3.0)).unwrap();
        let meta = host.stat("/f").unwrap().unwrap();
        assert_eq!((seconds(meta.accessed()), seconds(meta.modified())), (1.5, 3.0));
    }
}
