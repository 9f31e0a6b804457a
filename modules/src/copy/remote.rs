//! Copies from one place on the host to another.

use std::{fs::Metadata, io, os::unix::fs::MetadataExt};

use super::{Args, folder_of, join, sent::create_folders};
use crate::{
    host::{
        AttributeDiff, Entry, Failure, FileAttributes, Hasher, Host, Mode, Outcome, Result, Staged,
        errno_about, errno_text, pour,
    },
    spec::Json,
    text,
};

pub(super) fn copy(args: &Args, host: &Host) -> Result<Outcome> {
    let Some(src) = args.src.as_deref() else {
        return Err(Failure::new("src (or content) is required"));
    };
    let Some(meta) = host.stat(src)? else {
        return Err(Failure::new(format!("Source {src} not found")));
    };
    if !host.may(src, rustix::fs::Access::READ_OK) {
        return Err(Failure::new(format!("Source {src} not readable")));
    }
    if !meta.is_dir() && !meta.is_file() {
        let message = format!("Cannot copy invalid source '{src}': not a file");
        return Err(Failure::new(message));
    }
    let dest = host.followed(&args.dest, args.follow);
    let is_made = dest.ends_with('/') && !host.is_folder(&dest);
    if is_made {
        let folder = dest.trim_end_matches('/');
        if host.checking() {
            let message = format!("dest directory {folder} would be created");
            return Ok(Outcome::changed_if(true).with("msg", message).with("src", src));
        }
        create_folders(host, folder, &args.folder_attributes())?;
    }
    if meta.is_dir() {
        copy_folder(args, host, src, is_made)
    } else {
        copy_file(args, host, src, &meta, dest)
    }
}

fn copy_file(
    args: &Args,
    host: &Host,
    src: &str,
    meta: &Metadata,
    mut dest: String,
) -> Result<Outcome> {
    let name = src.rsplit('/').next().unwrap_or_default();
    if host.is_folder(&dest) {
        dest = host.followed(&join(&dest, name), args.follow);
    }
    let before = host.lstat(&dest)?;
    if before.is_some() && !args.force {
        let outcome = Outcome::changed_if(false).with("msg", "file already exists");
        let mut outcome = outcome.with("src", src).with("dest", dest.as_str());
        outcome.values.extend(host.path_info(&dest));
        return Ok(outcome);
    }
    let folder = folder_of(&dest);
    if before.is_none() && !host.is_folder(folder) {
        return Err(Failure::new(format!("Destination directory {folder} does not exist")));
    }
    refuse_unwritable(args, host, folder)?;
    let sha1 = host.checksum(src, Hasher::sha1())?;
    let md5 = host.checksum(src, Hasher::md5())?;
    if let Some(expected) = args.checksum.as_ref().filter(|expected| **expected != sha1) {
        let message = "Copied file does not match the expected checksum. Transfer failed.";
        let failure = Failure::new(message).with("checksum", sha1);
        return Err(failure.with("expected_checksum", expected.as_str()));
    }
    let same = match &before {
        Some(before) if before.is_file() && before.len() == meta.len() => {
            host.checksum(&dest, Hasher::sha1())? == sha1
        }
        _ => false,
    };
    let mut backup_file = None;
    if !same && !host.checking() {
        let mut staged = host.stage_anew(&dest, args.attributes.unsafe_writes)?;
        fill(host, src, meta, &mut staged)?;
        backup_file = if args.backup { host.backup(&dest)? } else { None };
        validate(args, host, &staged)?;
        staged.commit(None).map_err(|error| not_replaced(&dest, src, &error))?;
    }
    let wanted = args.attributes_for(Some(meta.mode() & 0o7777));
    let changed = host.set_attributes(&dest, &wanted, !same, &mut AttributeDiff::default())?;
    Ok(result(host, &dest, src, changed, md5.into(), sha1.into())
        .with_some("backup_file", backup_file))
}

/// A folder that takes no new file, unless the old one may be written to.
pub(super) fn refuse_unwritable(args: &Args, host: &Host, folder: &str) -> Result<()> {
    if host.may(folder, rustix::fs::Access::WRITE_OK) || args.attributes.unsafe_writes {
        return Ok(());
    }
    Err(Failure::new(format!("Destination {folder} not writable")))
}

