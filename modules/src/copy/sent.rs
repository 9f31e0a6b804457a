//! Contents that the controller holds: only those that differ are asked for, all of them in one go.

use std::{
    fs::File,
    io::{self, Seek},
};

use serde::Deserialize;

use super::{
    Args,
    difference::{Side, difference, limit},
    folder_of, join,
};
use crate::{
    host::{
        AttributeDiff, Failure, FileAttributes, Hasher, Host, Outcome, PathState, Result, Staged,
        Tee, pour,
    },
    spec::{FromArg, Json, Kind, Mismatch},
};

/// One thing that the controller sends, relative to `dest`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sent {
    /// Path below `dest`; empty when `dest` is the place itself.
    #[serde(default)]
    pub(super) path: String,
    kind: SentKind,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    sha1: String,
    /// Permissions of the source.
    mode: Option<u32>,
    /// Where a link leads.
    target: Option<String>,
    /// Index of the content.
    content: Option<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum SentKind {
    File,
    Directory,
    Link,
}

impl FromArg for Sent {
    const KIND: Kind = Kind::Dict;
    fn from_arg(value: &Json) -> std::result::Result<Self, Mismatch> {
        serde_json::from_value(value.clone())
            .map_err(|error| Mismatch::Type { wanted: Kind::Dict, detail: error.to_string() })
    }
}

/// A file that is sent, and what its place needs.
struct Plan<'a> {
    args: &'a Args,
    sent: &'a Sent,
    /// Where links are not followed.
    named: String,
    dest: String,
    need: Need,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// It is there, and `force` is off.
    Nothing,
    /// Its content is right.
    Attributes,
    Content,
}

/// Copies one file to `dest`, or into the folder that `dest` is.
pub(super) fn copy_one(args: &Args, host: &Host) -> Result<Outcome> {
    let sent = &args.contents[0];
    let mut named = args.dest.0.clone();
    let mut dest = host.followed(&named, args.follow);
    if dest.ends_with('/') || host.is_folder(&dest) {
        let Some(name) = args.name.as_ref().filter(|name| !name.is_empty()) else {
            return Err(Failure::new("can not use content with a dir as dest")
                .with("_ansible_windlass_action_failed", true));
        };
        named = join(&named, name);
        dest = host.followed(&join(&dest, name), args.follow);
    }
    let plan = Plan::new(args, sent, named, dest, host)?;
    if plan.need == Need::Content && (!host.checking() || host.diffing()) {
        request(host, &[sent])?;
    }
    plan.carry_out(host, args.dest.ends_with('/'))
}

/// Copies files, folders and links below `dest`. Its result is a summary, unless there is one file only: then it is what was
/// done last, to the file or to a folder below `dest`.
pub(super) fn copy_tree(args: &Args, host: &Host) -> Result<Outcome> {
    let mut plans = Vec::new();
    for sent in args.contents.iter().filter(|sent| sent.kind == SentKind::File) {
        let named = join(&args.dest, &sent.path);
        let dest = host.followed(&named, args.follow);
        plans.push(Plan::new(args, sent, named, dest, host)?);
    }
    let wanted: Vec<_> =
        plans.iter().filter(|plan| plan.need == Need::Content).map(|plan| plan.sent).collect();
    let is_only = plans.len() == 1;
    if !wanted.is_empty() && (!host.checking() || is_only && host.diffing()) {
        request(host, &wanted)?;
    }
    let mut changed = false;
    let mut last = None;
    for plan in plans {
        if plan.need == Need::Content && host.checking() && !is_only {
            changed = true;
            continue;
        }
        let outcome = plan.carry_out(host, true)?;
        changed |= outcome.changed;
        last = Some(outcome).filter(|_| plan.need != Need::Nothing);
    }
    for sent in &args.contents {
        match sent.kind {
            SentKind::File => (),
            SentKind::Directory => {
                let outcome = folder(args, host, &join(&args.dest, &sent.path))?;
                changed |= outcome.changed;
                last = Some(outcome);
            }
            SentKind::Link => changed |= link(args, host, sent)?,
        }
    }
    if let (true, Some(mut outcome)) = (is_only, last) {
        outcome.changed = changed;
        return Ok(outcome);
    }
    let outcome = Outcome::changed_if(changed).with("dest", join(&args.dest, ""));
    Ok(outcome.with_some("src", args.src.as_ref().map(|src| src.0.clone())))
}

/// Says which contents are going to be read.
fn request(host: &Host, sent: &[&Sent]) -> Result<()> {
    let ids: Vec<u32> = sent.iter().filter_map(|sent| sent.content).collect();
    host.contents().request(&ids).map_err(|error| not_received(&error))
}

/// A place that cannot even be looked at.
fn unseen(dest: &str, error: &io::Error) -> Failure {
    let reason = crate::host::reason_of(error);
    let message = format!("Failed to get information on remote file ({dest}): {reason}");
    Failure::new(format!("Task failed: {message}"))
        .with("_ansible_windlass_reason", message)
        .with("_ansible_windlass_plain", true)
}

