//! Becoming somebody else: roles of the security token service.

use std::fs;

use crate::{Client, Credentials, Element, Error, Session, credentials::mfa_code};

const VERSION: &str = "2011-06-15";

/// A role that who has credentials may take.
pub(crate) struct Role<'a> {
    pub(crate) arn: &'a str,
    pub(crate) session_name: &'a str,
    pub(crate) external_id: Option<&'a str>,
    /// In seconds.
    pub(crate) duration: Option<u32>,
    /// Device whose code is asked for.
    pub(crate) mfa: Option<&'a str>,
}

impl Role<'_> {
    pub(crate) fn assume(&self, sts: &Client) -> Result<Credentials, Error> {
        let mut parameters = vec![
            ("RoleArn".to_owned(), self.arn.to_owned()),
            ("RoleSessionName".to_owned(), self.session_name.to_owned()),
        ];
        let mut add = |name: &str, value: Option<String>| {
            parameters.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("ExternalId", self.external_id.map(str::to_owned));
        add("DurationSeconds", self.duration.map(|seconds| seconds.to_string()));
        if let Some(device) = self.mfa {
            add("SerialNumber", Some(device.to_owned()));
            add("TokenCode", Some(mfa_code(device)?));
        }
        read(&sts.query("AssumeRole", VERSION, &parameters)?)
    }
}

/// A role that who has another service's token may take.
pub(crate) struct WebIdentity<'a> {
    pub(crate) arn: &'a str,
    pub(crate) session_name: Option<&'a str>,
    /// File with the token.
    pub(crate) file: &'a str,
}

impl WebIdentity<'_> {
    pub(crate) fn assume(&self, session: &Session) -> Result<Credentials, Error> {
        let path = session.environment().path(self.file);
        let token = fs::read_to_string(&path).map_err(|error| {
            Error::Credentials(format!("cannot read the token in `{}`: {error}", self.file))
        })?;
        let name = self.session_name.unwrap_or("windlass-session");
        let parameters = [
            ("RoleArn".to_owned(), self.arn.to_owned()),
            ("RoleSessionName".to_owned(), name.to_owned()),
            ("WebIdentityToken".to_owned(), token.trim_end().to_owned()),
        ];
        // The token says who asks: nothing is signed.
        read(&session.sts(None).query("AssumeRoleWithWebIdentity", VERSION, &parameters)?)
    }
}

fn read(answer: &Element) -> Result<Credentials, Error> {
    let missing = || Error::Answer("the answer to AssumeRole has no credentials".to_owned());
    let found = answer.find("Credentials").ok_or_else(missing)?;
    let text = |name: &str| found.text_of(name).map(str::to_owned);
    Ok(Credentials {
        access_key: text("AccessKeyId").ok_or_else(missing)?,
        secret_key: text("SecretAccessKey").ok_or_else(missing)?,
        session_token: text("SessionToken"),
        expires: text("Expiration").and_then(|time| time.parse().ok()),
    })
}
