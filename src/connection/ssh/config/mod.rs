//! The user's ssh configuration, read as OpenSSH's client reads it.
//!
//! Invariant: reading contacts nobody and runs nothing; a command that `Match exec` needs is handed to the caller.

mod arguments;
mod expand;
mod keyword;
mod matching;
#[cfg(test)]
mod oracle;
mod reader;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) use arguments::Arguments;
pub(super) use expand::{LocalNames, Tokens, tilde};
pub(super) use keyword::seconds;
pub(super) use reader::read;

/// What is asked of the configuration.
pub(super) struct Query<'a> {
    /// The host as the inventory names it.
    pub(super) host: &'a str,
    /// The arguments of the command line, which come before every file.
    pub(super) arguments: &'a [String],
    pub(super) local: &'a LocalNames,
    /// The system-wide file.
    pub(super) system_file: &'a Path,
    pub(super) files: &'a Files,
    /// The outcome of commands that `Match exec` has asked for so far.
    pub(super) executed: &'a HashMap<String, bool>,
}

/// Why the configuration is not known (yet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// This command must be run first: `Match exec` depends on it.
    Execute(String),
    /// A mistake in a file or an argument, with its place.
    Mistake(String),
}

/// The text of configuration files, each read once in a run.
#[derive(Debug, Default)]
pub(in crate::connection) struct Files {
    texts: Mutex<HashMap<PathBuf, Option<Arc<str>>>>,
}

impl Files {
    fn text(&self, path: &Path) -> Option<Arc<str>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || Some(Arc::from(String::from_utf8_lossy(&std::fs::read(path).ok()?)));
        texts.entry(path.to_owned()).or_insert_with(read).clone()
    }
}

/// The options that hold for a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Options {
    values: HashMap<&'static str, Vec<String>>,
    /// The host as it was asked for, without a user.
    pub(super) original: String,
    /// The file that `-F` named.
    pub(super) named_file: Option<String>,
    /// What the configuration depends on that only the OpenSSH client can find out.
    pub(super) beyond_russh: Option<&'static str>,
}

impl Options {
    /// Returns the first value of an option, where the user has set it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|values| values.first()).map(String::as_str)
    }

    /// Returns all values of an option.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns a yes-or-no option.
    pub(super) fn is(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, |value| value == "yes")
    }

    /// Returns a number, where it has been set.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Returns true where the user has said something.
    fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Returns the address behind the name: `HostName`, in which `%h` is the name.
    pub(super) fn hostname(&self) -> String {
        let name = match self.get("hostname") {
            None => self.original.clone(),
            Some(name) if name.parse::<std::net::IpAddr>().is_ok() => name.to_owned(),
            Some(name) => name.replace("%%", "\0").replace("%h", &self.original).replace('\0', "%"),
        };
        name.to_lowercase()
    }

    /// Returns the port.
    pub(super) fn port(&self) -> u16 {
        self.number("port").and_then(|port| u16::try_from(port).ok()).unwrap_or(22)
    }
}

/// A line of a file, for messages.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    line: usize,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Place<'_> {
    fn mistake(&self, what: impl fmt::Display) -> Stop {
        Stop::Mistake(format!("{self}: {what}"))
    }
}
