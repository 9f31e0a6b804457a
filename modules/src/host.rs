//! What a module may do to a host: the only place that touches files and starts commands.
//!
//! Invariant: in check mode nothing below changes the host; every change to a file is recorded as a diff.

mod attributes;
mod capabilities;
mod children;
mod clock;
mod command;
mod concealed;
mod contents;
pub(crate) mod dbus;
mod digest;
mod dpkg;
mod errno;
mod extended;
mod files;
mod glob;
mod home;
mod look;
mod mode;
mod netlink;
mod openpgp;
mod outcome;
mod resolve;
mod rewrite;
mod shadow;
mod staged;
mod systemd;
mod terminal;
#[cfg(test)]
mod testing;
mod tree;
mod users;
mod words;
mod zone;

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

pub use attributes::{AttributeDiff, FileAttributes};
pub(crate) use capabilities::CAPABILITIES;
pub use clock::{Civil, MONTHS, WEEKDAYS, read_time};
pub(crate) use command::start;
pub use command::{Command, Output, failed};
pub use contents::{Contents, NoContents, Upload};
pub use digest::{Hasher, Tee, checksum_of};
pub use dpkg::{DebPackage, compare_versions};
pub use errno::{errno_about, errno_of, errno_text};
pub use extended::Context;
pub use files::normal_path;
pub(crate) use files::pour;
pub(crate) use glob::matches as glob_matches;
pub use look::Seed;
pub use mode::{Mode, mode_text};
pub use netlink::{Address, Route, addresses, local_routes, route_to};
pub use openpgp::{PublicKey, public_keys};
pub use outcome::{Diff, Failure, Outcome, Result, reason as reason_of};
pub use rewrite::Rewrite;
pub use shadow::Shadow;
pub use staged::{Staged, name_beside, without_reason};
pub use systemd::{Scope, UnitLine};
pub(crate) use terminal::open_terminal;
#[cfg(test)]
pub(crate) use testing::TestHost;
pub use tree::{Entry, PathState, file_time, random_name, seconds};
pub use users::{Group, User, home_of, own_name};
pub use words::{join_words, quote_word, split_words};
pub use zone::{LocalTime, Zone};

/// Where output of a running command goes as it appears.
pub type OnOutput = Box<dyn Fn(windlass_protocol::Stream, &[u8])>;

/// The managed host as one run of a module sees it.
pub struct Host {
    /// `/`, or a temporary folder in tests.
    root: PathBuf,
    check: bool,
    diff: bool,
    environment: Vec<(String, String)>,
    /// Folder in which relative paths are meant and commands start.
    cwd: Option<PathBuf>,
    verbosity: u8,
    contents: Box<dyn Contents>,
    upload: Option<Upload>,
    on_output: Option<OnOutput>,
    background: bool,
    cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
    diffs: RefCell<Vec<Diff>>,
    warnings: RefCell<Vec<String>>,
    /// Commands that a test expects, with their canned outputs; `None` runs them.
    canned: Option<RefCell<command::Canned>>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("root", &self.root)
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}

/// How one run of a module was asked for.
pub struct HostOptions {
    pub check: bool,
    pub diff: bool,
    pub environment: Vec<(String, String)>,
    pub cwd: Option<PathBuf>,
    pub verbosity: u8,
    pub contents: Box<dyn Contents>,
    pub upload: Option<Upload>,
    pub on_output: Option<OnOutput>,
    /// Whether this is a job of its own, which nobody may be there to hear.
    pub background: bool,
    /// Set by whoever wants the module to stop; commands are killed, waits end.
    pub cancelled: Arc<AtomicBool>,
    pub deadline: Option<Instant>,
}

impl Default for HostOptions {
    fn default() -> Self {
        HostOptions {
            check: false,
            diff: false,
            environment: Vec::new(),
            cwd: None,
            verbosity: 0,
            contents: Box::new(NoContents),
            upload: None,
            on_output: None,
            background: false,
            cancelled: Arc::default(),
            deadline: None,
        }
    }
}

