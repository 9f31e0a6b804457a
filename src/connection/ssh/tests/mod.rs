//! Connections to a real sshd.

mod keys;
mod sshd;