/// The keys of a copy on the host; a folder has no sums.
fn result(host: &Host, dest: &str, src: &str, changed: bool, md5: Json, sha1: Json) -> Outcome {
    let mut outcome = Outcome::changed_if(changed)
        .with("dest", dest)
        .with("src", src)
        .with("md5sum", md5)
        .with("checksum", sha1);
    outcome.values.extend(host.path_info(dest));
    outcome
}

fn copy_folder(args: &Args, host: &Host, src: &str, is_made: bool) -> Result<Outcome> {
    let given = args.dest.0.as_str();
    let exists = host.lstat(given)?.is_some();
    let folder = folder_of(given);
    if !exists && !host.is_folder(folder) {
        return Err(Failure::new(format!("Destination directory {folder} does not exist")));
    }
    if exists && !host.is_folder(given) && !host.checking() {
        let error = io::Error::from_raw_os_error(20);
        return Err(not_replaced(given, src, &error));
    }
    // The folder itself goes into `dest`, or what is in it.
    let inside = !src.ends_with('/');
    let name = src.rsplit('/').next().unwrap_or_default();
    let target = if inside { join(given, name) } else { given.trim_end_matches('/').to_owned() };
    let shown = match (exists, inside) {
        (true, _) if !host.is_folder(given) => given.to_owned(),
        (true, true) => target.clone(),
        (true, false) => join(given, ""),
        (false, _) => given.to_owned(),
    };
    let src_folder = src.trim_end_matches('/');
    let mut changed = is_made || !host.is_folder(&target);
    if !(host.checking() && changed) {
        let attributes = FileAttributes { mode: None, ..args.attributes.clone() };
        changed |= copy_below(args, host, src_folder, &target, &attributes)?;
    }
    let wanted = match &args.attributes.mode {
        Some(Mode::Preserve) => {
            args.attributes_for(host.stat(src)?.map(|meta| meta.mode() & 0o7777))
        }
        _ => args.attributes.clone(),
    };
    let changed = host.set_attributes(&shown, &wanted, changed, &mut AttributeDiff::default())?;
    Ok(result(host, &shown, src, changed, Json::Null, Json::Null))
}

/// Links on the way that lead to one another are followed no further.
const DEEPEST: u32 = 40;

/// Everything below one folder on its way below another.
struct Below<'a> {
    args: &'a Args,
    host: &'a Host,
    attributes: &'a FileAttributes,
    changed: bool,
    /// What could not be copied: from where, to where, and why.
    missed: Vec<(String, String, String)>,
}

/// Copies everything below one folder below another, with permissions and times.
fn copy_below(
    args: &Args,
    host: &Host,
    src: &str,
    target: &str,
    attributes: &FileAttributes,
) -> Result<bool> {
    let mut below = Below { args, host, attributes, changed: false, missed: Vec::new() };
    below.folder(src, target, 0)?;
    if !below.missed.is_empty() && !host.checking() {
        let missed: Vec<String> = below
            .missed
            .iter()
            .map(|(from, to, why)| {
                format!(
                    "({}, {}, \"{why}\")",
                    text::bytes_repr(from.as_bytes()),
                    text::bytes_repr(to.as_bytes())
                )
            })
            .collect();
        return Err(Failure::raised(format!("[{}]", missed.join(", "))));
    }
    Ok(below.changed)
}

