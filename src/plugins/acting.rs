//! Processes of Python that run actions, each one action at a time.

use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::spawn_blocking,
};

use super::{installed, process::Process};

/// The processes of a run: what has ended its action waits for the next one.
pub struct Actions {
    idle: Mutex<Vec<Process>>,
    places: Semaphore,
}

impl Default for Actions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { idle: Mutex::default(), places: Semaphore::new((processors * 2).max(4)) }
    }
}

/// A process whose action is under way.
pub struct Acting<'a> {
    actions: &'a Actions,
    process: Option<Process>,
    /// Held by the outermost action only: one that it asks for must not wait for it.
    _place: Option<SemaphorePermit<'a>>,
}

impl Actions {
    /// Returns a process for an action; an `inner` one is asked for by another that waits for it.
    pub async fn begin(&self, inner: bool) -> Result<Acting<'_>, String> {
        let place = if inner { None } else { self.places.acquire().await.ok() };
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let process = match idle {
            Some(process) => process,
            None => spawn_blocking(|| {
                let program = super::process::PLUGINS;
                Process::start(&installed::interpreters(), program)
            })
            .await
            .map_err(|error| error.to_string())??,
        };
        Ok(Acting { actions: self, process: Some(process), _place: place })
    }
}

impl Acting<'_> {
    /// Sends a message and waits for what comes back.
    pub async fn exchange(&mut self, message: Json) -> Result<Json, String> {
        let Some(mut process) = self.process.take() else {
            return Err("Python does not run".to_owned());
        };
        let exchanged = spawn_blocking(move || {
            let answer = process.exchange(&message);
            (process, answer)
        });
        let (process, answer) = exchanged.await.map_err(|error| error.to_string())?;
        self.process = Some(process);
        answer
    }

    /// Keeps the process for the next action; without this it ends.
    pub fn end(mut self) {
        if let Some(process) = self.process.take() {
            self.actions.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        }
    }
}
