//! Everything that is decided about a connection before its first packet.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::auth::Credentials;
use super::known_hosts::Verifier;
use super::link::SessionOptions;
use crate::connection::{Error, ErrorKind, Transport};

/// How the bytes reach a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    Direct,
    /// Through another connection of ours.
    Jump(Box<Hop>),
    /// Through the pipes of a program.
    Command(String),
}

/// A bastion as `ProxyJump` names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Hop {
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// The bastions before it.
    pub(super) before: Vec<Hop>,
}

/// A connection as it will be made.
pub(in crate::connection) struct Plan {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) way: Way,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) attempts: u32,
    pub(super) alive_interval: Option<Duration>,
    pub(super) alive_count_max: usize,
    pub(super) family: Family,
    pub(super) bind: Option<String>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) credentials: Credentials,
    pub(super) session: SessionOptions,
    pub(super) forwarded_agent: Option<PathBuf>,
    pub(super) algorithms: super::algorithms::Wanted,
    /// Why only the OpenSSH client can make this connection.
    pub(super) beyond_russh: Option<String>,
}

/// Which addresses of a host are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Family {
    #[default]
    Any,
    V4,
    V6,
}

impl Plan {
    /// Returns why the OpenSSH client carries this connection, or nothing where russh does.
    pub(in crate::connection) fn needs_openssh(
        &self,
        transport: Transport,
    ) -> Result<Option<String>, Error> {
        match (transport, &self.beyond_russh) {
            (Transport::OpenSsh, _) => Ok(Some("asked for by a setting".to_owned())),
            (Transport::Auto, reason) => Ok(reason.clone()),
            (Transport::Russh, None) => Ok(None),
            (Transport::Russh, Some(reason)) => Err(Error::ssh(
                ErrorKind::Config,
                format!(
                    "the ssh configuration needs the OpenSSH client ({reason}), which a setting excludes"
                ),
            )),
        }
    }
}
