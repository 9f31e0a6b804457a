//! The process that stays behind: it lends the channels of a connection.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use russh::keys::PublicKeyOrCertificate;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::super::link::Link;
use super::Persistence;
use super::wire::{self, End, Greeting, Request};
use crate::connection::{ExitStatus, Process, Pty};

/// A host that opens no channel for so long is gone; the run connects for itself and says how that ends.
pub(super) const OPENING: Duration = Duration::from_secs(3);
/// How often an idle connection is looked after.
const WATCH: Duration = Duration::from_secs(1);
/// How much of a stream is passed on at once.
const CHUNK: usize = 128 << 10;

/// A connection with those who use it now.
struct Lent {
    link: Arc<Link>,
    socket: PathBuf,
    greeting: Greeting,
    users: AtomicUsize,
    /// Told when a user wants it closed, or it turns out to be dead.
    closing: Notify,
}

/// Lends a connection until it has been idle for its time, is lost or is to be closed.
pub(super) async fn serve(persistence: &Persistence, link: &Arc<Link>, listener: UnixListener) {
    let Some(greeting) = greeting(persistence, link) else { return };
    let lent = Arc::new(Lent {
        link: link.clone(),
        socket: persistence.socket.clone(),
        greeting,
        users: AtomicUsize::new(0),
        closing: Notify::new(),
    });
    let mut idle = Duration::ZERO;
    loop {
        tokio::select! {
            user = listener.accept() => {
                let Ok((user, _)) = user else { break };
                idle = Duration::ZERO;
                lent.users.fetch_add(1, Ordering::Relaxed);
                let lent = lent.clone();
                tokio::spawn(async move {
                    let _ = attend(&lent, user).await;
                    lent.users.fetch_sub(1, Ordering::Relaxed);
                });
            }
            () = sleep(WATCH) => {
                if lent.users.load(Ordering::Relaxed) > 0 {
                    idle = Duration::ZERO;
                } else {
                    idle += WATCH;
                }
                if link.is_closed() || persistence.time.is_some_and(|time| idle >= time) {
                    break;
                }
            }
            () = lent.closing.notified() => break,
        }
    }
    let _ = std::fs::remove_file(&persistence.socket);
    link.close().await;
}

fn greeting(persistence: &Persistence, link: &Link) -> Option<Greeting> {
    let (host_key, is_certificate) = match link.host_key.get()? {
        PublicKeyOrCertificate::PublicKey { key, .. } => (key.to_openssh().ok()?, false),
        PublicKeyOrCertificate::Certificate(certificate) => (certificate.to_openssh().ok()?, true),
    };
    Some(Greeting {
        version: wire::VERSION.to_owned(),
        host_key,
        is_certificate,
        secrets: persistence.secrets.clone(),
        description: link.description.clone(),
    })
}

/// Listens in place of one that is gone; fails where another process keeps such a connection.
pub(super) async fn listen(socket: &Path) -> io::Result<UnixListener> {
    let folder = socket.parent().unwrap_or(Path::new("/"));
    // Where others may write too, both sides look who the other one is.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if UnixStream::connect(socket).await.is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let mut name = socket.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let _ = std::fs::remove_file(&name);
    let listener = UnixListener::bind(&name)?;
    std::fs::rename(&name, socket)?;
    Ok(listener)
}

/// Serves one user: a channel, and what it is asked to do.
async fn attend(lent: &Lent, mut user: UnixStream) -> io::Result<()> {
    if user.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let channel = match timeout(OPENING, lent.link.open_channel()).await {
        Ok(Ok(channel)) => channel,
        // It may only have too many: who asks connects for itself.
        Ok(Err(_)) if !lent.link.is_closed() => return Ok(()),
        Ok(Err(_)) | Err(_) => {
            lent.closing.notify_one();
            return Ok(());
        }
    };
    let asked = async {
        wire::send(&mut user, &lent.greeting).await?;
        wire::receive_with_files::<Request>(&mut user).await
    };
    let (request, files) = match asked.await {
        Ok(asked) => asked,
        Err(error) => {
            let _ = channel.close().await;
            return Err(error);
        }
    };
    match request {
        Request::Close => {
            lent.link.close().await;
            let _ = std::fs::remove_file(&lent.socket);
            lent.closing.notify_one();
            wire::send(&mut user, &End::Code(0)).await
        }
        Request::Exec { command, pty } => {
            let pty = pty.map(|(columns, rows)| Pty { columns, rows });
            match lent.link.start(channel, &command, pty).await {
                Ok(process) => pass(process, user, files).await,
                Err(error) => wire::send(&mut user, &End::Lost(error.message)).await,
            }
        }
    }
}

/// Passes a command's streams on until it has ended, or nobody wants it any more.
async fn pass(
    process: Process,
    mut user: UnixStream,
    files: Vec<std::os::fd::OwnedFd>,
) -> io::Result<()> {
    let Process { mut stdin, stdout, stderr, exit } = process;
    let mut streams = files.into_iter().map(|file| {
        let stream = std::os::unix::net::UnixStream::from(file);
        stream.set_nonblocking(true)?;
        UnixStream::from_std(stream)
    });
    let (Some(data), Some(errors)) = (streams.next(), streams.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let (input, mut output) = data?.into_split();
    let mut errors = errors?;
    let feed = async {
        let copied =
            tokio::io::copy_buf(&mut BufReader::with_capacity(CHUNK, input), &mut stdin).await;
        if copied.is_ok() {
            let _ = stdin.shutdown().await;
        }
        // A command may go on without input.
        std::future::pending::<()>().await;
    };
    let out = async {
        let _ =
            tokio::io::copy_buf(&mut BufReader::with_capacity(CHUNK, stdout), &mut output).await;
        let _ = output.shutdown().await;
    };
    let err = async {
        let _ =
            tokio::io::copy_buf(&mut BufReader::with_capacity(8 << 10, stderr), &mut errors).await;
        let _ = errors.shutdown().await;
    };
    let (mut gone, mut told) = user.split();
    let end = async {
        let end = match exit.wait().await {
            Ok(ExitStatus::Code(code)) => End::Code(code),
            Ok(ExitStatus::Signal(name)) => End::Signal(name),
            Err(error) => End::Lost(error.message),
        };
        let _ = told.write_all(&wire::framed(&end)?).await;
        told.shutdown().await
    };
    let all = async {
        let ((), (), ended) = tokio::join!(out, err, end);
        ended
    };
    let mut nothing = [0; 1];
    tokio::select! {
        ended = all => ended,
        () = feed => Ok(()),
        _ = gone.read(&mut nothing) => Ok(()),
    }
}
