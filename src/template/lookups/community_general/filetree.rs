//! `filetree`: what lies in folders of the controller.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, Metadata},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use windlass_modules::host::{Host, HostOptions};

use super::{Found, Lookup, Query};
use crate::{
    template::paths,
    value::{Dict, Value},
};

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.filetree",
    aliases: &["filetree"],
    summary: "Everything that lies below folders",
    examples: &[
        ("{{ query('community.general.filetree', '/nothing/here') }}", "[]"),
        ("{{ query('community.general.filetree', '/nothing', '/nowhere') | length }}", "0"),
    ],
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "as all of its kind")]
fn run(query: &mut Query<'_, '_>) -> Found {
    let mut tree = Tree { seen: HashSet::new(), found: Vec::new(), names: Names::new() };
    for name in query.names() {
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", &name));
        let folder = if folder.is_empty() && name.starts_with('/') { "/" } else { folder };
        let Some(folder) = query.find("files", folder) else { continue };
        let root = paths::join([&*folder.to_string_lossy(), last]);
        tree.walk(query, &root, Path::new(&root));
    }
    Ok(tree.found)
}

/// What was found so far, by its path below the root: what lies in two roots is the first one's.
struct Tree {
    seen: HashSet<String>,
    found: Vec<Value>,
    names: Names,
}

impl Tree {
    /// Adds what lies in a folder, folders first, and goes on below; links are not followed.
    fn walk(&mut self, query: &Query<'_, '_>, root: &str, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let entries = entries.flatten().map(|entry| entry.path());
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
            entries.partition(|path| path.is_dir());
        for path in folders.iter().chain(&files) {
            let below = paths::relative(&path.to_string_lossy(), root);
            if self.seen.contains(&below) {
                continue;
            }
            match self.entry(root, &below, path) {
                Ok(entry) => {
                    self.seen.insert(below);
                    self.found.push(entry);
                }
                Err(warning) => query.env.warn(&format!("filetree: {warning}")),
            }
        }
        for folder in folders.iter().filter(|folder| !folder.is_symlink()) {
            self.walk(query, root, folder);
        }
    }

    fn entry(&mut self, root: &str, below: &str, path: &Path) -> Result<Value, String> {
        let shown = paths::join([root, below]);
        let meta = fs::symlink_metadata(path).map_err(|error| {
            let error = windlass_modules::host::errno_of(&error, &shown);
            format!("Error using stat() on path {shown} ({error})")
        })?;
        let mut entry = Dict::new();
        entry.insert("root", root);
        entry.insert("path", below);
        let kind = meta.file_type();
        if kind.is_symlink() {
            entry.insert("state", "link");
            let target = fs::read_link(path).unwrap_or_default();
            entry.insert("src", &*target.to_string_lossy());
        } else if kind.is_dir() {
            entry.insert("state", "directory");
        } else if !kind.is_file() {
            return Err(format!("Error file type of {shown} is not supported"));
        } else {
            entry.insert("state", "file");
            entry.insert("src", &*shown);
        }
        self.names.about(&meta, &mut entry);
        Ok(Value::from(entry))
    }
}

/// The names of owners, each asked for once.
struct Names {
    host: Host,
    users: HashMap<u32, Value>,
    groups: HashMap<u32, Value>,
}

impl Names {
    fn new() -> Names {
        let host = Host::new(HostOptions::default());
        Names { host, users: HashMap::new(), groups: HashMap::new() }
    }

    /// Adds who has a file, how long it is and when it changed.
    fn about(&mut self, meta: &Metadata, entry: &mut Dict) {
        let (uid, gid) = (meta.uid(), meta.gid());
        entry.insert("uid", i64::from(uid));
        entry.insert("gid", i64::from(gid));
        let owner = self.users.entry(uid).or_insert_with(|| {
            let user = self.host.user_by_id(uid);
            user.map_or_else(|| Value::from(i64::from(uid)), |user| Value::from(user.name))
        });
        entry.insert("owner", owner.clone());
        let group = self.groups.entry(gid).or_insert_with(|| {
            let group = self.host.group_by_id(gid);
            group.map_or_else(|| Value::from(i64::from(gid)), |group| Value::from(group.name))
        });
        entry.insert("group", group.clone());
        entry.insert("mode", format!("0{:03o}", meta.mode() & 0o7777));
        entry.insert("size", i64::try_from(meta.size()).unwrap_or(i64::MAX));
        entry.insert("mtime", seconds(meta.mtime(), meta.mtime_nsec()));
        entry.insert("ctime", seconds(meta.ctime(), meta.ctime_nsec()));
    }
}

#[expect(clippy::cast_precision_loss, reason = "as Python's times of files are")]
fn seconds(whole: i64, nanoseconds: i64) -> f64 {
    whole as f64 + nanoseconds as f64 * 1e-9
}
