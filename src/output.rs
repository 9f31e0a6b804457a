//! What a run prints: an observer of events.
//!
//! Invariant: nothing outside of this folder writes to the terminal, and nothing in it decides what a run does.

mod adhoc;
mod color;
mod default;
mod diff;
mod dump;
mod event;
mod excerpt;
mod secrets;
mod sink;
mod status;

pub use adhoc::AdHoc;
pub use color::Paint;
pub use default::{Default, Options};
pub use dump::{dump, dump_value};
pub use event::{Cause, Event, ResultEvent, Stats, Status, TaskStart};
pub use excerpt::error_text;
pub use secrets::Secrets;
pub use sink::{Sink, banner};

/// A way to show a run.
pub trait Output: Send {
    fn event(&mut self, event: &Event);
}
