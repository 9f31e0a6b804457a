//! Getting the helper onto a host, talking to it, becoming another user.
//!
//! Invariant: nothing here knows tasks or playbooks; requests go out, results and output come back.

mod images;

pub use images::{EMBEDDED, Embedded};
