//! `secretsmanager_secret`: what AWS Secrets Manager keeps.

use base64::Engine as _;
use serde_json::{Map, Value as Json, json};
use windlass_aws::Error;

use super::{Asker, Found, Lookup, Otherwise, Query, text};
use crate::{
    template::{comparison, json as python_json, lookups::LookupError},
    value::{Dict, Value},
};

pub(super) static UNIT: Lookup = Lookup {
    name: "amazon.aws.secretsmanager_secret",
    aliases: &["amazon.aws.aws_secret", "aws_secret"],
    summary: "What AWS Secrets Manager keeps under a name, or under all that begin alike",
    examples: &[
        (
            "{{ lookup('amazon.aws.secretsmanager_secret', 'db', on_missing='never') }}",
            "The lookup plugin 'amazon.aws.secretsmanager_secret' failed: Invalid value 'never' for config 'on_missing' for 'ansible_collections.amazon.aws.plugins.lookup.secretsmanager_secret' lookup plugin.",
        ),
        ("{{ query('amazon.aws.aws_secret', region='eu-west-1') }}", "[]"),
    ],
    run,
};

const SERVICE: (&str, &str) = ("secretsmanager", "secretsmanager");

/// What is asked, and what is done where there is nothing.
struct Wish<'q, 'e> {
    query: &'q Query<'q, 'e>,
    asker: Asker,
    on_missing: Otherwise,
    on_denied: Otherwise,
    on_deleted: Otherwise,
}

fn run(query: &mut Query<'_, '_>) -> Found {
    let choice = |option| Otherwise::of(query, option);
    let (on_missing, on_denied) = (choice("on_missing")?, choice("on_denied")?);
    let on_deleted = choice("on_deleted")?;
    let asker = Asker::of(query, SERVICE)?;
    let wish = Wish { query, asker, on_missing, on_denied, on_deleted };
    if query.flag("bypath", false) {
        return Ok(vec![wish.below()?]);
    }
    let mut found = Vec::new();
    for name in query.names() {
        found.extend(wish.one(&name)?.filter(Value::is_true));
    }
    if query.flag("join", false) {
        let parts: Vec<String> = found.iter().map(Value::to_text).collect();
        return Ok(vec![parts.concat().into()]);
    }
    Ok(found)
}

impl Wish<'_, '_> {
    /// Returns the secrets of all names that the terms lead to.
    fn below(&self) -> Result<Value, LookupError> {
        let mut secrets = Dict::default();
        for term in self.query.names() {
            let mut body = Map::new();
            body.insert("Filters".to_owned(), json!([{"Key": "name", "Values": [term]}]));
            let listed = self.asker.pages("ListSecrets", body, "SecretList").map_err(failed)?;
            for name in listed.iter().filter_map(|secret| text(secret, "Name")) {
                let asked = self.asker.ask("GetSecretValue", &named(&name));
                let secret = self.settled(&name, asked)?.and_then(|answer| whole(&answer));
                secrets.insert(name, secret.unwrap_or_default());
            }
        }
        Ok(secrets.into())
    }

    /// Returns one secret, or what it has where the term leads.
    fn one(&self, term: &str) -> Result<Option<Value>, LookupError> {
        let mut path = term.split('.');
        let nested = self.query.flag("nested", false);
        let mut body = named(if nested { path.next().unwrap_or_default() } else { term });
        for (option, key) in [("version_id", "VersionId"), ("version_stage", "VersionStage")] {
            if let Some(value) = self.query.option(option).filter(|value| value.is_true()) {
                body.insert(key.to_owned(), value.to_text().into());
            }
        }
        if nested && !term.contains('.') {
            return Err(
                "Nested query must use the following syntax: `aws_secret_name.<key_name>.<key_name>"
                    .into(),
            );
        }
        let asked = self.asker.ask("GetSecretValue", &body);
        let Some(answer) = self.settled(term, asked)? else { return Ok(None) };
        match text(&answer, "SecretString") {
            Some(secret) if nested && answer.get("SecretBinary").is_none() => {
                self.inside(python_json::read(&secret)?, path)
            }
            _ => Ok(whole(&answer)),
        }
    }

    /// Returns what a secret has under keys in keys, as text.
    fn inside<'k>(
        &self,
        mut value: Value,
        keys: impl Iterator<Item = &'k str>,
    ) -> Result<Option<Value>, LookupError> {
        let mut path = String::new();
        for key in keys {
            path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            let has = comparison::contains(&value, &key.into())
                .map_err(|_| format!("argument of type '{}' is not iterable", value.type_name()))?;
            if has {
                value = match &value {
                    Value::Dict(dict) => dict.get(key).cloned().unwrap_or_default(),
                    Value::Str(_) => {
                        return Err("string indices must be integers, not 'str'".into());
                    }
                    _ => return Err("list indices must be integers or slices, not str".into()),
                };
                continue;
            }
            let missing = format!(
                "Successfully retrieved secret but there exists no key {path} in the secret"
            );
            self.on_missing.instead(self.query, missing.as_str().into(), &missing)?;
            if self.on_missing == Otherwise::Warn {
                return Ok(None);
            }
        }
        Ok(Some(value.to_text().into()))
    }

    /// Returns what came, or nothing where that is as good.
    fn settled(&self, term: &str, asked: Result<Json, Error>) -> Result<Option<Json>, LookupError> {
        let error = match asked {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        let is_deleted = matches!(&error, Error::Service { message, .. } if message.contains("marked for deletion"));
        let (choice, failed, skipped) = match error.code() {
            Some(_) if is_deleted => (
                self.on_deleted,
                format!("Failed to find secret {term} (marked for deletion)"),
                format!("did not find secret (marked for deletion) {term}"),
            ),
            Some("ResourceNotFoundException") => (
                self.on_missing,
                format!("Failed to find secret {term} (ResourceNotFound)"),
                format!("did not find secret {term}"),
            ),
            Some("AccessDeniedException") => (
                self.on_denied,
                format!("Failed to access secret {term} (AccessDenied)"),
                format!("access denied for secret {term}"),
            ),
            _ => return Err(failed(error)),
        };
        choice.instead(self.query, LookupError::Apart(failed), &skipped)?;
        Ok(None)
    }
}

fn named(name: &str) -> Map<String, Json> {
    [("SecretId".to_owned(), name.into())].into_iter().collect()
}

/// Returns the whole of a secret, which may be bytes.
fn whole(answer: &Json) -> Option<Value> {
    if let Some(bytes) = text(answer, "SecretBinary") {
        let bytes = base64::engine::general_purpose::STANDARD.decode(bytes).unwrap_or_default();
        return Some(String::from_utf8_lossy(&bytes).into_owned().into());
    }
    text(answer, "SecretString").map(Value::from)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn failed(error: Error) -> LookupError {
    LookupError::Apart(format!("Failed to retrieve secret: {error}"))
}
