//! What russh asks us during a connection: is this the host's key, who takes a forwarded agent.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;

use super::known_hosts::Verifier;
use super::link::{Ending, HostKey};
use super::shortcut::Control;
use crate::connection::Error;

/// The client side of one connection.
pub(super) struct Client {
    pub(super) verifier: Arc<Verifier>,
    pub(super) ending: Ending,
    /// Why the host's key was refused: russh only knows that it was.
    pub(super) refusal: Arc<Mutex<Option<Error>>>,
    /// Takes the key that was accepted.
    pub(super) host_key: HostKey,
    /// Learns from the key exchange how to save round trips.
    pub(super) shortcut: Control,
    /// The agent whose channel the host may open, where forwarding was asked for.
    pub(super) forwarded_agent: Option<std::path::PathBuf>,
}

impl Client {
    /// Takes the reason why the host's key was refused.
    pub(super) fn take_refusal(refusal: &Mutex<Option<Error>>) -> Option<Error> {
        refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        match self.verifier.verify(key).await {
            Ok(()) => {
                let _ = self.host_key.set(match key {
                    PublicKeyOrCertificate::PublicKey { key, .. } => key.clone().into(),
                    PublicKeyOrCertificate::Certificate(certificate) => certificate.clone().into(),
                });
                Ok(true)
            }
            Err(error) => {
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Ok(false)
            }
        }
    }

    async fn kex_done(
        &mut self,
        secret: Option<&[u8]>,
        names: &russh::Names,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.shortcut.exchanged(secret, names);
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: russh::Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        // Dropping the handle refuses: a host may not reach an agent that was not offered.
        if let Some(socket) = self.forwarded_agent.clone() {
            reply.accept().await;
            tokio::spawn(async move {
                if let Ok(mut agent) = tokio::net::UnixStream::connect(socket).await {
                    let _ =
                        tokio::io::copy_bidirectional(&mut channel.into_stream(), &mut agent).await;
                }
            });
        }
        Ok(())
    }

    // A client that opened no listener has nothing to accept: the host may not reach into our network.
    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        _: russh::Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        _: russh::Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: russh::Channel<Msg>,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: russh::Channel<Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        Ok(())
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: russh::Channel<Msg>,
        _: &str,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        Ok(())
    }

    async fn server_channel_open_x11(
        &mut self,
        _: russh::Channel<Msg>,
        _: &str,
        _: u32,
        _: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<russh::Error>,
    ) -> Result<(), russh::Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                self.ending.note(format!("the host disconnected: {}", info.message.trim()));
                Ok(())
            }
            DisconnectReason::Error(error) => {
                self.ending.note(match &error {
                    russh::Error::KeepaliveTimeout => {
                        "the host does not answer any more".to_owned()
                    }
                    russh::Error::Disconnect | russh::Error::HUP => {
                        "connection closed by the host".to_owned()
                    }
                    other => other.to_string(),
                });
                Err(error)
            }
        }
    }
}
