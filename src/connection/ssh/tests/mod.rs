//! Connections to a real sshd.

mod hostkeys;
mod kept;
mod keys;
mod many;
mod passwords;
mod relay;
mod sshd;
mod trips;
mod ways;
