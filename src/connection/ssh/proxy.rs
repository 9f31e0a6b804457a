//! `ProxyCommand`: a program whose pipes lead to the SSH server.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::connection::{Error, ErrorKind};

/// Open files of such a connection: two pipes and what the child needs to start.
pub(super) const FILES: u32 = 4;

/// The pipes of the program, which is killed with the connection.
pub(super) struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    _child: Child,
}

/// Returns the user's shell, with which OpenSSH runs the programs of its configuration.
pub(super) fn shell() -> String {
    let shell = std::env::var("SHELL").ok().filter(|s| !s.is_empty());
    shell.unwrap_or_else(|| "/bin/sh".to_owned())
}

/// Starts the program with the user's shell, as OpenSSH does.
pub(super) fn start(command: &str) -> Result<Pipes, Error> {
    let failed = |e: &dyn std::fmt::Display| {
        Error::ssh(ErrorKind::Unreachable, format!("cannot run the ProxyCommand `{command}`: {e}"))
    };
    let mut child = Command::new(shell())
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What it complains about would tear the run's output; the connection says that it failed.
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| failed(&e))?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(stdin), Some(stdout)) => Ok(Pipes { stdin, stdout, _child: child }),
        _ => Err(failed(&"it has no pipes")),
    }
}

impl AsyncRead for Pipes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdout).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stdin).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdin).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdin).poll_shutdown(cx)
    }
}
