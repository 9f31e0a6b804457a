//! Mode, owner, group, SELinux context and flags of files: the arguments that all file modules share.

use std::{
    fs::{self, Metadata, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, lchown},
    path::{Path, PathBuf},
};

use windlass_macros::Args;
use windlass_protocol::JsonMap;

use super::{
    Failure, Host, Mode, Result, errno_about,
    extended::{Context, are_settable, changed_flags},
    mode_text,
};

/// Attributes of a file
#[derive(Args, Clone, Debug, Default)]
pub struct FileAttributes {
    /// Permissions, octal (`'0644'`) or symbolic (`u=rw,g=r`)
    pub mode: Option<Mode>,
    /// Name or number of the owner
    pub owner: Option<String>,
    /// Name or number of the group
    pub group: Option<String>,
    /// User part of the SELinux context; `_default` takes the policy's
    pub seuser: Option<String>,
    /// Role part of the SELinux context; `_default` takes the policy's
    pub serole: Option<String>,
    /// Type part of the SELinux context; `_default` takes the policy's
    pub setype: Option<String>,
    /// Level part of the SELinux context; `_default` takes the policy's
    pub selevel: Option<String>,
    /// Flags as `lsattr` shows them, after `=`, `+` or `-`
    #[arg(alias = "attr")]
    pub attributes: Option<String>,
    /// Whether to write in place where a file cannot be replaced atomically
    #[arg(default = "false")]
    pub unsafe_writes: bool,
}

/// Attributes before and after, as `--diff` shows them.
#[derive(Clone, Debug, Default)]
pub struct AttributeDiff {
    pub before: JsonMap,
    pub after: JsonMap,
}

impl AttributeDiff {
    /// Adds what one attribute was and is going to be.
    pub fn set<T: Into<serde_json::Value>>(&mut self, key: &str, before: T, after: T) {
        self.before.insert(key.to_owned(), before.into());
        self.after.insert(key.to_owned(), after.into());
    }

    /// Returns the structure of a result's `diff`.
    pub fn into_json(self) -> serde_json::Value {
        serde_json::json!({ "before": self.before, "after": self.after })
    }
}

impl FileAttributes {
    /// Returns whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.mode.is_none()
            && self.owner.is_none()
            && self.group.is_none()
            && self.attributes.is_none()
            && self.context_parts().iter().all(Option::is_none)
    }

    /// Returns the same without the mode.
    #[must_use]
    pub fn without_mode(&self) -> FileAttributes {
        FileAttributes { mode: None, ..self.clone() }
    }

    fn context_parts(&self) -> [Option<&str>; 4] {
        [&self.seuser, &self.serole, &self.setype, &self.selevel].map(Option::as_deref)
    }
}

impl Host {
    /// Gives `path` itself the attributes that are asked for; returns whether that (or `changed`) changed anything.
    ///
    /// In check mode only says so, also for a path that is not there yet.
    pub fn set_attributes(
        &self,
        path: &str,
        wanted: &FileAttributes,
        changed: bool,
        diff: &mut AttributeDiff,
    ) -> Result<bool> {
        if wanted.is_empty() {
            return Ok(changed);
        }
        let mut changed = changed;
        changed |= self.set_context_if_different(path, wanted, diff)?;
        changed |= self.set_owner_if_different(path, wanted.owner.as_deref(), diff)?;
        changed |= self.set_group_if_different(path, wanted.group.as_deref(), diff)?;
        changed |= self.set_mode_if_different(path, wanted.mode.as_ref(), diff)?;
        changed |= self.set_flags_if_different(path, wanted.attributes.as_deref(), diff)?;
        Ok(changed)
    }

    /// Returns where `path` leads when it is a link and links are followed; otherwise `path`.
    pub fn followed(&self, path: &str, follow: bool) -> String {
        let is_link = || matches!(self.lstat(path), Ok(Some(meta)) if meta.is_symlink());
        if follow && is_link() { self.real_path(path) } else { path.to_owned() }
    }

