//! Lookups of the collection amazon.aws, one file each, and who asks for them.

use std::convert::Infallible;

use serde_json::{Map, Value as Json};
use windlass_aws::{Client, Environment, Error, Session, SessionOptions};

use super::{Found, Lookup, LookupError, Query};
use crate::{template::registry, value::Value};

registry! { Lookup: secretsmanager_secret, ssm_parameter }

/// What is done where there is nothing to give.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Otherwise {
    Error,
    Skip,
    Warn,
}

impl Otherwise {
    /// Reads an option of a plugin.
    fn of(query: &Query<'_, '_>, option: &str) -> Result<Otherwise, LookupError> {
        match &*query.text(option, "error") {
            "error" => Ok(Otherwise::Error),
            "skip" => Ok(Otherwise::Skip),
            "warn" => Ok(Otherwise::Warn),
            other => Err(query.wrong_choice(option, other, "Valid values are: error, skip, warn")),
        }
    }

    /// Gives nothing, if that may be; says what is missing otherwise, and skipped where that is to be told.
    fn instead(
        self,
        query: &Query<'_, '_>,
        failed: LookupError,
        skipped: &str,
    ) -> Result<(), LookupError> {
        match self {
            Otherwise::Error => return Err(failed),
            Otherwise::Warn => query.env.warn(&format!("Skipping, {skipped}")),
            Otherwise::Skip => (),
        }
        Ok(())
    }
}

/// A service, and who asks it.
struct Asker {
    /// Where nobody may ask, that is told when something is asked.
    client: Result<Client, Error>,
    /// The service's name in the header that says what is asked.
    target: &'static str,
}

impl Asker {
    /// Finds who asks, as the options and the environment say.
    fn of(
        query: &Query<'_, '_>,
        (service, target): (&'static str, &'static str),
    ) -> Result<Asker, LookupError> {
        let option = |names: &[&str]| {
            let given = names.iter().find_map(|name| query.option(name));
            Ok::<_, Infallible>(
                given.filter(|value| !matches!(value, Value::None)).map(Value::to_text),
            )
        };
        let Ok(options) = SessionOptions::of_plugin(Environment::of_process(), option);
        if let Some(message) = options.contradiction() {
            return Err(LookupError::Apart(message.to_owned()));
        }
        let connecting =
            |error: Error| LookupError::Apart(format!("Couldn't connect to AWS: {error}"));
        let mut session = Session::new(options).map_err(connecting)?;
        let Some(region) = session.region().map(str::to_owned) else {
            return Err(LookupError::Apart(format!(
                "The {} plugin requires a region and none was found in configuration, environment variables or module parameters",
                query.lookup.name
            )));
        };
        let client = match session.login() {
            Err(error @ Error::PartialCredentials { .. }) => return Err(connecting(error)),
            other => other.map(|()| session.client(service, &region)),
        };
        Ok(Asker { client, target })
    }

    fn ask(&self, operation: &str, body: &Map<String, Json>) -> Result<Json, Error> {
        // What the services would refuse in other words.
        for name in ["SecretId", "Name", "Path"] {
            if body.get(name).and_then(Json::as_str) == Some("") {
                return Err(Error::Answer(format!(
                    "Parameter validation failed:\nInvalid length for parameter {name}, value: 0, valid min length: 1"
                )));
            }
        }
        let client = self.client.as_ref().map_err(Clone::clone)?;
        client.json(self.target, operation, &Json::Object(body.clone()))
    }

    /// Returns the items of a list in all pages of an answer.
    fn pages(
        &self,
        operation: &str,
        mut body: Map<String, Json>,
        list: &str,
    ) -> Result<Vec<Json>, Error> {
        let mut items = Vec::new();
        loop {
            let mut page = self.ask(operation, &body)?;
            if let Some(Json::Array(found)) = page.get_mut(list).map(Json::take) {
                items.extend(found);
            }
            match page.get_mut("NextToken").map(Json::take) {
                Some(token @ Json::String(_)) => body.insert("NextToken".to_owned(), token),
                _ => return Ok(items),
            };
        }
    }
}

/// Returns the text of an entry; nothing where there is none.
fn text(entry: &Json, key: &str) -> Option<String> {
    entry.get(key)?.as_str().map(str::to_owned)
}
