//! `local`: commands on the controller itself.

use std::process::Stdio;

use tokio::process::Command;

use super::child;
use super::{Error, Process};

/// Starts a command with the controller's shell.
pub(super) fn exec(shell: &str, command: &str) -> Result<Process, Error> {
    let mut child = Command::new(shell);
    child.arg("-c").arg(command);
    child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    child::start(child, |error| format!("cannot run `{shell}`: {error}"))
}
