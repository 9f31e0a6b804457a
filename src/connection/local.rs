//! `local`: commands on the controller itself.

use std::process::Stdio;

use tokio::process::Command;

use super::{Error, Process, child, limit};

/// Starts a command with the controller's shell.
pub(super) fn exec(shell: &str, command: &str) -> Result<Process, Error> {
    let mut child = Command::new(shell);
    child.arg("-c");
    // Programs that expect few open files go wrong where there may be many.
    match limit::given() {
        Some(given) => child.arg(format!("ulimit -S -n {given}; {command}")),
        None => child.arg(command),
    };
    child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    child::start(child, |error| format!("cannot run `{shell}`: {error}"))
}
