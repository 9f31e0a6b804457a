//! A child process of the controller as a `Process`.

use std::io;
use std::os::unix::process::ExitStatusExt;

use tokio::process::Command;

use super::{Error, ErrorKind, Exit, ExitStatus, Process};

/// Starts a child whose three streams are pipes; it is killed when nobody waits for it any more.
pub(super) fn start(
    mut command: Command,
    describe: impl Fn(&io::Error) -> String,
) -> Result<Process, Error> {
    command.kill_on_drop(true);
    let mut child =
        command.spawn().map_err(|e| Error::other(ErrorKind::Unreachable, describe(&e)))?;
    let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
        return Err(Error::other(ErrorKind::Unreachable, "internal error: a child without pipes"));
    };
    let exit = Exit(Box::pin(async move {
        let status =
            child.wait().await.map_err(|e| Error::other(ErrorKind::Lost, e.to_string()))?;
        Ok(match (status.code(), status.signal()) {
            (Some(code), _) => ExitStatus::Code(code),
            (None, signal) => ExitStatus::Signal(signal_name(signal.unwrap_or_default())),
        })
    }));
    Ok(Process { stdin: Box::new(stdin), stdout: Box::new(stdout), stderr: Box::new(stderr), exit })
}

/// Returns the name that SSH uses for a signal, or its number.
fn signal_name(number: i32) -> String {
    let known = [
        (1, "HUP"),
        (2, "INT"),
        (3, "QUIT"),
        (4, "ILL"),
        (6, "ABRT"),
        (8, "FPE"),
        (9, "KILL"),
        (11, "SEGV"),
        (13, "PIPE"),
        (14, "ALRM"),
        (15, "TERM"),
    ];
    known
        .iter()
        .find(|(n, _)| *n == number)
        .map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}