impl HostOptions {
    /// Returns what a request says of the run it asks for.
    pub fn asked_for(task: &windlass_protocol::TaskRequest) -> HostOptions {
        HostOptions {
            check: task.check,
            diff: task.diff,
            environment: task.environment.clone(),
            // Who may not enter the folder works where they are.
            cwd: task.cwd.as_ref().map(PathBuf::from).filter(|folder| {
                use rustix::fs::Access;
                rustix::fs::access(folder, Access::EXEC_OK | Access::READ_OK).is_ok()
            }),
            verbosity: task.verbosity,
            background: task.job.is_some(),
            ..HostOptions::default()
        }
    }
}

impl Host {
    /// Returns the machine that this process runs on.
    pub fn new(options: HostOptions) -> Host {
        Host {
            root: PathBuf::from("/"),
            check: options.check,
            diff: options.diff,
            environment: options.environment,
            cwd: options.cwd,
            verbosity: options.verbosity,
            contents: options.contents,
            upload: options.upload,
            on_output: options.on_output,
            background: options.background,
            cancelled: options.cancelled,
            deadline: options.deadline,
            diffs: RefCell::default(),
            warnings: RefCell::default(),
            canned: None,
        }
    }

    /// Returns whether nothing may change; `write` and `change` already know, results may need it.
    pub fn checking(&self) -> bool {
        self.check
    }

    /// Returns whether the module is a job, whose result lies on the host until somebody asks for it.
    pub fn in_background(&self) -> bool {
        self.background
    }

    /// Returns whether diffs are wanted: what only a diff needs is not worth reading otherwise.
    pub fn diffing(&self) -> bool {
        self.diff
    }

    /// Returns how many `v` the operator gave.
    pub fn verbosity(&self) -> u8 {
        self.verbosity
    }

    /// Returns the value of a variable in the environment of the module's commands.
    pub fn env(&self, name: &str) -> Option<String> {
        let given = self.environment.iter().rev().find(|(key, _)| key == name);
        given.map(|(_, value)| value.clone()).or_else(|| std::env::var(name).ok())
    }

    /// Returns the variables that the module's commands get beside those of the helper.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    /// Adds a warning to the module's result.
    pub fn warn(&self, message: impl Into<String>) {
        self.warnings.borrow_mut().push(message.into());
    }

    /// Returns whether somebody wants the module to stop, or its time is over.
    pub fn cancelled(&self) -> bool {
        self.cancelled.load(std::sync::atomic::Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Returns this host without check mode, for what a prediction needs and what is removed again.
    pub(crate) fn unchecked(&self) -> Host {
        Host::new(HostOptions {
            environment: self.environment.clone(),
            cwd: self.cwd.clone(),
            cancelled: Arc::clone(&self.cancelled),
            deadline: self.deadline,
            ..HostOptions::default()
        })
    }

    /// Waits so long; returns whether the whole time passed, rather than the task being cancelled.
    pub fn pause(&self, span: std::time::Duration) -> bool {
        let end = Instant::now() + span;
        while !self.cancelled() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(std::time::Duration::from_millis(50)));
        }
        false
    }

    /// Returns what the controller sends along with the request: contents of files.
    pub fn contents(&self) -> &dyn Contents {
        &*self.contents
    }

    /// Returns where `path` is on this machine: below the root of tests, relative to the task's folder.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        // An empty one leads nowhere.
        if path.as_os_str().is_empty() {
            return PathBuf::new();
        }
        if path.is_absolute() {
            return match self.root.parent() {
                None => path.to_owned(),
                Some(_) => self.root.join(path.strip_prefix("/").unwrap_or(path)),
            };
        }
        match &self.cwd {
            Some(cwd) => cwd.join(path),
            None => path.to_owned(),
        }
    }

    /// Returns the path from the root on, without `.`, `..` and a slash at its end.
    pub fn absolute(&self, path: &str) -> String {
        let full = self.path(path);
        let full = std::path::absolute(&full).unwrap_or(full).display().to_string();
        let root = self.path("/").display().to_string();
        normal_path(
            match full.strip_prefix(&root) {
                Some(inside) => format!("/{}", inside.trim_start_matches('/')),
                None => full,
            }
            .as_str(),
        )
    }
}
