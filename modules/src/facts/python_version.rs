//! The version of the host's Python.

use super::{Ask, Facts, Pace, Source, python};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "platform", facts: &["python_version"], pace: Pace::Slow, gather };

fn gather(host: &Host, ask: &Ask) -> Facts {
    let python = python::find(host, ask.python.as_deref()).into_iter();
    let facts = python.map(|python| {
        let [major, minor, micro] = python.version;
        ("python_version".to_owned(), format!("{major}.{minor}.{micro}").into())
    });
    facts.collect()
}