fn not_received(error: &io::Error) -> Failure {
    Failure::io("cannot receive the content from the controller", error)
}

fn folder(args: &Args, host: &Host, path: &str) -> Result<Outcome> {
    let path = host.followed(path, true);
    let wanted = args.folder_attributes();
    let mut diff = AttributeDiff::default();
    diff.set("path", &*path, &*path);
    let changed = match host.path_state(&path)? {
        PathState::Directory => host.set_attributes(&path, &wanted, false, &mut diff)?,
        PathState::Absent => {
            diff.set("state", "absent", "directory");
            create_folders(host, &path, &wanted)?;
            true
        }
        other => {
            let message = format!("{path} already exists as a {}", other.as_str());
            return Err(host.attribute_failure(&path, message));
        }
    };
    let mut outcome =
        Outcome::changed_if(changed).with("dest", path.as_str()).with("path", path.as_str());
    outcome.values.extend(host.path_info(&path));
    Ok(outcome.with_some("diff", host.diffing().then(|| diff.into_json())))
}

fn link(args: &Args, host: &Host, sent: &Sent) -> Result<bool> {
    let path = join(&args.dest, &sent.path);
    let target = sent.target.as_deref().unwrap_or_default();
    let wanted = FileAttributes { mode: None, ..args.attributes.clone() };
    let attributes =
        |changed| host.set_attributes(&path, &wanted, changed, &mut AttributeDiff::default());
    if host.link_target(&path).is_ok_and(|now| now == target) {
        return attributes(false);
    }
    create_folders(host, folder_of(&path), &args.folder_attributes())?;
    host.symlink(target, &path).map_err(|error| host.linking_failed(&path, target, &error))?;
    attributes(true)
}

/// Creates a folder and those above it; the new ones get the attributes.
pub(super) fn create_folders(host: &Host, path: &str, wanted: &FileAttributes) -> Result<()> {
    if host.checking() || path.is_empty() || host.is_folder(path) {
        return Ok(());
    }
    create_folders(host, folder_of(path), wanted)?;
    host.create_folder(path)
        .map_err(|error| Failure::raised(crate::host::errno_about(&error, path)))?;
    host.set_attributes(path, wanted, true, &mut AttributeDiff::default()).map(drop)
}

