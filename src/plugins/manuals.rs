//! Manuals of what Python brings: an installed ansible-core writes them.

use std::{
    ffi::OsString,
    process::{Command, Stdio},
};

use super::installed;

/// Ends in its own way where this Python has no ansible-core.
const PROGRAM: &str = "
import sys
try:
    from ansible.cli.doc import main
except ImportError:
    sys.exit(99)
sys.exit(main(['ansible-doc'] + sys.argv[1:]))
";

const NOT_INSTALLED: i32 = 99;

/// Lets an ansible-core on this machine show what the arguments of `ansible-doc` ask for, and returns its exit status;
/// nothing where there is none.
pub fn show_manual(arguments: &[OsString]) -> Option<u8> {
    let statuses = installed::interpreters().into_iter().map(|python| {
        let mut program = Command::new(python);
        program.args(["-c", PROGRAM]).args(arguments).stdin(Stdio::null());
        program.status().ok()?.code()
    });
    let status = statuses.flatten().find(|status| *status != NOT_INSTALLED)?;
    Some(u8::try_from(status).unwrap_or(1))
}
