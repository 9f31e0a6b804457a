//! The Python of a run's callbacks: it is told what happens, and may ask while it looks at it.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde_json::Value as Json;

use super::{installed, process, process::Process};

/// Folders `callback_plugins` beside playbooks and in roles, in the order in which they came.
static BROUGHT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Keeps the callbacks of a playbook's or a role's folder in mind.
pub(super) fn bring(folder: &Path) {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let own = folder.join("callback_plugins");
    let mut brought = BROUGHT.lock().unwrap_or_else(PoisonError::into_inner);
    if !brought.contains(&own) && own.is_dir() {
        brought.push(own);
    }
}

/// Returns the folders of callbacks beside the playbooks and in the roles that were read.
pub fn brought() -> Vec<PathBuf> {
    BROUGHT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns whether an ansible-core lies among Python's packages: it knows more callbacks.
pub fn core_installed() -> bool {
    let mut folders = installed::site_packages().iter();
    folders.any(|folder| folder.join("ansible/plugins/callback").is_dir())
}

/// A process of Python with callbacks.
pub struct Callbacks(Process);

impl Callbacks {
    pub fn start() -> Result<Callbacks, String> {
        Process::start(&installed::interpreters(), process::CALLBACKS).map(Callbacks)
    }

    /// Sends a message; what is asked meanwhile is answered, until the message is.
    pub fn exchange(
        &mut self,
        mut message: Json,
        answer: &mut dyn FnMut(&Json) -> Json,
    ) -> Result<Json, String> {
        loop {
            let answered = self.0.exchange(&message)?;
            if answered.get("ask").is_none() {
                return Ok(answered);
            }
            message = answer(&answered);
        }
    }

    /// Lets callbacks do what they do at the end, and waits for it.
    pub fn end(&mut self) {
        self.0.end();
    }
}
