//! What can go wrong between the controller and a host.

use std::fmt;

/// Why a connection or a command on it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The host did not answer, or the way to it is closed.
    Unreachable,
    /// The host's key is unknown, revoked or not the one that is known.
    HostKey,
    /// The host answered and refused every way of logging in.
    Auth,
    /// The user's ssh configuration or arguments cannot be understood.
    Config,
    /// An open connection went away.
    Lost,
    /// Who carries the connection went wrong, which says nothing of the host.
    Broken,
}

/// What the reference says before what its ssh client says.
pub const BY_SSH: &str = "Failed to connect to the host via ssh: ";

/// A failed connection, worded for the user as the reference words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    /// The whole sentence, including `Failed to connect to the host via ssh: ` where scripts look for it.
    pub message: String,
}

impl Error {
    /// Makes an error whose message starts as the reference's for an ssh connection.
    pub fn ssh(kind: ErrorKind, detail: impl fmt::Display) -> Self {
        Self { kind, message: format!("{BY_SSH}{detail}") }
    }

    /// Makes an error about a connection that was open and went away.
    pub fn lost(detail: impl fmt::Display) -> Self {
        Self::ssh(ErrorKind::Lost, detail)
    }

    /// Makes an error with a message of its own.
    pub fn other(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Returns true where the same attempt may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Unreachable | ErrorKind::Lost)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::new(std::io::ErrorKind::ConnectionAborted, error)
    }
}
