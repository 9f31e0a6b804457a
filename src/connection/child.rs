//! A child process of the controller as a `Process`.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use tokio::process::{ChildStdin, Command};

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
    let stdin = Stdin(Some(stdin));
    Ok(Process { stdin: Box::new(stdin), stdout: Box::new(stdout), stderr: Box::new(stderr), exit })
}

/// A child's input: shutting it down closes the pipe, which tokio leaves to dropping it.
struct Stdin(Option<ChildStdin>);

impl Stdin {
    fn open(&mut self) -> io::Result<Pin<&mut ChildStdin>> {
        self.0.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl AsyncWrite for Stdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.open()?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().map_or(Poll::Ready(Ok(())), |stdin| Pin::new(stdin).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        self.0 = None;
        Poll::Ready(Ok(()))
    }
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
