//! The Pythons of a run that are told or asked much: those of callbacks, of vars plugins, of cache plugins and of connections.

use serde_json::Value as Json;

use super::{
    installed,
    process::{CACHES, CALLBACKS, CONNECTIONS, Process, VARIABLES},
};

/// A process of Python with plugins, which may ask while it does what it is told.
pub struct Served(Process);

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Served")
    }
}

impl Served {
    /// Starts one for callbacks.
    pub fn callbacks() -> Result<Served, String> {
        Process::start(&installed::interpreters(), CALLBACKS).map(Served)
    }

    /// Starts one for vars plugins.
    pub fn variables() -> Result<Served, String> {
        Process::start(&installed::interpreters(), VARIABLES).map(Served)
    }

    /// Starts one for a cache plugin.
    pub fn caches() -> Result<Served, String> {
        Process::start(&installed::interpreters(), CACHES).map(Served)
    }

    /// Starts one for a connection.
    pub fn connections() -> Result<Served, String> {
        Process::start(&installed::interpreters(), CONNECTIONS).map(Served)
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

    /// Lets plugins do what they do at the end, and waits for it.
    pub fn end(&mut self) {
        self.0.end();
    }
}
