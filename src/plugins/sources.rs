//! Inventory sources whose plugin is Python: an installed ansible-core reads them.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use super::installed;

const PROGRAM: &str = include_str!("source.py");

/// How the program ends where this Python has no ansible-core.
const NOT_INSTALLED: i32 = 3;

/// What came of a source.
pub struct Listed {
    /// What an executable source would print; nothing where the plugin could not read it.
    pub json: Option<String>,
    /// What was said on the error output.
    pub said: String,
}

/// Reads a source; nothing where no Python on this machine has an ansible-core.
pub fn list_source(path: &Path, working_dir: &Path) -> Option<Listed> {
    let outputs = installed::interpreters().into_iter().map(|python| {
        Command::new(python)
            .args(["-c", PROGRAM])
            .arg(path)
            .current_dir(working_dir)
            .stdin(Stdio::null())
            .output()
    });
    let has_run = |output: &Output| output.status.code() != Some(NOT_INSTALLED);
    let output = outputs.filter_map(Result::ok).find(has_run)?;
    let json = output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into());
    Some(Listed { json, said: String::from_utf8_lossy(&output.stderr).into() })
}
