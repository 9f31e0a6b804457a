//! Connections that somebody else carries: plugins in Python, which answer a command only when it has ended.

use std::{fmt, path::PathBuf, sync::Arc};

use serde_json::Value as Json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
    task::spawn_blocking,
};

use super::{Error, ErrorKind, Exit, Output, Process};

/// Bytes on their way between a command and whoever started it.
const BUFFER: usize = 64 << 10;

/// Who carries connections of a kind that is not ours.
pub trait Carrier: Send + Sync {
    /// Makes the connection of a plugin; nothing need be opened yet.
    fn open(&self, asked: &Json) -> Result<Arc<dyn Carried>, Error>;

    /// Returns the variables that set the options of a plugin, which is looked for in these folders and those of collections
    /// (`ansible_collections`); nothing where none has it.
    fn variables(
        &self,
        plugin: &str,
        folders: &[PathBuf],
        collections: &[PathBuf],
    ) -> Result<Option<Vec<String>>, String>;
}

/// One connection, for one command at a time.
pub trait Carried: Send + Sync {
    /// Runs a command to its end, as another user where a method is given.
    fn exec(&self, command: &str, input: &[u8], method: Option<&Json>) -> Result<Output, Error>;

    /// Closes the connection, or makes the plugin forget what it keeps of it.
    fn end(&self, reset: bool);
}

/// Which plugin reaches a host, and what it is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Plugged {
    pub name: String,
    pub asked: Json,
}

impl fmt::Debug for Plugged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it is told may hold passwords.
        f.write_str(&self.name)
    }
}

/// A way that runs commands to their end.
#[derive(Clone)]
pub struct ByCommands {
    pub(super) name: String,
    pub(super) carried: Arc<dyn Carried>,
}

impl ByCommands {
    /// Runs a command with its whole input.
    pub async fn run(
        &self,
        command: &str,
        input: Vec<u8>,
        method: Option<Json>,
    ) -> Result<Output, Error> {
        let (carried, command) = (Arc::clone(&self.carried), command.to_owned());
        let run = move || carried.exec(&command, &input, method.as_ref());
        let ended = spawn_blocking(run).await;
        ended.map_err(|error| Error::other(ErrorKind::Lost, error.to_string()))?
    }

    /// Starts a command as soon as its input has ended.
    pub(super) fn exec(&self, command: &str) -> Process {
        let (stdin, mut input) = duplex(BUFFER);
        let (mut output, stdout) = duplex(BUFFER);
        let (mut errors, stderr) = duplex(BUFFER);
        let (own, command) = (self.clone(), command.to_owned());
        let running = tokio::spawn(async move {
            let mut given = Vec::new();
            input.read_to_end(&mut given).await.map_err(Error::lost)?;
            let done = own.run(&command, given, None).await?;
            // Who does not want the output has dropped its reader.
            let _ = tokio::join!(output.write_all(&done.stdout), errors.write_all(&done.stderr));
            Ok(done.status)
        });
        let exit = Exit(Box::pin(async move {
            running.await.map_err(|error| Error::other(ErrorKind::Lost, error.to_string()))?
        }));
        Process { stdin: Box::new(stdin), stdout: Box::new(stdout), stderr: Box::new(stderr), exit }
    }

    pub(super) async fn end(&self, reset: bool) {
        let carried = Arc::clone(&self.carried);
        // Whatever goes wrong at the end is nobody's loss.
        let _ = spawn_blocking(move || carried.end(reset)).await;
    }
}

/// Carries nothing.
pub(super) struct Nobody;

impl Carrier for Nobody {
    fn open(&self, _: &Json) -> Result<Arc<dyn Carried>, Error> {
        Err(Error::other(ErrorKind::Config, "no plugin carries connections"))
    }

    fn variables(
        &self,
        _: &str,
        _: &[PathBuf],
        _: &[PathBuf],
    ) -> Result<Option<Vec<String>>, String> {
        Ok(None)
    }
}
