//! `file`: files, folders and links, and what belongs to whom.

mod listing;
mod times;

use windlass_macros::{Args, Choice};

use crate::{
    host::{
        AttributeDiff, Diff, Entry, Failure, FileAttributes, Host, Outcome, PathState, Result,
        errno_about, errno_of, errno_text,
    },
    spec::{ArgPath, Json},
};
use listing::listing;
use times::{Time, Times};

/// Makes files, folders and links what they should be, or removes them
///
/// # Examples
/// ```yaml
/// - name: Have a folder for uploads
///   ansible.builtin.file:
///     path: /srv/uploads
///     state: directory
///     owner: www-data
///     mode: '0750'
///
/// - name: Point to the release that is live
///   ansible.builtin.file: {path: /srv/shop/current, src: releases/2.4, state: link}
/// ```
#[derive(Args)]
pub struct Args {
    /// The file, folder or link
    #[arg(alias = "dest", alias = "name")]
    path: ArgPath,
    /// What should be there; without it, what is there stays
    state: Option<State>,
    /// What a link leads to
    src: Option<ArgPath>,
    /// Whether attributes are set on everything below a folder, too
    #[arg(default = "false")]
    recurse: bool,
    /// Whether links are made over what is there, and to what is not
    #[arg(default = "false")]
    force: bool,
    /// Whether what a link leads to is meant
    #[arg(default = "true")]
    follow: bool,
    /// Time of modification to set: `preserve`, `now`, or by the format
    modification_time: Option<String>,
    /// Format of the time of modification, as `strptime` reads it
    #[arg(default = "%Y%m%d%H%M.%S")]
    modification_time_format: String,
    /// Time of access to set: `preserve`, `now`, or by the format
    access_time: Option<String>,
    /// Format of the time of access, as `strptime` reads it
    #[arg(default = "%Y%m%d%H%M.%S")]
    access_time_format: String,
    /// The controller's name of the file that it sends
    #[arg(name = "_original_basename", hidden)]
    original_basename: Option<String>,
    /// Whether only what is there is asked for
    #[arg(name = "_diff_peek", hidden)]
    diff_peek: Option<Json>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Directory,
    File,
    Hard,
    Link,
    Touch,
}

/// One run: the host, what is wanted, and the diff as far as it is known.
struct Run<'a> {
    host: &'a Host,
    args: &'a Args,
    times: Times,
    diff: AttributeDiff,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    if args.diff_peek.is_some() {
        let mut outcome = Outcome::changed_if(false).with("path", args.path.0.as_str());
        outcome = outcome.with("appears_binary", appears_binary(&args.path, host));
        outcome.values.extend(host.path_info(&args.path));
        return Ok(outcome);
    }
    enter_folder(&mut args, host);
    let found = host.path_state(&args.path)?;
    if host.checking() && !matches!(args.state, Some(State::Absent)) {
        warn_of_strangers(&args.attributes, host);
    }
    let state = args.state.unwrap_or(match found {
        PathState::Directory => State::Directory,
        PathState::Link => State::Link,
        PathState::Hard => State::Hard,
        PathState::Absent if args.recurse => State::Directory,
        PathState::File | PathState::Absent => State::File,
    });
    if args.recurse && state != State::Directory {
        let message = "recurse option requires state to be 'directory'";
        return Err(host.attribute_failure(&args.path, message));
    }
    let has_source = args.src.as_ref().is_some_and(|src| !src.is_empty());
    if has_source && !matches!(state, State::Link | State::Hard) {
        let message = "src option requires state to be 'link' or 'hard'";
        return Err(host.attribute_failure(&args.path, message));
    }
    let untouched = if state == State::Touch { Time::Now } else { Time::Preserve };
    let time = |given: Option<&str>, format: &str| {
        times::read(given.filter(|_| state != State::Absent), format, untouched, host)
    };
    let times = Times {
        modification: time(args.modification_time.as_deref(), &args.modification_time_format)?,
        access: time(args.access_time.as_deref(), &args.access_time_format)?,
    };
    let run = Run { host, args: &args, times, diff: AttributeDiff::default() };
    match state {
        State::Absent => run.absent(),
        State::Directory => run.directory(),
        State::File => run.file(),
        State::Hard => run.hard(),
        State::Link => run.link(),
        State::Touch => run.touch(),
    }
}

