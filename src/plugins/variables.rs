//! The Python of a run's vars plugins: it is asked for the variables of groups and hosts.

use serde_json::Value as Json;

use super::{installed, process, process::Process};

/// A process of Python with vars plugins.
pub struct VarsPython(Process);

impl std::fmt::Debug for VarsPython {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VarsPython")
    }
}

impl VarsPython {
    pub fn start() -> Result<VarsPython, String> {
        Process::start(&installed::interpreters(), process::VARIABLES).map(VarsPython)
    }

    /// Sends a message; what is asked meanwhile is answered, until the message is.
    pub fn exchange(
        &mut self,
        message: Json,
        answer: &mut dyn FnMut(&Json) -> Json,
    ) -> Result<Json, String> {
        self.0.converse(message, answer)
    }
}
