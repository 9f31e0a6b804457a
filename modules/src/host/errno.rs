//! Errors of system calls in the words that the reference's messages end in.

use std::io;

/// Returns `[Errno 2] No such file or directory`.
pub fn errno_text(error: &io::Error) -> String {
    let reason = super::outcome::reason(error);
    match error.raw_os_error() {
        Some(number) => format!("[Errno {number}] {reason}"),
        None => reason,
    }
}

/// Returns the error with the path that it is about, a text of Python's: `[Errno 2] No such file or directory: '/x'`.
pub fn errno_of(error: &io::Error, path: &str) -> String {
    format!("{}: {}", errno_text(error), crate::spec::python_repr(&path.into()))
}

/// Returns the error with the path that it is about: `[Errno 2] No such file or directory: b'/x'`.
pub fn errno_about(error: &io::Error, path: &str) -> String {
    format!("{}: {}", errno_text(error), crate::text::bytes_repr(path.as_bytes()))
}
