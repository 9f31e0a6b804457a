//! Names of files.

use std::path::{Component, Path, PathBuf};

/// Returns the way from one absolute path to another, neither of which has `.` or `..`; links are not followed.
pub fn relative(path: &Path, start: &Path) -> PathBuf {
    let shared = path.components().zip(start.components()).take_while(|(a, b)| a == b).count();
    let up = start.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(path.components().skip(shared)).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

/// Returns the names of what lies in a folder, in their order; none where it cannot be read.
pub fn entries(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

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
