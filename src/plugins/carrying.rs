//! Connections by plugins in Python: each has a process to itself, as a plugin does one thing at a time.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value as Json, json};

use super::{Served, lock};
use crate::connection::{Carried, Carrier, Error, ErrorKind, ExitStatus, Output};

/// The connection plugins of a run.
pub struct Carriers {
    /// Answers what plugins ask while they do what they are told: what a documentation holds.
    reply: Reply,
    /// A process that has no connection yet.
    idle: Mutex<Option<Served>>,
    /// By plugin: the variables that set its options; nothing where there is no such plugin.
    variables: Mutex<HashMap<String, Option<Vec<String>>>>,
}

type Reply = fn(&Json) -> Json;

impl Carriers {
    pub fn new(reply: Reply) -> Carriers {
        Carriers { reply, idle: Mutex::default(), variables: Mutex::default() }
    }

    fn process(&self) -> Result<Served, String> {
        let idle = lock(&self.idle).take();
        idle.map_or_else(Served::connections, Ok)
    }
}

impl Carrier for Carriers {
    fn open(&self, asked: &Json) -> Result<Arc<dyn Carried>, Error> {
        let process = self.process().map_err(broken)?;
        let one = One { process: Mutex::new(process), reply: self.reply };
        let mut message = asked.clone();
        message["do"] = "open".into();
        one.ask(message)?;
        Ok(Arc::new(one))
    }

    fn variables(
        &self,
        name: &str,
        folders: &[PathBuf],
        collections: &[PathBuf],
    ) -> Result<Option<Vec<String>>, String> {
        let mut known = lock(&self.variables);
        if let Some(known) = known.get(name) {
            return Ok(known.clone());
        }
        let mut process = self.process()?;
        let question = json!({"do": "variables", "name": name, "folders": folders, "collections": collections});
        let answer = process.exchange(question, &mut |asked| (self.reply)(asked))?;
        if let Some(message) = answer["error"].as_str() {
            return Err(message.to_owned());
        }
        *lock(&self.idle) = Some(process);
        let text = |name: &Json| name.as_str().map(ToOwned::to_owned);
        let found = answer["value"].as_array().map(|names| names.iter().filter_map(text).collect());
        known.insert(name.to_owned(), found.clone());
        Ok(found)
    }
}

/// A process with its connection.
struct One {
    process: Mutex<Served>,
    reply: Reply,
}

impl One {
    fn ask(&self, message: Json) -> Result<Json, Error> {
        let answered = lock(&self.process).exchange(message, &mut |asked| (self.reply)(asked));
        let mut answer = answered.map_err(broken)?;
        match answer["error"].as_str() {
            Some(message) if answer["unreachable"] == true => {
                Err(Error::other(ErrorKind::Unreachable, message))
            }
            Some(message) => Err(broken(message)),
            None => Ok(answer["value"].take()),
        }
    }
}

impl Carried for One {
    fn exec(&self, command: &str, input: &[u8], method: Option<&Json>) -> Result<Output, Error> {
        let input = BASE64_STANDARD.encode(input);
        let done =
            self.ask(json!({"do": "exec", "command": command, "input": input, "method": method}))?;
        let bytes = |key: &str| {
            BASE64_STANDARD.decode(done[key].as_str().unwrap_or_default()).unwrap_or_default()
        };
        let status = done["rc"].as_i64().and_then(|status| i32::try_from(status).ok());
        let status = ExitStatus::Code(status.unwrap_or(-1));
        Ok(Output { status, stdout: bytes("stdout"), stderr: bytes("stderr") })
    }

    fn end(&self, reset: bool) {
        // Whatever a plugin cannot close ends with its process.
        let _ = self.ask(json!({"do": "end", "reset": reset}));
    }
}

fn broken(message: impl Into<String>) -> Error {
    Error::other(ErrorKind::Broken, message)
}
