//! What happens in a run, as outputs see it.

use std::sync::Arc;

use windlass_protocol::Stream;

use crate::{
    diagnostic::{Span, Told},
    value::{Dict, Value},
};

/// What outputs beside the usual ones want to know of a play or task; nothing is made of it unless one asks.
pub trait About: std::fmt::Debug + Send + Sync {
    fn about(&self) -> Dict;
}

/// What only some outputs want to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// When each host begins a task.
    pub host_starts: bool,
    /// What each module was called with.
    pub invocations: bool,
}

/// What the operator is asked before a play.
#[derive(Debug)]
pub struct Asked {
    pub name: Arc<str>,
    pub question: String,
    pub default: Option<String>,
    pub private: bool,
    pub confirm: bool,
    pub encrypt: Option<String>,
    pub salt: Option<String>,
    pub salt_size: Option<usize>,
    pub is_unsafe: bool,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A run begins.
    Start {
        check: bool,
        config_file: Option<String>,
    },
    /// A playbook's first play comes.
    PlaybookStart {
        path: String,
        n_plays: usize,
    },
    PlayStart {
        name: Arc<str>,
        check: bool,
        hosts: usize,
        about: Arc<dyn About>,
    },
    /// The play that comes next has hosts.
    PlayContext {
        name: Arc<str>,
        about: Arc<dyn About>,
    },
    NoHostsMatched,
    NoHostsRemaining,
    /// The operator is asked for a variable, or would be.
    VarsPrompt(Box<Asked>),
    TaskStart(Arc<TaskStart>),
    /// A host begins a task.
    HostStart {
        task: Arc<TaskStart>,
        host: Arc<str>,
    },
    /// One host, or one item on it, is done with a task.
    Result(Box<ResultEvent>),
    /// A task is tried again.
    Retry {
        host: Arc<str>,
        delegate: Option<Arc<str>>,
        task: Arc<TaskStart>,
        left: i64,
        result: Arc<Dict>,
    },
    /// Somebody looked at a job in the background: how it goes.
    Job {
        task: Arc<TaskStart>,
        host: Arc<str>,
        state: JobState,
        /// Its number; none where the task's result must not be seen.
        id: Option<Arc<str>>,
    },
    /// Files were included for these hosts.
    Included {
        task: Option<Arc<TaskStart>>,
        path: String,
        hosts: Vec<Arc<str>>,
        items: Vec<String>,
        /// What the including task's own result says, where it has one.
        told: Arc<Dict>,
    },
    /// What went wrong beside a task's result.
    Error(Vec<Cause>),
    /// How a file changed, or would; or that it did not.
    Diff {
        task: Arc<TaskStart>,
        diff: Value,
        changed: bool,
        /// The whole result; of an item, its loop's comes later.
        of: Option<Box<ResultEvent>>,
    },
    /// A running command printed something.
    Output {
        host: Arc<str>,
        stream: Stream,
        bytes: Vec<u8>,
    },
    Warning(String),
    /// Templates beside a task's result warn of something.
    Told(Told),
    /// A message at a level of verbosity.
    Verbose {
        level: u8,
        host: Option<Arc<str>>,
        text: String,
    },
    /// The hosts that were lost stand in a file.
    RetryFile {
        path: String,
    },
    /// The operator answered the question before a task.
    Stepped {
        question: String,
    },
    /// The operator ended the run at a prompt.
    Quit,
    /// The run cannot go on; why is said elsewhere.
    Abandoned,
    /// A handler will run on a host.
    Notified {
        handler: String,
        host: Arc<str>,
    },
    /// A playbook is over: totals of every host.
    Recap {
        stats: Vec<(Arc<str>, Stats)>,
        custom: Option<Value>,
    },
}

/// A task begins on its first host.
#[derive(Clone, Debug)]
pub struct TaskStart {
    pub name: String,
    /// How many bytes of the name are its role's.
    pub of_role: usize,
    /// Whether the playbook names it: otherwise its action does.
    pub is_named: bool,
    /// Its arguments as the playbook has them: `msg={{ x }}, verbosity=1`; nothing where they must not be seen.
    pub args: Option<String>,
    pub is_handler: bool,
    pub action: Arc<str>,
    pub span: Span,
    pub check: bool,
    /// Whether hosts come to it at different times: the banner waits for the first result.
    pub unsteady: bool,
    pub n_hosts: usize,
    /// Distinguishes tasks of one name.
    pub id: usize,
    pub about: Arc<dyn About>,
}

/// How a job in the background goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Running,
    Ok,
    Failed,
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
#[derive(Clone, Debug)]
pub struct ResultEvent {
    pub task: Arc<TaskStart>,
    pub host: Arc<str>,
    /// The host that did it, and its address where that is another name.
    pub delegate: Option<(Arc<str>, Arc<str>)>,
    pub status: Status,
    pub result: Arc<Dict>,
    /// The item's label, for one turn of a loop.
    pub item: Option<String>,
    /// Whether this sums up a loop whose items were shown.
    pub is_loop_summary: bool,
    /// Whether differences are wanted.
    pub diffing: bool,
    pub ignored: bool,
    pub no_log: bool,
    /// Why it failed, outermost first.
    pub causes: Vec<Cause>,
    /// Where what the result warns of was found, as far as that is known.
    pub told: Vec<Told>,
}

impl ResultEvent {
    /// Returns how a whole task ended on its own host, with nothing more to say.
    pub fn new(
        task: Arc<TaskStart>,
        host: Arc<str>,
        status: Status,
        result: Arc<Dict>,
    ) -> ResultEvent {
        ResultEvent {
            task,
            host,
            delegate: None,
            status,
            result,
            item: None,
            is_loop_summary: false,
            diffing: false,
            ignored: false,
            no_log: false,
            causes: Vec::new(),
            told: Vec::new(),
        }
    }
}

/// One reason in a chain of them, and where the text stands that it speaks of.
#[derive(Clone, Debug, Default)]
pub struct Cause {
    pub message: String,
    pub span: Option<Span>,
    /// What stands in for a place where there is no file: `<adhoc 'debug' task>`.
    pub origin: Option<String>,
    /// What helps against it, shown below the place.
    pub help: Option<&'static str>,
    /// What happened below it, each in the words of its own.
    pub below: Vec<String>,
    /// Whether it is an entry of its own though the reason before it stands at the same place.
    pub apart: bool,
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
