//! Names of files, without asking the file system.

use std::path::{Component, Path, PathBuf};

/// Returns a path without `.` and `..`; links are not followed.
pub fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => (),
            Component::ParentDir => drop(result.pop()),
            other => result.push(other),
        }
    }
    result
}
