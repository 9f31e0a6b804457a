//! `find`: files below folders, by name, age, size, mode and content.

mod filter;

use std::{fs::Metadata, io, os::unix::fs::MetadataExt};

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Hasher, Host, Outcome, Result, errno_of, normal_path},
    spec::{ArgPath, Json, JsonMap, python_class},
    stat,
};
use filter::Filter;

/// Lists files, folders and links by what they are
///
/// The result has what was found as `files`, each with its `path` and what `stat` would tell, and their number as
/// `matched`.
///
/// # Examples
/// ```yaml
/// - name: Find dumps that are older than thirty days
///   ansible.builtin.find:
///     paths: /var/backups
///     patterns: '*.dump'
///     age: 30d
///   register: old_dumps
///
/// - name: Find large logs, at any depth
///   ansible.builtin.find:
///     paths: [/var/log, /srv/shop/log]
///     patterns: ['*.log', '*.log.*']
///     recurse: true
///     size: 100m
///   register: large_logs
///
/// - name: Find configurations that still name the old server
///   ansible.builtin.find:
///     paths: /etc/shop
///     contains: '.*\bdb-old\.example\.com\b'
///   register: outdated
/// ```
#[derive(Args)]
pub struct Args {
    /// Folders to look in
    #[arg(required, alias = "name", alias = "path")]
    paths: Vec<ArgPath>,
    /// Names to list, as a shell's patterns or as regular expressions; all without
    #[arg(alias = "pattern")]
    patterns: Vec<String>,
    /// Names to leave out, as a shell's patterns or as regular expressions
    #[arg(alias = "exclude")]
    excludes: Option<Vec<String>>,
    /// Whether names are matched by regular expressions, from their beginning
    #[arg(default = "false")]
    use_regex: bool,
    /// Regular expression that a line must match from its beginning
    contains: Option<String>,
    /// Whether `contains` is searched in the whole content at once
    #[arg(default = "false")]
    read_whole_file: bool,
    /// Encoding of the files that `contains` is about; bytes are matched without
    encoding: Option<String>,
    /// What to list
    #[arg(default = "file")]
    file_type: FileType,
    /// Whether folders in folders are looked into
    #[arg(default = "false")]
    recurse: bool,
    /// How many levels of folders are looked into, with `recurse`; all when absent
    depth: Option<i64>,
    /// How old they are at least, or with a minus at most: in seconds, or with `s`, `m`, `h`, `d` or `w`
    age: Option<String>,
    /// Which of its times is a file's age
    #[arg(default = "mtime")]
    age_stamp: Stamp,
    /// How large they are at least, or with a minus at most: in bytes, or with `b`, `k`, `m`, `g` or `t`
    size: Option<String>,
    /// Permissions to have, octal or symbolic
    mode: Option<Json>,
    /// Whether permissions must be these, not just some of them
    #[arg(default = "true")]
    exact_mode: bool,
    /// Whether names that begin with a dot are listed
    #[arg(default = "false")]
    hidden: bool,
    /// Whether links to folders are looked into
    #[arg(default = "false")]
    follow: bool,
    /// Whether checksums are wanted
    #[arg(default = "false")]
    get_checksum: bool,
    /// Which checksum
    #[arg(default = "sha1", alias = "checksum", alias = "checksum_algo")]
    checksum_algorithm: Algorithm,
    /// How many to list at most; all when absent
    limit: Option<i64>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum FileType {
    Any,
    Directory,
    File,
    Link,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    Atime,
    Ctime,
    Mtime,
}

#[derive(Choice, Clone, Copy)]
enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if let Some(limit) = args.limit.filter(|limit| *limit < 1) {
        let message = format!("limit cannot be {limit} (use None for unlimited)");
        return Err(Failure::new(message));
    }
    if matches!(args.mode, Some(Json::Number(_) | Json::Bool(_))) {
        let class = args.mode.as_ref().map_or("", python_class);
        return Err(Failure::new(format!(
            "argument 'mode' is not a string and conversion is not allowed, value is of type {class}"
        )));
    }
    let filter = Filter::new(&args, host.now())?;
    let mut search = Search {
        args: &args,
        host,
        filter,
        files: Vec::new(),
        unread: Vec::new(),
        examined: 0,
        full: false,
    };
    let (mut skipped, mut is_whole) = (JsonMap::new(), true);
    for path in &args.paths {
        let path = normal_path(&path.0);
        let looked = if !path.is_empty() && host.is_folder(&path) {
            search.look_into(&path)
        } else {
            Err(format!("'{path}' is not a directory"))
        };
        for (folder, reason) in search.unread.drain(..) {
            skipped.insert(folder, reason.into());
        }
        if let Err(reason) = looked {
            host.warn(format!("Skipped '{path}' path due to this access issue: {reason}"));
            skipped.insert(path, reason.into());
            is_whole = false;
        }
        if search.full {
            break;
        }
    }
    let message = if search.full {
        "Limit of matches reached"
    } else if is_whole {
        "All paths examined"
    } else {
        "Not all paths examined, check warnings for details"
    };
    let matched = search.files.len();
    Ok(Outcome::changed_if(false)
        .with("files", search.files)
        .with("matched", matched)
        .with("msg", message)
        .with("examined", search.examined)
        .with("skipped_paths", Json::Object(skipped)))
}

