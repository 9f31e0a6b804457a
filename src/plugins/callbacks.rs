//! The Python of a run's callbacks: it is told what happens, and may ask while it looks at it.

use serde_json::Value as Json;

use super::{installed, process, process::Process};

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
        message: Json,
        answer: &mut dyn FnMut(&Json) -> Json,
    ) -> Result<Json, String> {
        self.0.converse(message, answer)
    }

    /// Lets callbacks do what they do at the end, and waits for it.
    pub fn end(&mut self) {
        self.0.end();
    }
}
