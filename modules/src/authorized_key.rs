//! `authorized_key`: the public keys with which a user may log in.

mod keys;

use std::os::unix::fs::MetadataExt;

use windlass_macros::{Args, Choice};

use crate::{
    host::{
        AttributeDiff, Diff, Failure, FileAttributes, Host, Mode, Outcome, Result, Rewrite, User,
        errno_of,
    },
    spec::{ArgPath, Json},
    text,
};
use keys::{Key, Line};

/// Makes sure that a user's file of authorized keys has keys, or has them no more
#[derive(Args)]
#[args(collection = "ansible.posix")]
pub struct Args {
    /// Whose keys
    user: String,
    /// Keys as in a file, one a line, or the address of such a file
    key: String,
    /// The file; `.ssh/authorized_keys` at the user's home without
    path: Option<ArgPath>,
    /// Whether the file's folder is created and belongs to the user alone
    #[arg(default = "true")]
    manage_dir: bool,
    /// Whether the keys should be there
    #[arg(default = "present")]
    state: State,
    /// Options of the keys, instead of those before them
    key_options: Option<String>,
    /// Whether all other keys are removed
    #[arg(default = "false")]
    exclusive: bool,
    /// Comment of the keys, instead of those behind them
    comment: Option<String>,
    /// Whether the certificate of an address must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// Whether a link is written through
    #[arg(default = "false")]
    follow: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let text = if is_address(&args.key) { fetched(&args, host)? } else { args.key.clone() };
    let file = KeyFile::of(&args, host)?;
    let wanted = wanted(&args, &text)?;
    // What the user cannot even see is not there.
    let before = if host.exists(&file.path) { host.read(&file.path)? } else { None };
    let before = before.map(text::from_bytes);
    let mut lines: Vec<Line> =
        keys::once(before.as_deref().unwrap_or_default().lines().map(Line::of).collect());
    let changed = change(&args, &wanted, &mut lines);
    if changed {
        let after: String = lines.iter().map(Line::text).collect();
        host.record_diff(Diff::Text {
            before: before.as_deref().map(text::shown).unwrap_or_default(),
            after: text::shown(&after),
            before_header: file.named.clone(),
            after_header: file.path.clone(),
        });
        file.write(&args, host, &after)?;
    }
    let mut outcome = Outcome::changed_if(changed)
        .with("user", args.user.as_str())
        .with("key", args.key.as_str())
        .with("path", optional(args.path.as_ref().map(|path| path.0.as_str())))
        .with("manage_dir", args.manage_dir)
        .with("state", args.state.as_str())
        .with("key_options", optional(args.key_options.as_deref()))
        .with("exclusive", args.exclusive)
        .with("comment", optional(args.comment.as_deref()))
        .with("validate_certs", args.validate_certs)
        .with("follow", args.follow)
        .with("keyfile", file.named.as_str());
    if args.path.is_some() {
        outcome.values.extend(host.path_info(&file.named));
    }
    Ok(outcome)
}

fn optional(text: Option<&str>) -> Json {
    text.map_or(Json::Null, Into::into)
}

fn is_address(text: &str) -> bool {
    ["http://", "https://", "ftp://", "file://"].iter().any(|start| text.starts_with(start))
}

fn fetched(args: &Args, host: &Host) -> Result<String> {
    if let Some(path) = args.key.strip_prefix("file://") {
        if host.is_folder(path) {
            let message = format!("Path to a key is a directory and must be a file: {path}");
            return Err(Failure::new(message));
        }
        let missing = || Failure::new(format!("Path to a key file not found: {path}"));
        return Ok(text::from_bytes(host.read(path)?.ok_or_else(missing)?));
    }
    let bytes = crate::get_url::read_text(host, &args.key, args.validate_certs)
        .map_err(|_| Failure::new(format!("Error getting key from: {}", args.key)))?;
    Ok(text::from_bytes(bytes))
}

/// The keys that the task is about.
fn wanted(args: &Args, text: &str) -> Result<Vec<Key>> {
    let lines = text.split('\n').filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut wanted = Vec::new();
    for line in lines {
        let Line::Key(mut key) = Line::of(line.trim_end_matches('\r')) else {
            return Err(Failure::new(format!("invalid key specified: {line}")));
        };
        if let Some(options) = &args.key_options {
            key.options = keys::options(options);
        }
        if let Some(comment) = &args.comment {
            key.comment.clone_from(comment);
        }
        wanted.push(key);
    }
    Ok(wanted)
}