/// What was found so far.
struct Search<'a> {
    args: &'a Args,
    host: &'a Host,
    filter: Filter,
    files: Vec<Json>,
    /// Folders that could not be listed, and why.
    unread: Vec<(String, String)>,
    examined: usize,
    /// Whether there are as many as are wanted.
    full: bool,
}

impl Search<'_> {
    /// Looks into a folder and those in it; an error is why the rest of it was skipped.
    fn look_into(&mut self, top: &str) -> std::result::Result<(), String> {
        // Folders are taken from the end; each knows its level and those that it lies in.
        let mut open = vec![(top.to_owned(), 1, Vec::new())];
        while let Some((folder, level, mut above)) = open.pop() {
            if let Ok(meta) = self.host.look_at(&folder, true) {
                let id = (meta.dev(), meta.ino());
                if above.contains(&id) {
                    continue;
                }
                above.push(id);
            }
            let entries = match self.entries(&folder) {
                Ok(entries) => entries,
                // What cannot be read has nothing to list.
                Err(error) => {
                    let reason = errno_of(&error, &folder);
                    self.unread.push((folder, reason));
                    continue;
                }
            };
            let (folders, files): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|(_, is_folder)| *is_folder);
            self.examined += folders.len() + files.len();
            if self.args.depth.is_some_and(|depth| depth != 0 && level > depth) {
                continue;
            }
            let mut deeper = Vec::new();
            for (name, is_folder) in files.into_iter().chain(folders) {
                let path = format!("{}/{name}", folder.trim_end_matches('/'));
                self.look_at(&path, &name)?;
                if self.full {
                    return Ok(());
                }
                if is_folder && self.args.recurse {
                    let link = self.host.link_target(&path).is_ok();
                    if self.args.follow || !link {
                        deeper.push((path, level + 1, above.clone()));
                    }
                }
            }
            open.extend(deeper.into_iter().rev());
        }
        Ok(())
    }

    /// Names in a folder, and whether each leads to a folder.
    fn entries(&self, folder: &str) -> io::Result<Vec<(String, bool)>> {
        self.host.folder_entries(folder)
    }

    fn look_at(&mut self, path: &str, name: &str) -> std::result::Result<(), String> {
        if !self.args.hidden && name.starts_with('.') {
            return Ok(());
        }
        // Gone since the folder was listed.
        let Ok(meta) = self.host.look_at(path, false) else { return Ok(()) };
        let fits_kind = match self.args.file_type {
            FileType::Any => true,
            FileType::Directory => meta.is_dir(),
            FileType::File => meta.is_file(),
            FileType::Link => meta.is_symlink(),
        };
        if !fits_kind || !self.filter.fits(self.args, self.host, path, name, &meta)? {
            return Ok(());
        }
        let described = self.describe(path, &meta)?;
        self.files.push(described);
        self.full = self.args.limit.is_some_and(|limit| {
            usize::try_from(limit).is_ok_and(|limit| self.files.len() >= limit)
        });
        Ok(())
    }

    fn describe(&self, path: &str, meta: &Metadata) -> std::result::Result<Json, String> {
        let mut file = JsonMap::new();
        let mut set = |key: &str, value: Json| drop(file.insert(key.to_owned(), value));
        set("path", path.into());
        set("mode", format!("{:04o}", meta.mode() & 0o7777).into());
        stat::kinds(meta, &mut set);
        stat::numbers(meta, &mut set);
        let group = self.host.group_by_id(meta.gid()).map(|group| group.name);
        let user = self.host.user_by_id(meta.uid()).map(|user| user.name);
        set("gr_name", group.unwrap_or_default().into());
        set("pw_name", user.unwrap_or_default().into());
        stat::bits(meta, &mut set);
        if self.args.get_checksum && meta.is_file() {
            let hasher = Hasher::named(self.args.checksum_algorithm.as_str());
            let sum = hasher.map(|hasher| self.host.checksum(path, hasher)).transpose();
            set("checksum", sum.map_err(|failure| failure.message)?.into());
        }
        Ok(Json::Object(file))
    }
}

#[cfg(test)]
mod tests;
