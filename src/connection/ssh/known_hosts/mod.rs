//! Host keys: which are known, which are refused, and learning new ones.
//!
//! Invariant: a key is trusted only after [`Verifier::verify`] said so; nothing here opens a connection.

mod entry;
mod learn;
mod verify;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use entry::Entry;
pub(super) use verify::{Strictness, Verifier};

/// The `known_hosts` files of a run, each read once however many hosts ask.
#[derive(Debug, Default)]
pub(in crate::connection) struct Store {
    files: Mutex<HashMap<PathBuf, Arc<Vec<Entry>>>>,
}

impl Store {
    /// Returns the entries of a file; a missing or unreadable file has none.
    fn entries(&self, file: &Path) -> Arc<Vec<Entry>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = files.get(file) {
            return entries.clone();
        }
        let text = std::fs::read(file).unwrap_or_default();
        let entries = Arc::new(entry::parse(&String::from_utf8_lossy(&text)));
        files.insert(file.to_owned(), entries.clone());
        entries
    }

    /// Forgets what was read from a file, because it has grown.
    fn forget(&self, file: &Path) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(file);
    }
}