    /// Returns `path` with every link on its way resolved; what does not exist stays as it is written.
    pub fn real_path(&self, path: &str) -> String {
        let resolved = resolve(&self.path(path), 0);
        let outside = self.path("/");
        match resolved.strip_prefix(&outside) {
            Ok(inside) if outside != Path::new("/") => format!("/{}", inside.display()),
            _ => resolved.display().to_string(),
        }
    }

    /// Returns what every result with a `path` or `dest` says of it: owner, group, mode, size, state.
    pub fn path_info(&self, path: &str) -> JsonMap {
        let mut info = JsonMap::new();
        // A link that leads nowhere counts as nothing, as it does in the reference.
        let (Ok(Some(meta)), true) = (self.lstat(path), self.exists(path)) else { return info };
        let owner = self.user_by_id(meta.uid()).map_or(meta.uid().to_string(), |user| user.name);
        let group = self.group_by_id(meta.gid()).map_or(meta.gid().to_string(), |group| group.name);
        info.insert("uid".to_owned(), meta.uid().into());
        info.insert("gid".to_owned(), meta.gid().into());
        info.insert("owner".to_owned(), owner.into());
        info.insert("group".to_owned(), group.into());
        info.insert("mode".to_owned(), mode_text(meta.mode()).into());
        info.insert("state".to_owned(), state_of(&meta).into());
        if self.selinux()
            && let Some(context) = self.context(path)
        {
            info.insert("secontext".to_owned(), context.text().into());
        }
        info.insert("size".to_owned(), meta.size().into());
        info
    }

    fn set_owner_if_different(
        &self,
        path: &str,
        owner: Option<&str>,
        diff: &mut AttributeDiff,
    ) -> Result<bool> {
        let Some(owner) = owner else { return Ok(false) };
        let uid = match owner.parse::<u32>() {
            Ok(uid) => uid,
            Err(_) => self.user(owner).map(|user| user.uid).ok_or_else(|| {
                self.attribute_failure(
                    path,
                    format!("chown failed: failed to look up user {owner}"),
                )
            })?,
        };
        let Some(meta) = self.attributes_of(path)? else { return Ok(true) };
        if meta.uid() == uid {
            return Ok(false);
        }
        diff.set("owner", meta.uid(), uid);
        if !self.checking() {
            lchown(self.path(path), Some(uid), None)
                .map_err(|error| self.caused(path, "chown failed", &error))?;
        }
        Ok(true)
    }

    fn set_group_if_different(
        &self,
        path: &str,
        group: Option<&str>,
        diff: &mut AttributeDiff,
    ) -> Result<bool> {
        let Some(group) = group else { return Ok(false) };
        let gid = match group.parse::<u32>() {
            Ok(gid) => gid,
            Err(_) => self.group(group).map(|group| group.gid).ok_or_else(|| {
                self.attribute_failure(
                    path,
                    format!("chgrp failed: failed to look up group {group}"),
                )
            })?,
        };
        let Some(meta) = self.attributes_of(path)? else { return Ok(true) };
        if meta.gid() == gid {
            return Ok(false);
        }
        diff.set("group", meta.gid(), gid);
        if !self.checking() {
            lchown(self.path(path), None, Some(gid))
                .map_err(|_| self.attribute_failure(path, "chgrp failed"))?;
        }
        Ok(true)
    }

    fn set_mode_if_different(
        &self,
        path: &str,
        mode: Option<&Mode>,
        diff: &mut AttributeDiff,
    ) -> Result<bool> {
        // An empty text asks for nothing.
        let asked = mode.filter(|mode| **mode != Mode::Symbolic(String::new()));
        let Some(mode) = asked else { return Ok(false) };
        let Some(meta) = self.attributes_of(path)? else { return Ok(true) };
        let now = meta.mode() & 0o7777;
        let wanted = mode.bits(now, meta.is_dir(), super::files::umask()).map_err(|details| {
            self.attribute_failure(path, "mode must be in octal or symbolic form")
                .with("details", details)
        })?;
        if now == wanted {
            return Ok(false);
        }
        if self.checking() {
            diff.set("mode", mode_text(now), mode_text(wanted));
            return Ok(true);
        }
        if meta.is_symlink() {
            // Linux has no permissions of links.
            return Ok(false);
        }
        diff.set("mode", mode_text(now), mode_text(wanted));
        fs::set_permissions(self.path(path), Permissions::from_mode(wanted))
            .map_err(|error| Failure::raised(errno_about(&error, path)))?;
        Ok(true)
    }

