//! Everything that is decided about a connection before its first packet.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::auth::Credentials;
use super::kept::Persistence;
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
    /// The configuration that was named for its target holds for it too.
    pub(super) config_file: Option<String>,
}

impl Hop {
    /// Reads `[user@]host[:port]` or `ssh://[user@]host[:port]`.
    pub(super) fn parse(text: &str, config_file: Option<String>) -> Result<Self, String> {
        let bad = || format!("`ProxyJump` cannot use `{text}`");
        let rest = text.strip_prefix("ssh://").unwrap_or(text).trim_end_matches('/');
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']').ok_or_else(bad)?;
                (host, after.strip_prefix(':'))
            }
            None => match rest.rsplit_once(':') {
                // An address of IPv6 without brackets has no port.
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (rest, None),
            },
        };
        let port = port.map(|port| port.parse().map_err(|_| bad())).transpose()?;
        if host.is_empty() {
            return Err(bad());
        }
        Ok(Self { user, host: host.to_owned(), port, before: Vec::new(), config_file })
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match (self.host.contains(':'), self.port) {
            (true, _) => write!(f, "[{}]", self.host)?,
            (false, _) => f.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
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
    /// How the connection stays for the next run, where it may.
    pub(super) persistence: Option<Persistence>,
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
