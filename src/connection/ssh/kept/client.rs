//! A run's use of a connection that another one left.

use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use russh::keys::{Certificate, PublicKey, PublicKeyOrCertificate};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::super::known_hosts::Verifier;
use super::super::plan::Plan;
use super::wire::{self, End, Greeting, Request};
use super::{Persistence, server};
use crate::connection::{Error, ErrorKind, Exit, ExitStatus, Process, Pty};

/// Somewhat more than the keeper waits for a host's answer.
const GREETING_LIMIT: Duration = Duration::from_secs(server::OPENING.as_secs() + 1);

/// A connection that another process keeps.
pub(in crate::connection::ssh) struct Kept {
    access: Access,
    /// A channel that was opened to see whether the host still answers.
    ready: Mutex<Option<UnixStream>>,
    lost: Arc<AtomicBool>,
    pub(in crate::connection::ssh) description: String,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Kept {
    /// Open files of one command: the keeper's socket, and two with their other ends for a moment.
    pub(in crate::connection::ssh) const FILES: u32 = 5;
}

/// How the keeper is asked, and what it must know.
struct Access {
    socket: PathBuf,
    secrets: String,
    verifier: Arc<Verifier>,
}

/// Returns the connection that an earlier run left for a plan, when its host still answers.
pub(in crate::connection::ssh) async fn find(
    plan: &Plan,
    persistence: &Persistence,
    permit: Option<OwnedSemaphorePermit>,
) -> Option<Kept> {
    let access = Access {
        socket: persistence.socket.clone(),
        secrets: persistence.secrets.clone(),
        verifier: plan.verifier.clone(),
    };
    // Whatever is wrong with it: a connection of our own says it better.
    let (stream, greeting) = access.channel().await.ok()?;
    Some(Kept {
        access,
        ready: Mutex::new(Some(stream)),
        lost: Arc::default(),
        description: format!("{}, kept since an earlier run", greeting.description),
        _permit: permit,
    })
}

impl Access {
    /// Asks for a channel, which the keeper's greeting says is open.
    async fn channel(&self) -> Result<(UnixStream, Greeting), String> {
        let opening = async {
            let mut stream = UnixStream::connect(&self.socket).await?;
            // The folder may be one where others write.
            if stream.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied));
            }
            let greeting: Greeting = wire::receive(&mut stream).await?;
            Ok((stream, greeting))
        };
        let opened = timeout(GREETING_LIMIT, opening).await;
        let opened = opened.map_err(|_| "the host does not answer any more".to_owned())?;
        let (stream, greeting) = opened.map_err(|error| error.to_string())?;
        if greeting.version != wire::VERSION || greeting.secrets != self.secrets {
            return Err("the connection was opened by other means".to_owned());
        }
        let key = host_key(&greeting).ok_or("the host's key cannot be read")?;
        self.verifier.verify(&key).await.map_err(|error| error.message)?;
        if self.verifier.is_distrusted() {
            return Err("the host's key has changed".to_owned());
        }
        Ok((stream, greeting))
    }
}

fn host_key(greeting: &Greeting) -> Option<PublicKeyOrCertificate> {
    if greeting.is_certificate {
        Certificate::from_openssh(&greeting.host_key).ok().map(Into::into)
    } else {
        PublicKey::from_openssh(&greeting.host_key).ok().map(Into::into)
    }
}

impl Kept {
    /// Starts a command in a channel of its own.
    pub(in crate::connection::ssh) async fn exec(
        &self,
        command: &str,
        pty: Option<Pty>,
    ) -> Result<Process, Error> {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut stream = match ready {
            Some(stream) => stream,
            None => match self.access.channel().await {
                Ok((stream, _)) => stream,
                Err(reason) => return Err(self.lose(&reason)),
            },
        };
        let pty = pty.map(|pty| (pty.columns, pty.rows));
        let request = Request::Exec { command: command.to_owned(), pty };
        match start(&mut stream, &request).await {
            Ok((data, errors)) => Ok(self.process(stream, data, errors)),
            Err(error) => Err(self.lose(&error.to_string())),
        }
    }

    fn process(&self, control: UnixStream, data: UnixStream, errors: UnixStream) -> Process {
        // The keeper ends the command when nobody holds any part of it.
        let control = Arc::new(control);
        let (output, input) = data.into_split();
        let held = control.clone();
        let lost = self.lost.clone();
        let exit = Exit(Box::pin(async move {
            let end = end(&control).await.unwrap_or_else(|error| {
                End::Lost(format!("the process that kept the connection ended: {error}"))
            });
            match end {
                End::Code(code) => Ok(ExitStatus::Code(code)),
                End::Signal(name) => Ok(ExitStatus::Signal(name)),
                End::Lost(message) => {
                    lost.store(true, Ordering::Relaxed);
                    Err(Error::other(ErrorKind::Lost, message))
                }
            }
        }));
        Process {
            stdin: Box::new(Part { inner: input, _control: held.clone() }),
            stdout: Box::new(Part { inner: output, _control: held.clone() }),
            stderr: Box::new(Part { inner: errors, _control: held }),
            exit,
        }
    }

    fn lose(&self, reason: &str) -> Error {
        self.lost.store(true, Ordering::Relaxed);
        Error::lost(format!("connection lost: {reason}"))
    }

    pub(in crate::connection::ssh) fn is_closed(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Ends the connection also for those who would come later.
    pub(in crate::connection::ssh) async fn close(&self) {
        self.lost.store(true, Ordering::Relaxed);
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = match ready {
            Some(stream) => Some(stream),
            None => self.access.channel().await.ok().map(|(stream, _)| stream),
        };
        if let Some(mut stream) = stream
            && wire::send(&mut stream, &Request::Close).await.is_ok()
        {
            // It has closed before it says so: what comes next must not find it again.
            let _ = timeout(GREETING_LIMIT, wire::receive::<End>(&mut stream)).await;
        }
    }
}

/// Hands the request over with the keeper's ends of the sockets; returns ours.
async fn start(stream: &mut UnixStream, request: &Request) -> io::Result<(UnixStream, UnixStream)> {
    let (data, their_data) = UnixStream::pair()?;
    let (errors, their_errors) = UnixStream::pair()?;
    wire::send_with_files(stream, request, [their_data.as_fd(), their_errors.as_fd()]).await?;
    Ok((data, errors))
}

/// Waits for the keeper's last message.
async fn end(control: &UnixStream) -> io::Result<End> {
    let mut bytes = Vec::new();
    loop {
        control.readable().await?;
        let mut chunk = [0; 512];
        match control.try_read(&mut chunk) {
            Ok(0) => return wire::parse(&bytes),
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// One stream of a command, which lives as long as any of them is held.
struct Part<T> {
    inner: T,
    _control: Arc<UnixStream>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Part<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Part<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