/// What is to be made may belong to somebody who is to be made before: check mode cannot know.
fn warn_of_strangers(attributes: &FileAttributes, host: &Host) {
    let warn = |kind: &str, number: &str, name: &str, is_known: bool| {
        if !is_known {
            let by = if name.parse::<u32>().is_ok() {
                format!("{kind} with {number} {name}")
            } else {
                format!("{kind} {name}")
            };
            host.warn(format!(
                "failed to look up {by}. Create {kind} up to this point in real play"
            ));
        }
    };
    if let Some(name) = &attributes.owner {
        let by_id = name.parse().ok().and_then(|uid| host.user_by_id(uid));
        let is_known = by_id.is_some() || host.user(name).is_some();
        warn("user", "uid", name, is_known);
    }
    if let Some(name) = &attributes.group {
        let by_id = name.parse().ok().and_then(|gid| host.group_by_id(gid));
        let is_known = by_id.is_some() || host.group(name).is_some();
        warn("group", "gid", name, is_known);
    }
}

/// Returns whether a file begins as no text does.
fn appears_binary(path: &str, host: &Host) -> bool {
    host.read_whole(path).is_ok_and(|bytes| bytes.iter().take(8192).any(|byte| *byte == 0))
}

/// A folder as the place of a hard link or a sent file means: in it, under the source's name.
fn enter_folder(args: &mut Args, host: &Host) {
    if matches!(args.state, Some(State::Link | State::Absent)) || !host.is_folder(&args.path) {
        return;
    }
    let name = match (&args.original_basename, &args.src) {
        (Some(name), _) => name.clone(),
        (None, Some(src)) if !src.is_empty() => {
            src.rsplit('/').next().unwrap_or_default().to_owned()
        }
        _ => return,
    };
    args.path = ArgPath(format!("{}/{name}", args.path.trim_end_matches('/')));
}

