//! What a run prints: an observer of events.
//!
//! Invariant: nothing outside of this folder writes to the terminal, and nothing in it decides what a run does.

/// Declares one file an output and the table of them.
macro_rules! registry {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static ALL: &[&units::Unit] = &[$(&$name::UNIT),+];
    };
}

registry! {
    actionable,
    debug,
    default,
    json,
    junit,
    minimal,
    null,
    oneline,
    profile_roles,
    profile_tasks,
    skippy,
    timer,
    tree,
    yaml,
}

mod adhoc;
mod aside;
mod color;
mod diff;
mod dump;
mod event;
mod excerpt;
mod labels;
pub mod log;
mod options;
mod python;
mod secrets;
mod shown;
mod sink;
mod status;
mod units;
mod warning;

pub use adhoc::AdHoc;
pub use aside::Aside;
pub use color::{Paint, Palette};
pub use default::Default;
pub use dump::{dump, dump_value};
pub use event::{
    About, Asked, Cause, Event, JobState, ResultEvent, Stats, Status, TaskStart, Wants,
};
pub use excerpt::{error_text, shortened};
pub use options::{Junit, Options};
pub use python::{Known, Plugin, PythonRun, python};
pub use secrets::Secrets;
pub use shown::censored;
pub use sink::{Sink, banner};
pub use units::{Beside, beside, is_ours, main, several};
pub use warning::announcement;

/// Returns what `-v` says first: which file the settings come from.
pub fn config_line(file: Option<impl std::fmt::Display>) -> String {
    match file {
        Some(path) => format!("Using {path} as config file"),
        None => "No config file found; using defaults".to_owned(),
    }
}

/// A way to show a run.
pub trait Output: Send {
    fn event(&mut self, event: &Event);

    /// Returns what it wants to be told beside what everybody is.
    fn wants(&self) -> Wants {
        Wants::default()
    }

    /// The run is over; nothing comes any more.
    fn finish(&mut self) {}
}
