//! What happens in a run, as outputs see it.

use std::sync::Arc;

use windlass_protocol::Stream;

use crate::{
    diagnostic::Span,
    value::{Dict, Value},
};

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A run begins.
    Start { check: bool, config_file: Option<&'a str> },
    PlayStart { name: &'a str, check: bool, hosts: usize },
    NoHostsMatched,
    NoHostsRemaining,
    TaskStart(&'a TaskStart),
    /// One host, or one item on it, is done with a task.
    Result(&'a ResultEvent<'a>),
    /// A task is tried again.
    Retry { host: &'a str, delegate: Option<&'a str>, task: &'a str, left: i64, result: &'a Dict },
    /// Files were included for these hosts.
    Included { path: &'a str, hosts: &'a [Arc<str>], items: &'a [String] },
    /// A file changed, or would.
    Diff { diff: &'a Value },
    /// A running command printed something.
    Output { host: &'a str, stream: Stream, bytes: &'a [u8] },
    Warning(&'a str),
    /// A message at a level of verbosity.
    Verbose { level: u8, host: Option<&'a str>, text: &'a str },
    /// A play is over for good: totals of every host.
    Recap { stats: &'a [(Arc<str>, Stats)], custom: Option<&'a Value> },
}

/// A task begins on its first host.
#[derive(Clone, Debug)]
pub struct TaskStart {
    pub name: String,
    pub is_handler: bool,
    pub action: Arc<str>,
    pub span: Span,
    pub check: bool,
    /// Whether hosts come to it at different times: the banner waits for the first result.
    pub unsteady: bool,
    pub n_hosts: usize,
    /// Distinguishes tasks of one name.
    pub id: usize,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    Changed,
    Skipped,
    Failed,
    Unreachable,
}

/// One host's result, or one item's.
#[derive(Debug)]
pub struct ResultEvent<'a> {
    pub task: &'a TaskStart,
    pub host: &'a str,
    /// The host that did it, and its address where that is another name.
    pub delegate: Option<(&'a str, &'a str)>,
    pub status: Status,
    pub result: &'a Dict,
    /// The item's label, for one turn of a loop.
    pub item: Option<String>,
    /// Whether this sums up a loop whose items were shown.
    pub is_loop_summary: bool,
    pub ignored: bool,
    pub no_log: bool,
    /// Why it failed, outermost first.
    pub causes: &'a [Cause],
}

/// One reason in a chain of them, and where the text stands that it speaks of.
#[derive(Clone, Debug)]
pub struct Cause {
    pub message: String,
    pub span: Option<Span>,
    /// What stands in for a place where there is no file: `<adhoc 'debug' task>`.
    pub origin: Option<String>,
}

/// A host's totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub ok: usize,
    pub changed: usize,
    pub unreachable: usize,
    pub failed: usize,
    pub skipped: usize,
    pub rescued: usize,
    pub ignored: usize,
}