    fn set_context_if_different(
        &self,
        path: &str,
        wanted: &FileAttributes,
        diff: &mut AttributeDiff,
    ) -> Result<bool> {
        let parts = wanted.context_parts();
        if parts.iter().all(Option::is_none) || !self.selinux() {
            return Ok(false);
        }
        if self.attributes_of(path)?.is_none() {
            return Ok(true);
        }
        let now = self.context(path).unwrap_or(Context(Vec::new()));
        let default =
            if parts.contains(&Some("_default")) { self.default_context(path) } else { None };
        let mut after = now.clone();
        for (at, part) in parts.iter().enumerate() {
            let part = match *part {
                Some("_default") => default.as_ref().and_then(|context| context.0.get(at)).cloned(),
                part => part.map(ToOwned::to_owned),
            };
            if let (Some(part), Some(place)) = (part, after.0.get_mut(at)) {
                *place = part;
            }
        }
        if after == now {
            return Ok(false);
        }
        diff.set("secontext", now.text(), after.text());
        if !self.checking() {
            self.set_context(path, &after).map_err(|error| {
                let reason = Failure::io("invalid selinux context", &error).message;
                self.attribute_failure(path, reason).with("new_context", after.0.clone())
            })?;
        }
        Ok(true)
    }

    fn set_flags_if_different(
        &self,
        path: &str,
        wanted: Option<&str>,
        diff: &mut AttributeDiff,
    ) -> Result<bool> {
        let Some(wanted) = wanted else { return Ok(false) };
        if self.attributes_of(path)?.is_none() {
            return Ok(true);
        }
        if !are_settable(wanted) && !self.checking() {
            let tool = self.which("chattr").unwrap_or_else(|| "chattr".to_owned());
            return Err(self.attribute_failure(path, "chattr failed").with(
                "details",
                format!(
                    "Error while setting attributes: Usage: {tool} [-RVf] [-+=aAcCdDeijPsStTuFx] [-p project] [-v version] files...\n"
                ),
            ));
        }
        let now = self.flags(path).unwrap_or_default();
        let Some(after) = changed_flags(&now, wanted) else { return Ok(false) };
        let shown = if wanted.starts_with(['+', '-', '=']) {
            wanted.to_owned()
        } else {
            format!("={wanted}")
        };
        diff.set("attributes", now, shown);
        if !self.checking() {
            self.set_flags(path, &after).map_err(|error| {
                self.attribute_failure(path, "chattr failed")
                    .with("details", Failure::io("Error while setting attributes", &error).message)
            })?;
        }
        Ok(true)
    }

    /// What is at `path` itself; `None` in check mode when it would only just have been created.
    fn attributes_of(&self, path: &str) -> Result<Option<Metadata>> {
        match self.lstat(path)? {
            None if !self.checking() => {
                Err(self.attribute_failure(path, format!("cannot find `{path}`")))
            }
            meta => Ok(meta),
        }
    }

    /// Such a failure with what the system says, which is no part of its message.
    pub fn caused(&self, path: &str, message: &str, error: &std::io::Error) -> Failure {
        self.attribute_failure(path, message).with("exception", errno_about(error, path))
    }

    /// The failure of a link at `path` to `target`.
    pub fn linking_failed(&self, path: &str, target: &str, error: &std::io::Error) -> Failure {
        let (reason, link) = (errno_about(error, target), crate::text::bytes_repr(path.as_bytes()));
        self.attribute_failure(path, format!("Error while linking: {reason} -> {link}"))
    }

    /// A failure that says what is at `path`, as every failure with a path does.
    pub fn attribute_failure(&self, path: &str, message: impl Into<String>) -> Failure {
        let mut failure = Failure::new(message).with("path", path);
        failure.values.extend(self.path_info(path));
        failure
    }
}