impl Run<'_> {
    /// Fills the diff with what every one has; `before` is what there was.
    fn start(&mut self, path: &str, before: PathState, after: &str) {
        self.diff.set("path", path, path);
        if before.as_str() != after {
            self.diff.set("state", before.as_str(), after);
        }
    }

    fn set_attributes(&mut self, path: &str, changed: bool) -> Result<bool> {
        let mut changed =
            self.host.set_attributes(path, &self.args.attributes, changed, &mut self.diff)?;
        if self.host.exists(path) {
            changed |= self.times.apply(self.host, path, &mut self.diff)?;
        }
        Ok(changed)
    }

    /// The result: `key` (`path` or `dest`), what is there now, and the diff.
    fn done(self, key: &str, path: &str, changed: bool, with_info: bool) -> Outcome {
        let mut outcome = Outcome::changed_if(changed).with(key, path);
        if with_info {
            outcome.values.extend(self.host.path_info(path));
        }
        self.host.record_diff(Diff::Raw(self.diff.into_json()));
        outcome
    }

    fn absent(mut self) -> Result<Outcome> {
        let (host, path) = (self.host, self.args.path.0.as_str());
        let found = host.path_state(path)?;
        if found == PathState::Absent {
            let outcome = Outcome::changed_if(false).with("path", path);
            return Ok(outcome.with("state", "absent"));
        }
        self.start(path, found, "absent");
        if found == PathState::Directory {
            if host.diffing() {
                self.diff.before.insert("path_content".to_owned(), listing(host, path));
            }
            host.remove_tree(path).map_err(|error| {
                let reason = errno_of(&error, &host.obstacle_in(path));
                Failure::new(format!("rmtree failed: {reason}"))
            })?;
        } else {
            host.unlink(path).map_err(|error| host.caused(path, "Unlinking failed.", &error))?;
        }
        let mut outcome = self.done("path", path, true, false).with("state", "absent");
        outcome.values.extend(host.path_info(path));
        Ok(outcome)
    }

    fn file(mut self) -> Result<Outcome> {
        let path = self.host.followed(&self.args.path, self.args.follow);
        let found = self.host.path_state(&path)?;
        if !matches!(found, PathState::File | PathState::Hard) {
            let message = format!("file ({path}) is {}, cannot continue", found.as_str());
            let failure = self.host.attribute_failure(&path, message);
            return Err(failure.with("state", found.as_str()));
        }
        self.start(&path, found, "file");
        let changed = self.set_attributes(&path, false)?;
        Ok(self.done("path", &path, changed, true))
    }

    fn directory(mut self) -> Result<Outcome> {
        let host = self.host;
        let path = host.followed(&self.args.path, self.args.follow);
        let found = host.path_state(&path)?;
        self.start(&path, found, "directory");
        let mut changed = false;
        match found {
            PathState::Directory => (),
            PathState::Absent if host.checking() => {
                return Ok(self.done("path", &path, true, false));
            }
            PathState::Absent => {
                self.create_folders(&path)?;
                changed = true;
            }
            other => {
                let message = format!("{path} already exists as a {}", other.as_str());
                return Err(host.attribute_failure(&path, message));
            }
        }
        changed = self.set_attributes(&path, changed)?;
        if self.args.recurse {
            changed |= self.recurse(&path, 0)?;
        }
        Ok(self.done("path", &path, changed, true))
    }

    /// Creates a folder and those above it; each new one gets the attributes.
    fn create_folders(&mut self, path: &str) -> Result<()> {
        let mut current = String::new();
        for part in path.split('/') {
            current.push_str(part);
            if !current.is_empty() && !self.host.exists(&current) {
                self.host.create_folder(&current).map_err(|error| {
                    let reason = errno_about(&error, &current);
                    let message =
                        format!("There was an issue creating {current} as requested: {reason}");
                    self.host.attribute_failure(path, message)
                })?;
                self.host.set_attributes(&current, &self.args.attributes, true, &mut self.diff)?;
            }
            current.push('/');
        }
        Ok(())
    }

    /// Sets attributes and times on everything below a folder; the diff is about the folder alone.
    fn recurse(&self, folder: &str, depth: u32) -> Result<bool> {
        let (host, wanted) = (self.host, &self.args.attributes);
        let entries = host.walk(folder).map_err(|error| {
            host.attribute_failure(
                folder,
                format!("cannot list `{folder}`: {}", errno_text(&error)),
            )
        })?;
        let mut unseen = AttributeDiff::default();
        let mut changed = false;
        for Entry { path, meta } in entries {
            changed |= host.set_attributes(&path, wanted, false, &mut unseen)?;
            if !meta.is_symlink() {
                changed |= self.times.apply(host, &path, &mut unseen)?;
            } else if self.args.follow && host.exists(&path) {
                let target = host.real_path(&path);
                // Links may lead in circles.
                if host.is_folder(&target) && depth < 20 && !folder.starts_with(&target) {
                    changed |= self.recurse(&target, depth + 1)?;
                }
                changed |= host.set_attributes(&target, wanted, false, &mut unseen)?;
                changed |= self.times.apply(host, &target, &mut unseen)?;
            }
        }
        Ok(changed)
    }

    fn link(mut self) -> Result<Outcome> {
        let (host, args) = (self.host, self.args);
        let path = args.path.0.as_str();
        let found = host.path_state(path)?;
        let source = match &args.src {
            Some(source) => Some(source.0.clone()),
            None if found == PathState::Absent => {
                return Err(Failure::new("src is required for creating new symlinks"));
            }
            None if args.follow && host.exists(path) => {
                let target = host.link_target(path);
                Some(target.map_err(|error| Failure::raised(errno_about(&error, path)))?)
            }
            None => None,
        };
        if let Some(source) = &source {
            let leads_to = joined(path, found == PathState::Directory, source);
            if !args.force && !host.exists(&leads_to) {
                let message = format!(
                    "src file does not exist, use 'force=yes' if you really want to create the link: {leads_to}"
                );
                let failure = host.attribute_failure(path, message);
                return Err(failure.with("src", source.as_str()));
            }
        }
        self.start(path, found, "link");
        let changed = match found {
            PathState::Absent => true,
            PathState::Link => {
                let now = host.link_target(path).unwrap_or_default();
                match &source {
                    Some(source) if *source != now => {
                        self.diff.set("src", now.as_str(), source.as_str());
                        true
                    }
                    _ => false,
                }
            }
            PathState::Directory if args.force && source.is_some() => {
                if host.list(path)?.is_empty() {
                    true
                } else {
                    let message =
                        format!("the directory {path} is not empty, refusing to convert it");
                    return Err(host.attribute_failure(path, message));
                }
            }
            _ if args.force && source.is_some() => true,
            other => {
                let message =
                    format!("refusing to convert from {} to symlink for {path}", other.as_str());
                return Err(host.attribute_failure(path, message));
            }
        };
        if let (true, Some(source)) = (changed, &source) {
            host.symlink(source, path)
                .map_err(|error| host.linking_failed(path, source, &error))?;
        }
        if host.checking() && !host.exists(path) {
            return Ok(self.done("dest", path, changed, false).with("src", source));
        }
        let target = host.followed(path, args.follow);
        let mut changed = changed;
        if host.exists(&target) || !args.follow {
            changed = self.set_attributes(&target, changed)?;
        } else {
            host.warn(
                "Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this.",
            );
        }
        Ok(self.done("dest", path, changed, true).with("src", source))
    }

    fn hard(mut self) -> Result<Outcome> {
        let (host, args) = (self.host, self.args);
        let path = args.path.0.as_str();
        let found = host.path_state(path)?;
        self.start(path, found, "hard");
        let mut changed = false;
        if let Some(source) = &args.src {
            // A hard link's source is meant as it stands, unlike a symbolic link's.
            let from =
                if host.exists(source) { source.0.clone() } else { joined(path, false, source) };
            let refuse = |message: &str| {
                let mut failure = Failure::new(message).with("dest", path);
                failure.values.extend(host.path_info(path));
                failure.with("src", source.0.as_str())
            };
            let same = same_file(host, &from, path)?;
            match found {
                _ if !host.exists(&from) => return Err(refuse("src does not exist")),
                PathState::Absent => changed = true,
                _ if same => (),
                PathState::Link => {
                    let now = host.link_target(path).unwrap_or_default();
                    self.diff.set("src", now.as_str(), source.0.as_str());
                    changed = true;
                }
                _ if args.force => changed = true,
                PathState::Hard => {
                    return Err(refuse("Cannot link, different hard link exists at destination"));
                }
                PathState::Directory => {
                    return Err(refuse("Cannot link: different hard link exists at destination"));
                }
                PathState::File => {
                    return Err(refuse("Cannot link, file exists at destination"));
                }
            }
            if changed {
                host.hard_link(&from, path)
                    .map_err(|error| host.linking_failed(path, source, &error))?;
            }
        } else if found != PathState::Hard {
            return Err(Failure::new("src is required for creating new hardlinks"));
        }
        let source = args.src.as_ref().map_or(Json::Null, |source| source.0.as_str().into());
        if host.checking() && found == PathState::Absent {
            return Ok(self.done("dest", path, true, false).with("src", source));
        }
        changed = self.set_attributes(path, changed)?;
        Ok(self.done("dest", path, changed, true).with("src", source))
    }

    fn touch(mut self) -> Result<Outcome> {
        let host = self.host;
        let path = self.args.path.0.as_str();
        let found = host.path_state(path)?;
        let mut changed = false;
        if found == PathState::Absent {
            if host.checking() {
                return Ok(Outcome::changed_if(true).with("dest", path));
            }
            host.create_file(path)
                .map_err(|error| host.caused(path, "Error, could not touch target.", &error))?;
            changed = true;
        }
        self.start(path, found, "touch");
        // What a link leads to is touched and gets the attributes.
        let target = host.followed(path, self.args.follow);
        let is_new = found == PathState::Link && !host.exists(&target);
        if is_new {
            host.create_file(&target)
                .map_err(|error| host.caused(path, "Error, could not touch target.", &error))?;
            changed = true;
        }
        match self.set_attributes(&target, changed) {
            Ok(changed) => Ok(self.done("dest", path, changed, true)),
            Err(failure) => {
                if found == PathState::Absent {
                    // What was made for this and cannot be as it should does not stay.
                    host.remove_file(path)?;
                }
                Err(failure)
            }
        }
    }
}

/// Where a link at `path` leads; relative targets start in its folder.
fn joined(path: &str, is_folder: bool, source: &str) -> String {
    if source.starts_with('/') {
        return source.to_owned();
    }
    let folder = if is_folder { path } else { path.rfind('/').map_or("", |at| &path[..at]) };
    if folder.is_empty() && !path.starts_with('/') {
        source.to_owned()
    } else {
        format!("{folder}/{source}")
    }
}

fn same_file(host: &Host, one: &str, other: &str) -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(match (host.stat(one)?, host.lstat(other)?) {
        (Some(one), Some(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    })
}

#[cfg(test)]
mod tests;
