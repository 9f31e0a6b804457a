//! `ssm_parameter`: what the parameter store of AWS keeps.

use serde_json::{Map, Value as Json};
use windlass_aws::Error;

use super::{Asker, Found, Lookup, Otherwise, Query, text};
use crate::{
    template::lookups::LookupError,
    value::{Dict, Value},
};

pub(super) static UNIT: Lookup = Lookup {
    name: "amazon.aws.ssm_parameter",
    aliases: &["amazon.aws.aws_ssm", "aws_ssm"],
    summary: "What the parameter store of AWS keeps under a name, or under a path",
    examples: &[
        (
            "{{ lookup('amazon.aws.ssm_parameter', '/app', bypath=true, shortnames=true, droppath=true) }}",
            "The lookup plugin 'amazon.aws.ssm_parameter' failed: shortnames and droppath are mutually exclusive. They cannot both be set to true.",
        ),
        ("{{ query('amazon.aws.aws_ssm', region='eu-west-1') }}", "[]"),
    ],
    run,
};

const SERVICE: (&str, &str) = ("ssm", "AmazonSSM");

/// What is asked, and what is done where there is nothing.
struct Wish<'q, 'e> {
    query: &'q Query<'q, 'e>,
    asker: Asker,
    on_missing: Otherwise,
    on_denied: Otherwise,
}

fn run(query: &mut Query<'_, '_>) -> Found {
    let on_missing = Otherwise::of(query, "on_missing")?;
    let on_denied = Otherwise::of(query, "on_denied")?;
    if query.flag("shortnames", false) && query.flag("droppath", false) {
        return Err(
            "shortnames and droppath are mutually exclusive. They cannot both be set to true."
                .into(),
        );
    }
    let asker = Asker::of(query, SERVICE)?;
    let wish = Wish { query, asker, on_missing, on_denied };
    let below = query.flag("bypath", false);
    let names = query.names();
    names.iter().map(|name| if below { wish.below(name) } else { wish.one(name) }).collect()
}

impl Wish<'_, '_> {
    /// Returns one parameter; nothing where that is as good.
    fn one(&self, name: &str) -> Result<Value, LookupError> {
        match self.asker.ask("GetParameter", &self.asked("Name", name)) {
            Ok(answer) => {
                let value = answer.get("Parameter").and_then(|found| text(found, "Value"));
                return Ok(value.map_or(Value::None, Value::from));
            }
            Err(error) if error.code() == Some("ParameterNotFound") => self.on_missing.instead(
                self.query,
                LookupError::Apart(format!(
                    "Failed to find SSM parameter {name} (ResourceNotFound)"
                )),
                &format!("did not find SSM parameter {name}"),
            )?,
            Err(error) => self.refused(&error, &format!("SSM parameter {name}"))?,
        }
        Ok(Value::None)
    }

    /// Returns the parameters under a path, by name.
    fn below(&self, path: &str) -> Result<Value, LookupError> {
        let mut body = self.asked("Path", path);
        body.insert("Recursive".to_owned(), self.query.flag("recursive", false).into());
        let (short, drop) =
            (self.query.flag("shortnames", false), self.query.flag("droppath", false));
        let listed = match self.asker.pages("GetParametersByPath", body, "Parameters") {
            Ok(listed) => listed,
            Err(error) => {
                self.refused(&error, &format!("SSM parameter path {path}"))?;
                // The reference has a parameter without a name then.
                return if short || drop {
                    Err("'Name'".into())
                } else {
                    Ok(Dict::default().into())
                };
            }
        };
        if listed.is_empty() {
            let failed = format!("Failed to find SSM parameter path {path} (ResourceNotFound)");
            let skipped = format!("did not find SSM parameter path {path}");
            self.on_missing.instead(self.query, failed.into(), &skipped)?;
        }
        let mut found = Dict::default();
        for parameter in &listed {
            let Some(mut name) = text(parameter, "Name") else { continue };
            if short {
                name.drain(..name.rfind('/').map_or(0, |at| at + 1));
            }
            if drop {
                name = name.replace(path, "");
            }
            found.insert(name, text(parameter, "Value").map_or(Value::None, Value::from));
        }
        Ok(found.into())
    }

    fn asked(&self, key: &str, value: &str) -> Map<String, Json> {
        let decrypt = ("WithDecryption".to_owned(), self.query.flag("decrypt", true).into());
        [(key.to_owned(), value.into()), decrypt].into_iter().collect()
    }

    /// Settles a refusal.
    fn refused(&self, error: &Error, what: &str) -> Result<(), LookupError> {
        match error.code() {
            Some("AccessDeniedException") => self.on_denied.instead(
                self.query,
                LookupError::Apart(format!("Failed to access {what} (AccessDenied)")),
                &format!("access denied for {what}"),
            ),
            Some(_) => Err(LookupError::Apart(format!("SSM lookup exception: {error}"))),
            // What is no refusal is not caught there.
            None => Err(error.to_string().into()),
        }
    }
}
