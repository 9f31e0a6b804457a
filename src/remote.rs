//! Getting the helper onto a host, talking to it, becoming another user.
//!
//! Invariant: nothing here knows tasks or playbooks; requests go out, results and output come back.

mod become_method;
mod contents;
mod exchange;
mod images;
mod refused;
mod run_as;
mod session;
mod start;

pub use become_method::{BecomeError, Method};
pub use contents::Content;
pub use images::{EMBEDDED, Embedded};
pub use run_as::{RunAsError, run_as};
pub use session::{Answer, Event, Lost, Request, Session};
pub use start::StartError;
