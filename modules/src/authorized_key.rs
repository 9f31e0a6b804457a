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
use keys::{Line, Lines, Options};

/// Makes sure that a user's file of authorized keys has keys, or has them no more
///
/// # Examples
/// ```yaml
/// - name: Let the administrators log in
///   ansible.posix.authorized_key:
///     user: root
///     key: "{{ lookup('ansible.builtin.file', 'keys/admins.pub') }}"
///     exclusive: true
///
/// - name: Let the backup server fetch files, and do nothing else
///   ansible.posix.authorized_key:
///     user: backup
///     key: "{{ backup_server_key }}"
///     key_options: command="/usr/bin/rrsync -ro /srv",restrict
///
/// - name: Take the key of somebody who left
///   ansible.posix.authorized_key:
///     user: deploy
///     key: "{{ old_key }}"
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix")]
pub struct Args {
    /// User whose keys they are
    user: String,
    /// Keys as in a file, one a line, or the address of such a file
    key: String,
    /// The file; `.ssh/authorized_keys` in the user's home folder when absent
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
    let text = source(&args, host)?;
    let file = KeyFile::of(&args, host)?;
    // What the user cannot even see is not there.
    let is_file = host.exists(&file.path) && !host.is_folder(&file.path);
    let before = if is_file { host.read(&file.path)? } else { None };
    let before = before.map(text::from_bytes).unwrap_or_default();
    let before = before.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = Lines::of(&before)?;
    let changed = change(&args, &text, &mut lines)?;
    if changed {
        let after = lines.text();
        file.write(&args, host, &after)?;
        host.record_diff(Diff::Text {
            before: text::shown(&before),
            after: text::shown(&after),
            before_header: file.named.clone(),
            after_header: file.path.clone(),
        });
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

/// The text with the keys: the argument's, or what lies where it leads to.
fn source(args: &Args, host: &Host) -> Result<String> {
    let mut text = args.key.clone();
    if text.starts_with("http") {
        let bytes = crate::get_url::read_text(host, &text, args.validate_certs)
            .map_err(|_| Failure::new(format!("Error getting key from: {text}")))?;
        text = text::from_bytes(bytes);
    }
    if !text.starts_with("file") {
        return Ok(text);
    }
    let path = path_of(&text);
    if !host.exists(path) {
        return Err(Failure::new(format!("Path to a key file not found: {path}")));
    }
    if host.is_folder(path) {
        let message = format!("Path to a key is a directory and must be a file: {path}");
        return Err(Failure::new(message));
    }
    match host.read_whole(path) {
        Ok(bytes) => Ok(text::from_bytes(bytes)),
        Err(error) => {
            let reason = errno_of(&error, path);
            Err(Failure::new(format!("Failed to read key file {path} : {reason}")))
        }
    }
}

/// The path of an address.
fn path_of(address: &str) -> &str {
    let rest = match address.split_once(':') {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => rest,
        _ => address,
    };
    let path = match rest.strip_prefix("//") {
        Some(rest) => &rest[rest.find(['/', '?', '#']).unwrap_or(rest.len())..],
        None => rest,
    };
    &path[..path.find(['?', '#']).unwrap_or(path.len())]
}

/// Changes the lines; returns whether they were not so.
fn change(args: &Args, text: &str, lines: &mut Lines) -> Result<bool> {
    let mut changed = false;
    let mut wanted = Vec::new();
    let first_place = lines.len();
    let given = keys::split(text).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for (at, given) in given.enumerate() {
        let mut line = Line::of(given)?;
        match &mut line {
            Line::Other(_) => {
                return Err(Failure::new(format!("invalid key specified: {given}")));
            }
            Line::Comment(_) => (),
            Line::Key(key) => {
                if let Some(options) = &args.key_options {
                    key.options = Options::of(options);
                }
                if let Some(comment) = &args.comment {
                    key.comment.clone_from(comment);
                }
            }
        }
        let known = lines.find(line.id());
        if args.state == State::Absent {
            if known.is_some() {
                changed |= lines.retain(|id| id != line.id());
            }
            continue;
        }
        wanted.push(line.id().to_owned());
        if known != Some(&line) {
            lines.retain(|id| id != line.id());
            lines.put(first_place + at, line);
            changed = true;
        }
    }
    if args.exclusive && args.state == State::Present {
        changed |= lines.retain(|id| wanted.iter().any(|wanted| wanted == id));
    }
    Ok(changed)
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
            None => "",
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
        if folder.is_empty() {
            let missing = "[Errno 2] No such file or directory: ''";
            return Err(Failure::new(format!("Failed to create directory  : {missing}")));
        }
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
            // What a link leads to is the user's, too, before the file takes the link's place.
            let (wanted, mut shown) = (self.attributes(0o600), AttributeDiff::default());
            host.set_attributes(&host.real_path(&self.path), &wanted, true, &mut shown)?;
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
