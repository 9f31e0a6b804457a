//! Credentials that a program prints (`credential_process`).

use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde_json::Value as Json;
use windlass_modules::host::split_words;

use super::{Credentials, of_json};
use crate::{Environment, Error};

/// Runs a command; its words are split as a shell splits them, and nothing else of a shell is understood.
pub(super) fn run(command: &str, environment: &Environment) -> Result<Credentials, Error> {
    let failed = |reason: String| {
        Error::Credentials(format!(
            "Error when retrieving credentials from custom-process: {reason}"
        ))
    };
    let words = split_words(command).map_err(|error| failed(error.to_string()))?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(failed("the command is empty".to_owned()));
    };
    let output = Command::new(program)
        .args(arguments)
        .envs(environment.pairs())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("{program}: {error}")))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    // What it printed may hold secrets: the reason says nothing of it.
    let said: Json = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed(format!("{program} did not print JSON")))?;
    if said.get("Version").and_then(Json::as_i64) != Some(1) {
        let version = said
            .get("Version")
            .map_or_else(|| "<Version key not provided>".to_owned(), Json::to_string);
        return Err(failed(format!(
            "Unsupported version '{version}' for credential process provider, supported versions: 1"
        )));
    }
    let found = of_json(&said, ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"])?;
    match found.expires {
        Some(time) if time <= Timestamp::now() => {
            Err(failed("the credentials have expired".to_owned()))
        }
        _ => Ok(found),
    }
}
