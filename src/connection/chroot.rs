//! `chroot`: commands in a folder of the controller that holds a root file system, as image pipelines make them.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::child;
use super::{Error, ErrorKind, Process, Target};

/// Checks that the target's folder is one that a shell can run in.
pub(super) fn check(target: &Target) -> Result<(), Error> {
    let root = Path::new(&target.host);
    if !rustix::process::geteuid().is_root() {
        return Err(refused("chroot connection requires running as root".to_owned()));
    }
    if !root.is_dir() {
        return Err(refused(format!("{} is not a directory", root.display())));
    }
    // A link in there is absolute for the root folder, and nothing here follows it.
    if root.join("bin/sh").symlink_metadata().is_err() {
        let text = format!("{} does not look like a chrootable dir (/bin/sh missing)", target.host);
        return Err(refused(text));
    }
    Ok(())
}

/// Starts a command with the root folder's shell.
pub(super) fn exec(executable: &Path, root: &str, command: &str) -> Result<Process, Error> {
    let mut child = Command::new(executable);
    child.args([root, "/bin/sh", "-c", command]);
    child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    child::start(child, |error| format!("cannot run `{}`: {error}", executable.display()))
}

fn refused(text: String) -> Error {
    Error::other(ErrorKind::Unreachable, text)
}