fn state_of(meta: &Metadata) -> &'static str {
    if meta.is_symlink() {
        "link"
    } else if meta.is_dir() {
        "directory"
    } else if meta.nlink() > 1 {
        "hard"
    } else {
        "file"
    }
}

/// Resolves as `realpath -m`: the part that exists through its links, the rest as written.
fn resolve(path: &Path, depth: u32) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    if depth < 40
        && let Ok(target) = fs::read_link(path)
    {
        let folder = path.parent().unwrap_or(Path::new("/"));
        return resolve(&folder.join(target), depth + 1);
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if depth < 400 => resolve(folder, depth + 1).join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    fn wanted(mode: &str) -> FileAttributes {
        let mode = crate::spec::FromArg::from_arg(&mode.into()).unwrap();
        FileAttributes { mode: Some(mode), ..FileAttributes::default() }
    }

    fn set(host: &Host, attributes: &FileAttributes) -> (bool, AttributeDiff) {
        let mut diff = AttributeDiff::default();
        (host.set_attributes("/f", attributes, false, &mut diff).unwrap(), diff)
    }

    #[test]
    fn a_mode_is_set_once() {
        let host = TestHost::with(&[("/f", "")]);
        assert!(set(&host, &wanted("0600")).0);
        assert_eq!(host.path_info("/f")["mode"], "0600");
        let (changed, diff) = set(&host, &wanted("u=rw,g=,o="));
        assert!(!changed && diff.after.is_empty());
        let (changed, diff) = set(&host, &wanted("04755"));
        assert!(changed);
        assert_eq!(
            diff.into_json(),
            serde_json::json!({"before": {"mode": "0600"}, "after": {"mode": "04755"}})
        );
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = TestHost::with(&[("/f", "")]);
        set(&host, &wanted("0600"));
        let host = host.check();
        assert!(set(&host, &wanted("0644")).0);
        assert_eq!(host.path_info("/f")["mode"], "0600");
        let mut diff = AttributeDiff::default();
        assert!(host.set_attributes("/new", &wanted("0600"), false, &mut diff).unwrap());
    }

    #[test]
    fn failures_say_what_is_there() {
        let host = TestHost::with(&[("/f", ""), ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")]);
        let mut diff = AttributeDiff::default();
        let error = host.set_attributes("/f", &wanted("foo"), false, &mut diff).unwrap_err();
        assert_eq!(error.message, "mode must be in octal or symbolic form");
        assert_eq!(error.values["details"], "bad symbolic permission for mode: foo");
        assert_eq!((&error.values["state"], &error.values["path"]), (&"file".into(), &"/f".into()));
        let owner = FileAttributes { owner: Some("nobodyx".into()), ..FileAttributes::default() };
        let error = host.set_attributes("/f", &owner, false, &mut diff).unwrap_err();
        assert_eq!(error.message, "chown failed: failed to look up user nobodyx");
        let group = FileAttributes { group: Some("nox".into()), ..FileAttributes::default() };
        let error = host.set_attributes("/f", &group, false, &mut diff).unwrap_err();
        assert_eq!(error.message, "chgrp failed: failed to look up group nox");
    }

    #[test]
    fn owners_are_names_and_numbers() {
        let uid = rustix::process::getuid().as_raw();
        let line = format!("me:x:{uid}:0::/root:/bin/sh\n");
        let host = TestHost::with(&[("/f", ""), ("/etc/passwd", &line)]);
        for owner in ["me".to_owned(), uid.to_string()] {
            let attributes = FileAttributes { owner: Some(owner), ..FileAttributes::default() };
            assert!(!set(&host, &attributes).0);
        }
        assert_eq!(host.path_info("/f")["owner"], "me");
        assert!(host.path_info("/none").is_empty());
    }

    #[test]
    fn links_are_followed_to_what_does_not_exist() {
        let host = TestHost::with(&[("/a/f", "")]);
        std::os::unix::fs::symlink("missing", host.path("/a/l")).unwrap();
        assert_eq!(host.followed("/a/l", true), "/a/missing");
        assert_eq!(host.followed("/a/l", false), "/a/l");
        assert_eq!(host.followed("/a/f", true), "/a/f");
    }
}