/// Changes the lines; returns whether they were not so.
fn change(args: &Args, wanted: &[Key], lines: &mut Vec<Line>) -> bool {
    let mut changed = false;
    for key in wanted {
        let place = lines.iter().position(|line| line.is_key(&key.blob));
        if args.state == State::Absent {
            if place.is_some() {
                lines.retain(|line| !line.is_key(&key.blob));
                changed = true;
            }
            continue;
        }
        match place {
            Some(at) if lines[at] == Line::Key(key.clone()) => (),
            place => {
                if let Some(at) = place {
                    lines.remove(at);
                }
                lines.push(Line::Key(key.clone()));
                changed = true;
            }
        }
    }
    if args.exclusive && args.state == State::Present {
        let before = lines.len();
        lines.retain(|line| wanted.iter().any(|key| line.is_key(&key.blob)));
        changed |= lines.len() != before;
    }
    changed
}

/// The file with a user's keys.
struct KeyFile {
    /// Where links are not followed.
    named: String,
    path: String,
    user: User,
}

impl KeyFile {
    fn of(args: &Args, host: &Host) -> Result<KeyFile> {
        let user = match host.user(&args.user) {
            Some(user) => user,
            // A user who is going to be there: only the path is of interest.
            None if host.checking() && args.path.is_some() => User {
                name: args.user.clone(),
                uid: 0,
                gid: 0,
                comment: String::new(),
                home: String::new(),
                shell: String::new(),
            },
            None if host.checking() => {
                return Err(Failure::new(
                    "Either user must exist or you must provide full path to key file in check mode",
                ));
            }
            None => {
                return Err(Failure::new(format!(
                    "Failed to lookup user {0}: \"getpwnam(): name not found: '{0}'\"",
                    args.user
                )));
            }
        };
        let named = match &args.path {
            Some(path) => path.0.clone(),
            None => format!("{}/.ssh/authorized_keys", user.home.trim_end_matches('/')),
        };
        let path = if args.follow { host.real_path(&named) } else { named.clone() };
        Ok(KeyFile { named, path, user })
    }

    fn folder(&self) -> &str {
        match self.path.rfind('/') {
            Some(0) => "/",
            Some(at) => &self.path[..at],
            None => ".",
        }
    }

    fn attributes(&self, mode: u32) -> FileAttributes {
        FileAttributes {
            mode: Some(Mode::Bits(mode)),
            owner: Some(self.user.uid.to_string()),
            group: Some(self.user.gid.to_string()),
            ..FileAttributes::default()
        }
    }

    /// Creates the folder where it should be managed; it belongs to the user alone.
    fn prepare_folder(&self, args: &Args, host: &Host) -> Result<()> {
        if !args.manage_dir {
            return Ok(());
        }
        let folder = self.folder();
        if !host.is_folder(folder) {
            host.create_folder(folder).map_err(|error| {
                let reason = errno_of(&error, folder);
                Failure::new(format!("Failed to create directory {folder} : {reason}"))
            })?;
        }
        // The reference gives it to the user again even where it is the user's.
        if let Some(meta) = host.stat(folder)?
            && !rustix::process::geteuid().is_root()
            && meta.uid() != rustix::process::geteuid().as_raw()
        {
            return Err(Failure::raised(format!("[Errno 1] Operation not permitted: '{folder}'")));
        }
        host.set_attributes(folder, &self.attributes(0o700), false, &mut AttributeDiff::default())?;
        Ok(())
    }

    fn write(&self, args: &Args, host: &Host, text: &str) -> Result<()> {
        if host.checking() {
            return Ok(());
        }
        self.prepare_folder(args, host)?;
        let attributes = FileAttributes::default();
        let how = Rewrite { validate: None, attributes: &attributes, create_folders: true };
        if args.follow || !host.exists(&self.path) {
            host.rewrite(&self.path, &text::to_bytes(text), &how)?;
        } else {
            let bytes = text::to_bytes(text);
            let mut staged = host.stage(&self.path, false)?;
            std::io::Write::write_all(&mut staged.file, &bytes)
                .and_then(|()| staged.commit(Some(0o600)))
                .map_err(|error| Failure::io(format!("cannot write `{}`", self.path), &error))?;
        }
        let wanted = self.attributes(0o600);
        host.set_attributes(&self.path, &wanted, true, &mut AttributeDiff::default()).map(drop)
    }
}

#[cfg(test)]
mod tests;
