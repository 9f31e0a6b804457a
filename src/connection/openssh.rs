//! The system's OpenSSH client as a transport, for what russh cannot do.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::Command;
use tokio::sync::OwnedSemaphorePermit;

use super::askpass::Askpass;
use super::{BY_SSH, Error, ErrorKind, Exit, ExitStatus, Process, Pty, Reader, Target, child};

/// With this status the client says that it was not the command that failed.
const CLIENT_FAILED: ExitStatus = ExitStatus::Code(255);
/// How much of what a client complains about is kept.
const COMPLAINT: usize = 4096;
/// How long the end of its complaint is waited for.
const REST: Duration = Duration::from_secs(1);

/// A host that is reached through the `ssh` program: each command is a process of its own.
pub(super) struct Client {
    target: Target,
    description: String,
    askpass: Option<Askpass>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Client {
    /// Open files of one command: three pipes and what the child needs to start.
    pub(super) const FILES: u32 = 8;

    /// Prepares a client; the reason says why russh does not carry the connection.
    pub(super) fn new(
        target: &Target,
        reason: String,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, Error> {
        let description = format!("ssh to {} by the OpenSSH client: {reason}", target.host);
        let (password, passphrase) = (&target.password, &target.private_key_passphrase);
        let askpass = if password.is_some() || passphrase.is_some() {
            let askpass = Askpass::new(password.as_ref(), passphrase.as_ref());
            Some(askpass.map_err(|error| {
                let detail = format!("cannot prepare to answer questions of ssh: {error}");
                Error::ssh(ErrorKind::Unreachable, detail)
            })?)
        } else {
            None
        };
        Ok(Self { target: target.clone(), description, askpass, _permit: permit })
    }

    /// Returns what `-v` says.
    pub(super) fn describe(&self) -> &str {
        &self.description
    }

    /// Starts a command in a client of its own.
    pub(super) fn exec(&self, command: &str, pty: Option<Pty>) -> Result<Process, Error> {
        let mut child = Command::new(&self.target.ssh_executable);
        child.args(self.arguments(pty.is_some())).arg(command);
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(askpass) = &self.askpass {
            child.envs(askpass.environment());
        }
        let program = self.target.ssh_executable.display().to_string();
        let process =
            child::start(child, |error| format!("{BY_SSH}cannot run `{program}`: {error}"))?;
        let errors = Arc::new(Mutex::new(Errors::new(process.stderr)));
        let stderr = Stderr(errors.clone());
        let exit = Exit(Box::pin(async move {
            let status = process.exit.wait().await?;
            if status != CLIENT_FAILED {
                return Ok(status);
            }
            // What it says last may not have been read yet; something that it started may keep the pipe open.
            let rest = std::future::poll_fn(|cx| lock(&errors).poll_rest(cx));
            let _ = tokio::time::timeout(REST, rest).await;
            Err(lock(&errors).failure())
        }));
        Ok(Process { stderr: Box::new(stderr), exit, ..process })
    }

    /// Returns the arguments before the command, in the reference's order.
    fn arguments(&self, pty: bool) -> Vec<String> {
        let target = &self.target;
        // The first value wins: a master of its own would outlive the run and hide a lost connection.
        let mut options = vec!["ControlMaster=no".to_owned(), "ControlPath=none".to_owned()];
        let mut arguments = Vec::new();
        if !target.host_key_checking {
            options.push("StrictHostKeyChecking=no".to_owned());
        }
        if target.password.is_some() {
            // A wrong password must not lock the account.
            options.push("NumberOfPasswordPrompts=1".to_owned());
        } else {
            options.push("KbdInteractiveAuthentication=no".to_owned());
            options.push("PasswordAuthentication=no".to_owned());
        }
        for option in options {
            arguments.extend(["-o".to_owned(), option]);
        }
        arguments.extend(target.ssh_args.iter().cloned());
        let mut settled =
            vec![format!("ConnectTimeout={}", target.connect_timeout.as_secs().max(1))];
        settled.extend(target.port.map(|port| format!("Port={port}")));
        settled.extend(target.user.as_ref().map(|user| format!("User=\"{user}\"")));
        let key = target.private_key_file.as_ref();
        settled.extend(key.map(|key| format!("IdentityFile=\"{}\"", key.display())));
        for option in settled {
            arguments.extend(["-o".to_owned(), option]);
        }
        arguments.extend(target.ssh_extra_args.iter().cloned());
        arguments.push(if pty { "-tt" } else { "-T" }.to_owned());
        arguments.extend(["--".to_owned(), target.host.clone()]);
        arguments
    }
}

/// The client's standard error: its reader and whoever wants to know why the client failed both read it.
struct Errors {
    inner: Reader,
    /// The end of what it said.
    heard: Vec<u8>,
    /// What was read for the reason, and not yet by the reader.
    unread: VecDeque<u8>,
    reader: Option<Waker>,
}

impl Errors {
    fn new(inner: Reader) -> Self {
        Self { inner, heard: Vec::new(), unread: VecDeque::new(), reader: None }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        let surplus = self.heard.len().saturating_sub(COMPLAINT);
        self.heard.drain(..surplus);
    }

    /// Reads everything that is left.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut chunk = [0; 1024];
            let mut chunk = ReadBuf::new(&mut chunk);
            let read = ready!(Pin::new(&mut self.inner).poll_read(cx, &mut chunk));
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
            if read.is_err() || chunk.filled().is_empty() {
                return Poll::Ready(());
            }
            self.hear(chunk.filled());
            self.unread.extend(chunk.filled());
        }
    }

    /// Returns why the client failed, in its own words, which are the reference's too.
    fn failure(&self) -> Error {
        let text = String::from_utf8_lossy(&self.heard);
        let text = text.trim();
        let kind = if text.contains("Host key verification failed") {
            ErrorKind::HostKey
        } else if text.contains("Permission denied") {
            ErrorKind::Auth
        } else {
            ErrorKind::Unreachable
        };
        Error::ssh(kind, text)
    }
}

/// The client's standard error for whoever started the command.
struct Stderr(Arc<Mutex<Errors>>);

impl AsyncRead for Stderr {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut errors = lock(&self.0);
        if !errors.unread.is_empty() {
            let (front, _) = errors.unread.as_slices();
            let n = front.len().min(buf.remaining());
            buf.put_slice(&front[..n]);
            errors.unread.drain(..n);
            return Poll::Ready(Ok(()));
        }
        errors.reader = Some(cx.waker().clone());
        let before = buf.filled().len();
        ready!(Pin::new(&mut errors.inner).poll_read(cx, buf))?;
        errors.hear(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

fn lock(errors: &Mutex<Errors>) -> MutexGuard<'_, Errors> {
    errors.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_come_in_the_order_in_which_the_first_value_wins() {
        let mut target = Target::ssh("web1");
        target.port = Some(2222);
        target.user = Some("deploy".to_owned());
        target.ssh_args = vec!["-C".to_owned()];
        target.ssh_extra_args = vec!["-J".to_owned(), "bastion".to_owned()];
        let client = Client::new(&target, "asked for".to_owned(), None).unwrap();
        assert_eq!(
            client.arguments(false).join(" "),
            "-o ControlMaster=no -o ControlPath=none -o KbdInteractiveAuthentication=no -o PasswordAuthentication=no \
             -C -o ConnectTimeout=10 -o Port=2222 -o User=\"deploy\" -J bastion -T -- web1"
        );
    }
}