impl Below<'_> {
    fn folder(&mut self, src: &str, target: &str, depth: u32) -> Result<()> {
        let host = self.host;
        if !host.is_folder(target) {
            create_folders(host, target, &FileAttributes::default())?;
            keep_mode(host, src, target)?;
            host.set_attributes(target, self.attributes, true, &mut AttributeDiff::default())?;
            self.changed = true;
        }
        for Entry { path, meta } in host.walk(src).map_err(|error| cannot(src, &error))? {
            let dest = join(target, path[src.len()..].trim_start_matches('/'));
            if !meta.is_symlink() {
                self.one(&path, &dest, &meta)?;
            } else if !self.args.local_follow.unwrap_or(false) {
                self.link(&path, &dest)?;
            } else {
                match host.look_at(&path, true) {
                    Ok(meta) if meta.is_dir() && depth < DEEPEST => {
                        self.folder(&path, &dest, depth + 1)?;
                    }
                    Ok(meta) if meta.is_dir() => {
                        let error = io::Error::from_raw_os_error(40);
                        self.missed.push((path.clone(), dest, errno_about(&error, &path)));
                    }
                    Ok(meta) => self.one(&path, &dest, &meta)?,
                    Err(error) => {
                        self.missed.push((path.clone(), dest, errno_about(&error, &path)));
                    }
                }
            }
        }
        Ok(())
    }

    /// A link stays one.
    fn link(&mut self, path: &str, dest: &str) -> Result<()> {
        let leads_to = self.host.link_target(path).map_err(|error| cannot(path, &error))?;
        if !self.host.link_target(dest).is_ok_and(|now| now == leads_to) {
            self.host.symlink(&leads_to, dest).map_err(|error| cannot(path, &error))?;
            self.changed = true;
        }
        self.set_attributes(dest)
    }

    /// A file, or a folder itself.
    fn one(&mut self, path: &str, dest: &str, meta: &Metadata) -> Result<()> {
        let host = self.host;
        if meta.is_dir() {
            if !host.is_folder(dest) {
                host.create_folder(dest).map_err(|error| cannot(dest, &error))?;
                keep_mode(host, path, dest)?;
                self.changed = true;
            }
        } else {
            let same = match host.lstat(dest)? {
                Some(now) if now.is_file() && now.len() == meta.len() => {
                    host.checksum(dest, Hasher::sha1())? == host.checksum(path, Hasher::sha1())?
                }
                _ => false,
            };
            if !same {
                self.changed = true;
                if !host.checking() {
                    let mut staged = host.stage_anew(dest, self.args.attributes.unsafe_writes)?;
                    fill(host, path, meta, &mut staged)?;
                    staged
                        .commit(Some(meta.mode() & 0o7777))
                        .map_err(|error| not_replaced(dest, path, &error))?;
                }
            }
        }
        self.set_attributes(dest)
    }

    fn set_attributes(&mut self, dest: &str) -> Result<()> {
        if self.host.lstat(dest)?.is_some() {
            let unseen = &mut AttributeDiff::default();
            self.changed |= self.host.set_attributes(dest, self.attributes, false, unseen)?;
        }
        Ok(())
    }
}

fn cannot(path: &str, error: &io::Error) -> Failure {
    Failure::new(format!("cannot copy `{path}`: {}", errno_text(error)))
}

fn keep_mode(host: &Host, src: &str, dest: &str) -> Result<()> {
    let Some(meta) = host.stat(src)? else { return Ok(()) };
    let mode = Some(Mode::Bits(meta.mode() & 0o7777));
    let wanted = FileAttributes { mode, ..FileAttributes::default() };
    host.set_attributes(dest, &wanted, true, &mut AttributeDiff::default()).map(drop)
}

fn fill(host: &Host, src: &str, meta: &Metadata, staged: &mut Staged) -> Result<()> {
    let mut source = host.open(src)?;
    pour(&mut source, &mut staged.file)
        .and_then(|_| staged.keep_times_of(meta))
        .map_err(|error| Failure::io(format!("cannot copy `{src}`"), &error))
}

/// Runs the task's command on a content that is not in its place yet.
pub(super) fn validate(args: &Args, host: &Host, staged: &Staged) -> Result<()> {
    let Some(line) = &args.validate else { return Ok(()) };
    if !line.contains("%s") {
        return Err(Failure::new(format!("validate must contain %s: {line}")));
    }
    let output = host.run_on(line, staged)?;
    if output.success() {
        return Ok(());
    }
    Err(Failure::new("failed to validate")
        .with("exit_status", output.status)
        .with("stdout", output.text())
        .with("stderr", output.error_text()))
}

pub(super) fn not_replaced(dest: &str, src: &str, error: &io::Error) -> Failure {
    let (reason, source) = (errno_text(error), text::bytes_repr(src.as_bytes()));
    Failure::raised(format!(
        "Could not replace '{dest}' with {source}: {reason}: {source} -> {}",
        text::bytes_repr(dest.as_bytes())
    ))
}
