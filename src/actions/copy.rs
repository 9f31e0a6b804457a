//! `copy`: files, folders and texts of the controller.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{Action, files};
use crate::{
    executor::{Call, Failure, Remote, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action =
    Action { name: "copy", spec: None, open: true, needs_host: true, run };

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let content = call.args.get("content").filter(|content| !matches!(content, Value::None));
    let has_source = call.text("src").is_some_and(|src| !src.is_empty());
    if !has_source && content.is_none() {
        return Err(Failure::action("src (or content) is required"));
    }
    if call.text("dest").is_none_or(|dest| dest.is_empty()) {
        return Err(Failure::action("dest is required"));
    }
    if has_source && content.is_some() {
        return Err(Failure::action("src and content are mutually exclusive"));
    }
    if content.is_none() && call.truth("remote_src") == Some(true) {
        return Ok(Step::Remote(Box::new(remote(call, &call.args))));
    }
    match content {
        Some(content) => {
            let bytes = match content {
                Value::Dict(_) | Value::List(_) => crate::output::dump_value(content).into_bytes(),
                Value::Bytes(bytes) => bytes.to_vec(),
                other => other.to_text().into_bytes(),
            };
            if call.text("dest").is_some_and(|dest| dest.ends_with('/')) {
                return Err(Failure::action("can not use content with a dir as dest"));
            }
            let args = without(&call.args, &["content", "remote_src"]);
            Ok(single(call, args, files::send_bytes(bytes), None, "", None))
        }
        None => {
            let src = call.text("src").unwrap_or_default();
            let path = files::find(call, "files", &src).map_err(Failure::unexpected)?;
            if path.is_dir() {
                folder(call, &path, src.ends_with('/'))
            } else {
                one_file(call, &path)
            }
        }
    }
}

fn without(args: &Dict, keys: &[&str]) -> Dict {
    args.iter()
        .filter(|(key, _)| key.as_str().is_none_or(|key| !keys.contains(&key)))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The arguments with the source as it was found: results name it.
fn with_source(args: &Dict, path: &Path, end: &str) -> Dict {
    let mut args = args.clone();
    let path = path.display().to_string();
    args.insert("src", format!("{}{end}", path.trim_end_matches('/')));
    args
}

fn one_file(call: &Call<'_>, path: &Path) -> Result<Step, Failure> {
    let sent = files::send(call, path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let args = with_source(&call.args, path, "");
    Ok(single(call, args, sent, mode(path), &name, Some(path.display().to_string())))
}

/// What the host does, with what the settings say of differences.
fn remote(call: &Call<'_>, args: &Dict) -> Remote {
    let mut remote = Remote::new("copy", args);
    let limit = &call.run.settings.max_diff_size;
    if limit.origin.is_set() {
        remote.args.insert("_windlass_diff_limit".to_owned(), limit.value.into());
    }
    remote
}

/// Sends one content to `dest`.
pub(super) fn single(
    call: &Call<'_>,
    args: Dict,
    sent: files::Sent,
    mode: Option<u32>,
    name: &str,
    header: Option<String>,
) -> Step {
    let mut remote = remote(call, &args);
    remote.args.insert("_windlass_name".to_owned(), name.into());
    if let Some(header) = header {
        remote.args.insert("_windlass_after_header".to_owned(), header.into());
    }
    let entry = json!({"path": "", "kind": "file", "size": sent.size, "sha1": &*sent.sha1, "mode": mode, "content": 0});
    remote.args.insert("_windlass_contents".to_owned(), Json::Array(vec![entry]));
    remote.contents = vec![sent.content];
    Step::Remote(Box::new(remote))
}

/// Sends what is in a folder, below its own name unless that ends in a slash; an empty one comes to nothing.
fn folder(call: &Call<'_>, path: &Path, contents_only: bool) -> Result<Step, Failure> {
    let mut tree = Tree {
        entries: Vec::new(),
        contents: Vec::new(),
        follow: call.truth("local_follow").unwrap_or(true),
        above: Vec::new(),
    };
    let prefix = if contents_only {
        String::new()
    } else {
        path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    };
    tree.add(call, path, &prefix)?;
    let args = with_source(&call.args, path, if contents_only { "/" } else { "" });
    let mut remote = remote(call, &args);
    remote.args.insert("_windlass_contents".to_owned(), Json::Array(tree.entries));
    remote.contents = tree.contents;
    Ok(Step::Remote(Box::new(remote)))
}

struct Tree {
    entries: Vec<Json>,
    contents: Vec<crate::remote::Content>,
    follow: bool,
    /// The folders that are being read: a link to one of them is followed no more.
    above: Vec<PathBuf>,
}

impl Tree {
    /// Returns whether a link leads to nothing, or back to a folder that is being read: such a one stays a link.
    fn leads_nowhere(&self, path: &Path) -> bool {
        path.canonicalize().map_or(true, |real| self.above.contains(&real))
    }

    fn add(&mut self, call: &Call<'_>, folder: &Path, prefix: &str) -> Result<(), Failure> {
        let cannot = |error: std::io::Error| {
            Failure::action(format!("cannot read {}: {error}", folder.display()))
        };
        let mut entries: Vec<_> = std::fs::read_dir(folder)
            .map_err(cannot)?
            .flatten()
            .map(|entry| entry.path())
            .collect();
        // A folder's own files are read before those below it.
        entries.sort_by_cached_key(|path| {
            let goes_on = path.is_dir() && (self.follow || !path.is_symlink());
            (goes_on, path.clone())
        });
        self.above.push(folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if path.is_symlink() && (!self.follow || self.leads_nowhere(&path)) {
                let target = std::fs::read_link(&path)
                    .map(|target| target.display().to_string())
                    .unwrap_or_default();
                self.entries.push(json!({"path": relative, "kind": "link", "target": target}));
            } else if path.is_dir() {
                self.entries
                    .push(json!({"path": relative, "kind": "directory", "mode": mode(&path)}));
                self.add(call, &path, &relative)?;
            } else {
                let sent = files::send(call, &path)?;
                self.entries.push(json!({
                    "path": relative, "kind": "file", "size": sent.size, "sha1": &*sent.sha1, "mode": mode(&path),
                    "content": self.contents.len(),
                }));
                self.contents.push(sent.content);
            }
        }
        self.above.pop();
        Ok(())
    }
}

fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).ok().map(|meta| meta.permissions().mode() & 0o7777)
}
