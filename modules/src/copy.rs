//! `copy`: contents that the controller sends, or that are on the host, into files.
//!
//! `template` uses it, too: rendered text is a content like any other.

mod difference;
mod remote;
mod sent;

use windlass_macros::Args;

use crate::{
    host::{FileAttributes, Host, Mode, Outcome, Result},
    spec::{ArgPath, Json},
};
use sent::Sent;

/// Copies files to the host
///
/// With `content`, a list or mapping is written as JSON.
///
/// # Examples
/// ```yaml
/// - name: Put the logo where the web server finds it
///   ansible.builtin.copy:
///     src: logo.svg
///     dest: /var/www/shop/logo.svg
///     owner: www-data
///     mode: '0644'
///
/// - name: Allow one group to restart the shop
///   ansible.builtin.copy:
///     content: "%deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart shop\n"
///     dest: /etc/sudoers.d/shop
///     mode: '0440'
///     validate: visudo -cf %s
///
/// - name: Keep the configuration before an upgrade
///   ansible.builtin.copy:
///     src: /etc/shop/
///     dest: /var/backups/shop/
///     remote_src: true
/// ```
#[derive(Args)]
pub struct Args {
    /// File or folder to copy; what is in a folder when it ends in a slash
    src: Option<ArgPath>,
    /// Text to write instead of copying a file
    #[arg(secret)]
    #[expect(dead_code, reason = "the controller reads it")]
    content: Option<Json>,
    /// Where it goes; in a folder when it ends in a slash
    dest: ArgPath,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether a file that is there and differs is replaced
    #[arg(default = "true")]
    force: bool,
    /// Permissions of folders that are created, as `mode` has them; the system's usual ones when absent
    directory_mode: Option<Mode>,
    /// Whether `src` is on the host
    #[arg(default = "false")]
    remote_src: bool,
    /// Whether a link at `dest` is followed
    #[arg(default = "false")]
    follow: bool,
    /// Whether links in `src` are followed
    local_follow: Option<bool>,
    /// SHA-1 that the content must have
    checksum: Option<String>,
    /// Whether encrypted files are decrypted on their way
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the controller reads it")]
    decrypt: bool,
    /// Command that must accept the new content; `%s` is its path
    validate: Option<String>,
    /// Name in a folder of what is sent
    #[arg(name = "_windlass_name", hidden)]
    name: Option<String>,
    /// What stands above the new text in a diff
    #[arg(name = "_windlass_after_header", hidden)]
    after_header: Option<String>,
    /// Longest text whose difference is shown; any where it is 0
    #[arg(name = "_windlass_diff_limit", hidden)]
    diff_limit: Option<i64>,
    /// What is sent
    #[arg(name = "_windlass_contents", hidden)]
    contents: Vec<Sent>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    if args.remote_src {
        args.dest.0 = args.placed(args.dest.0.clone());
        return remote::copy(&args, host);
    }
    match args.contents.as_slice() {
        [sent::Sent { path, .. }] if path.is_empty() => sent::copy_one(&args, host),
        _ => sent::copy_tree(&args, host),
    }
}

impl Args {
    /// The place of a copy as results show it: below the working folder when `dest` names no folder.
    fn placed(&self, place: String) -> String {
        let is_elsewhere =
            self.dest.is_empty() || self.dest.contains('/') || place.starts_with('/');
        if is_elsewhere { place } else { format!("./{place}") }
    }

    /// The attributes of a copy whose source has these permissions.
    fn attributes_for(&self, source_mode: Option<u32>) -> FileAttributes {
        let mut attributes = self.attributes.clone();
        if attributes.mode == Some(Mode::Preserve) {
            attributes.mode = source_mode.map(Mode::Bits);
        }
        attributes
    }

    /// The attributes of a folder that is created.
    fn folder_attributes(&self) -> FileAttributes {
        FileAttributes { mode: self.directory_mode.clone(), ..self.attributes.clone() }
    }
}

/// `folder` with `name` in it.
fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// The folder that `path` is in.
fn folder_of(path: &str) -> &str {
    match path.trim_end_matches('/').rfind('/') {
        Some(0) => "/",
        Some(at) => &path[..at],
        None => ".",
    }
}

#[cfg(test)]
mod tests;
