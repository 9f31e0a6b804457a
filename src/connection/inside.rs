//! Containers and root folders: a program of the controller starts commands in there.

use std::{path::Path, process::Stdio};

use tokio::process::Command;

use super::{Error, ErrorKind, Process, Target, child};

/// What starts commands inside, and of what.
pub(super) struct Place {
    entry: Vec<String>,
    name: String,
    keeps_helper: bool,
}

impl Place {
    pub(super) fn new(target: &Target) -> Self {
        Self {
            entry: target.entry.clone(),
            name: target.host.clone(),
            keeps_helper: target.keeps_helper,
        }
    }

    /// Starts a command with the shell of the place.
    pub(super) fn exec(&self, command: &str) -> Result<Process, Error> {
        let mut child = Command::new(self.program());
        child.args(self.entry.iter().skip(1)).arg(command);
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        child::start(child, |error| format!("cannot run `{}`: {error}", self.program()))
    }

    pub(super) fn keeps_helper(&self) -> bool {
        self.keeps_helper
    }

    pub(super) fn describe(&self) -> String {
        let program = Path::new(self.program()).file_name().unwrap_or_default();
        format!("{} into {}", program.display(), self.name)
    }

    fn program(&self) -> &str {
        self.entry.first().map_or("", String::as_str)
    }
}

/// Checks that a folder is one that a shell can run in.
pub(super) fn check_root(folder: &str) -> Result<(), Error> {
    let root = Path::new(folder);
    if !rustix::process::geteuid().is_root() {
        return Err(refused("chroot connection requires running as root".to_owned()));
    }
    if !root.is_dir() {
        return Err(refused(format!("{folder} is not a directory")));
    }
    // A link in there is absolute for the root folder, and nothing here follows it.
    if root.join("bin/sh").symlink_metadata().is_err() {
        let text = format!("{folder} does not look like a chrootable dir (/bin/sh missing)");
        return Err(refused(text));
    }
    Ok(())
}

fn refused(text: String) -> Error {
    Error::other(ErrorKind::Unreachable, text)
}
