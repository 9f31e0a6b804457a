//! One authenticated SSH connection: its russh session, what it runs through, and why it ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use russh::client::{Handle, Msg};
use russh::keys::PublicKeyOrCertificate;

use super::channel;
use super::handler::Client;
use super::shortcut::Control;
use crate::connection::{Error, ErrorKind, Process, Pty};

/// Why a connection ended, written once by whoever notices first.
#[derive(Debug, Clone, Default)]
pub(super) struct Ending(Arc<OnceLock<String>>);

impl Ending {
    /// Notes the reason; later ones are consequences of the first.
    pub(super) fn note(&self, reason: impl Into<String>) {
        let _ = self.0.set(reason.into());
    }

    /// Returns the reason as far as it is known.
    pub(super) fn reason(&self) -> &str {
        self.0.get().map_or("connection closed by the host", String::as_str)
    }
}

/// The key or certificate that a host showed and that was accepted.
pub(super) type HostKey = Arc<OnceLock<PublicKeyOrCertificate>>;

/// An open connection; it lives as long as anything that runs on it.
pub(super) struct Link {
    pub(super) handle: Handle<Client>,
    pub(super) ending: Ending,
    pub(super) opening: Opening,
    /// What the host proved to be.
    pub(super) host_key: HostKey,
    /// What `-v` says about it.
    pub(super) description: String,
    pub(super) session: SessionOptions,
    /// The connection to the bastion that carries this one.
    pub(super) via: Option<Arc<Link>>,
    /// Its place among the open files of this process.
    pub(super) _permit: Option<tokio::sync::OwnedSemaphorePermit>,
}

/// The start of a connection, when the answer to its first channel can be foreseen.
pub(super) struct Opening {
    shortcut: Control,
    since: Instant,
    taken: AtomicBool,
}

/// Later than this something else than the channel may be the next thing that is sent.
const FRESH: Duration = Duration::from_secs(5);

impl Opening {
    /// Marks the moment after the login.
    pub(super) fn new(shortcut: Control) -> Self {
        Self { shortcut, since: Instant::now(), taken: AtomicBool::new(false) }
    }

    /// Foresees the first channel, if this is it.
    fn foresee_channel(&self) {
        if !self.taken.swap(true, Ordering::SeqCst) {
            if self.since.elapsed() < FRESH {
                self.shortcut.foresee_channel();
            }
            self.shortcut.finish();
        }
    }

    /// Gives the chance up: the first channel will be of another kind.
    pub(super) fn decline(&self) {
        if !self.taken.swap(true, Ordering::SeqCst) {
            self.shortcut.finish();
        }
    }
}

/// What every session on a connection asks for before its command.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionOptions {
    pub(super) environment: Vec<(String, String)>,
    pub(super) forward_agent: bool,
}

impl Link {
    /// Starts a command; everything it needs travels in one flight after the channel is open.
    pub(super) async fn exec(
        self: &Arc<Self>,
        command: &str,
        pty: Option<Pty>,
    ) -> Result<Process, Error> {
        let channel = self.open_channel().await?;
        self.start(channel, command, pty).await
    }

    /// Opens a channel for one command.
    pub(super) async fn open_channel(&self) -> Result<russh::Channel<Msg>, Error> {
        self.opening.foresee_channel();
        self.handle.channel_open_session().await.map_err(|e| match e {
            russh::Error::ChannelOpenFailure(reason) => Error::ssh(
                ErrorKind::Unreachable,
                format!("the host refused another session: {reason:?}"),
            ),
            _ => self.lost(),
        })
    }

    /// Starts a command in a channel that is open.
    pub(super) async fn start(
        self: &Arc<Self>,
        channel: russh::Channel<Msg>,
        command: &str,
        pty: Option<Pty>,
    ) -> Result<Process, Error> {
        let requests = async {
            for (name, value) in &self.session.environment {
                channel.set_env(false, name.as_str(), value.as_str()).await?;
            }
            if self.session.forward_agent {
                channel.agent_forward(false).await?;
            }
            if let Some(pty) = pty {
                let (columns, rows) = (u32::from(pty.columns), u32::from(pty.rows));
                let kind = std::env::var("TERM").unwrap_or_else(|_| "xterm".to_owned());
                channel.request_pty(false, &kind, columns, rows, 0, 0, &[]).await?;
            }
            channel.exec(true, command).await
        };
        requests.await.map_err(|_| self.lost())?;
        Ok(channel::process(channel, self.clone()))
    }

    /// Returns the error that everything on this connection ends with once it is gone.
    pub(super) fn lost(&self) -> Error {
        let mut reason = self.ending.reason().to_owned();
        if let Some(via) = &self.via
            && via.handle.is_closed()
        {
            reason = format!("{} (through {})", via.ending.reason(), via.description);
        }
        Error::lost(format!("connection lost: {reason}"))
    }

    /// Returns true once nothing can be started on it any more.
    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed() || self.via.as_ref().is_some_and(|via| via.is_closed())
    }

    /// Tells the host that this was all.
    pub(super) async fn close(&self) {
        self.ending.note("closed by us");
        let _ = self.handle.disconnect(russh::Disconnect::ByApplication, "", "").await;
    }
}