impl<'a> Plan<'a> {
    fn new(
        args: &'a Args,
        sent: &'a Sent,
        named: String,
        dest: String,
        host: &Host,
    ) -> Result<Plan<'a>> {
        if let Err(error) = host.look_at(&dest, false)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(unseen(&dest, &error));
        }
        let need = match host.lstat(&dest)? {
            Some(_) if !args.force => Need::Nothing,
            Some(meta) if meta.is_dir() => {
                return Err(Failure::new(format!("cannot copy a file over the directory {dest}")));
            }
            // Another size is another content: reading it would tell nothing more.
            Some(meta) if !meta.is_file() || meta.len() != sent.size => Need::Content,
            Some(_) if host.checksum(&dest, Hasher::sha1())? == sent.sha1 => Need::Attributes,
            _ => Need::Content,
        };
        Ok(Plan { args, sent, named, dest, need })
    }

    /// Does what the plan says; missing folders are created where `dest` said that it is one.
    fn carry_out(&self, host: &Host, in_folder: bool) -> Result<Outcome> {
        match self.need {
            Need::Nothing => {
                let outcome = Outcome::changed_if(false).with("dest", self.dest.as_str());
                let src = self.args.src.as_ref().map(|src| src.0.clone());
                Ok(outcome.with_some("src", self.args.after_header.clone().or(src)))
            }
            Need::Attributes => self.set_attributes(host),
            Need::Content => self.replace(host, in_folder),
        }
    }

    /// The content is right: as `file` does, with its diff.
    fn set_attributes(&self, host: &Host) -> Result<Outcome> {
        let dest = self.dest.as_str();
        let mut diff = AttributeDiff::default();
        diff.set("path", dest, dest);
        let wanted = self.args.attributes_for(self.sent.mode);
        let changed = host
            .set_attributes(dest, &wanted, false, &mut diff)
            .map_err(|failure| failure.with("checksum", self.sent.sha1.as_str()))?;
        let mut outcome = Outcome::changed_if(changed)
            .with("dest", dest)
            .with("path", dest)
            .with("checksum", self.sent.sha1.as_str());
        outcome.values.extend(host.path_info(dest));
        let diff = if host.diffing() { diff.into_json() } else { Json::Array(Vec::new()) };
        Ok(outcome.with("diff", diff))
    }

    fn replace(&self, host: &Host, in_folder: bool) -> Result<Outcome> {
        let before =
            if host.diffing() { Some(Side::before(host, &self.dest, self.limit())?) } else { None };
        if host.checking() {
            let mut diffs = Vec::new();
            if let Some(before) = before {
                let after = self.content(host)?;
                diffs.push(self.difference(before, after));
            }
            return Ok(Outcome::changed_if(true).with("diff", diffs));
        }
        let with_diff = |failure: Failure, diffs: Vec<Json>| {
            failure.with("checksum", self.sent.sha1.as_str()).with("diff", diffs)
        };
        let folder = folder_of(&self.dest);
        let staged = if in_folder {
            create_folders(host, folder, &self.args.folder_attributes())
        } else if host.is_folder(folder) {
            Ok(())
        } else {
            Err(Failure::new(format!("Destination directory {folder} does not exist")))
        }
        .and_then(|()| super::remote::refuse_unwritable(self.args, host, folder))
        .and_then(|()| host.stage_anew(&self.dest, self.args.attributes.unsafe_writes));
        let mut staged = match (staged, before) {
            (Ok(staged), before) => (staged, before),
            (Err(failure), None) => return Err(with_diff(failure, Vec::new())),
            (Err(failure), Some(before)) => {
                let after = self.content(host)?;
                return Err(with_diff(failure, vec![self.difference(before, after)]));
            }
        };
        let sums = self.receive(host, &mut staged.0)?;
        let diffs = match staged.1 {
            None => Vec::new(),
            Some(before) => {
                let mut file = &staged.0.file;
                let after = file
                    .rewind()
                    .and_then(|()| Side::read(&mut file, self.sent.size, self.limit()));
                vec![self.difference(before, after.map_err(|error| not_received(&error))?)]
            }
        };
        self.commit(host, staged.0, &sums)
            .map(|outcome| outcome.with("diff", diffs.clone()))
            .map_err(|failure| with_diff(failure, diffs))
    }

    fn difference(&self, before: Side, after: Side) -> Json {
        let args = self.args;
        let header = match (&args.after_header, &args.src) {
            (Some(header), _) => header.clone(),
            (None, Some(src)) if self.sent.path.is_empty() => src.0.clone(),
            // Paths begin with the folder's name unless only what is in it is copied.
            (None, Some(src)) => {
                join(src.rsplit_once('/').map_or("", |(above, _)| above), &self.sent.path)
            }
            (None, None) => self.dest.clone(),
        };
        difference(before, after, &self.named, &header)
    }

    /// The longest text that a diff shows.
    fn limit(&self) -> u64 {
        limit(self.args.diff_limit)
    }

    /// Reads the content for a diff only.
    fn content(&self, host: &Host) -> Result<Side> {
        let limit = self.limit();
        if self.sent.size > limit {
            return Ok(Side::Larger(limit));
        }
        let mut reader = self.open(host)?;
        Side::read(&mut *reader, self.sent.size, limit).map_err(|error| not_received(&error))
    }

    fn open<'h>(&self, host: &'h Host) -> Result<Box<dyn io::Read + 'h>> {
        let Some(content) = self.sent.content else {
            return Err(Failure::new("the controller announced a file without content"));
        };
        host.contents().open(content).map_err(|error| not_received(&error))
    }

    /// Fills the staged file and returns the sums of what came: SHA-1 and MD5.
    fn receive(&self, host: &Host, staged: &mut Staged) -> Result<(String, String)> {
        let (mut sha1, mut md5) = (Hasher::sha1(), Hasher::md5());
        let mut reader = self.open(host)?;
        let file: &mut File = &mut staged.file;
        pour(&mut *reader, &mut Tee(vec![file, &mut sha1, &mut md5])).map_err(|error| {
            Failure::io(format!("cannot write the content of `{}`", self.dest), &error)
        })?;
        Ok((sha1.hex(), md5.hex()))
    }

    /// Checks what came and puts it into its place.
    fn commit(&self, host: &Host, staged: Staged, sums: &(String, String)) -> Result<Outcome> {
        let args = self.args;
        // A tree's own folder stands before what is below it.
        let place = self.dest.clone();
        let place = if self.sent.path.is_empty() { args.placed(place) } else { place };
        let dest = place.as_str();
        let expected = args.checksum.as_ref().filter(|expected| **expected != sums.0);
        if let Some(expected) = expected {
            let message = "Copied file does not match the expected checksum. Transfer failed.";
            return Err(Failure::new(message).with("expected_checksum", expected.as_str()));
        }
        let backup_file = if args.backup { host.backup(dest)? } else { None };
        super::remote::validate(args, host, &staged)?;
        let source = staged.path().display().to_string();
        staged.commit(None).map_err(|error| super::remote::not_replaced(dest, &source, &error))?;
        let wanted = args.attributes_for(self.sent.mode);
        host.set_attributes(dest, &wanted, true, &mut AttributeDiff::default())?;
        let mut outcome = Outcome::changed_if(true)
            .with("dest", dest)
            .with("src", source)
            .with("md5sum", sums.1.as_str())
            .with("checksum", sums.0.as_str())
            .with_some("backup_file", backup_file);
        outcome.values.extend(host.path_info(dest));
        Ok(outcome)
    }
}
