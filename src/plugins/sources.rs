//! Inventory sources whose plugin is Python: an installed ansible-core reads them.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
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

/// Returns whether a folder beside a playbook, or one of `folders`, has an inventory plugin of this name.
pub fn has_source_plugin(name: &str, folders: &[PathBuf]) -> bool {
    let beside = super::brought().inventories;
    beside.iter().chain(folders).any(|folder| folder.join(format!("{name}.py")).is_file())
}

/// Reads a source after others, of which `known` tells; nothing where no Python on this machine has an ansible-core.
pub fn list_source(path: &Path, working_dir: &Path, known: &str) -> Option<Listed> {
    let outputs = installed::interpreters().into_iter().map(|python| {
        let mut program = Command::new(python);
        program.args(["-c", PROGRAM]).arg(path).args(super::brought().inventories);
        program.current_dir(working_dir);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = program.spawn()?;
        if let Some(mut input) = program.stdin.take() {
            // A Python without an ansible-core ends before it reads.
            let _ = input.write_all(known.as_bytes());
        }
        program.wait_with_output()
    });
    let has_run = |output: &Output| output.status.code() != Some(NOT_INSTALLED);
    let output = outputs.filter_map(Result::ok).find(has_run)?;
    let json = output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into());
    Some(Listed { json, said: String::from_utf8_lossy(&output.stderr).into() })
}
