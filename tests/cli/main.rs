//! What only the built program shows: its names, its messages before a run, its streams and exit statuses.
//!
//! Invariant: what the reference prints too is a case of `tests/parity`; here stands what is windlass' own.

mod callbacks;
mod console;
mod containers;
mod galaxy;
mod hostile;
mod manuals;
mod mistakes;
mod names;
mod secrets;
mod sources;
mod world;
