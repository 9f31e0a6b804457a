//! One file a command, and what they share.
//!
//! Invariant: nothing here knows how a task runs; commands read their options, load, and hand over.

pub mod args;
pub mod extra_vars;
pub mod inventory;
