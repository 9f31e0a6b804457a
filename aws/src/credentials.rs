//! Who asks: the places that may have credentials, in the order in which AWS' own library looks.

mod container;
mod instance;
mod process;
mod sso;

use std::{io, sync::OnceLock, time::Duration};

use jiff::Timestamp;

use crate::{Error, Session, assume, profile::Profile};

/// Keys that sign requests.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
    pub session_token: Option<String>,
    pub expires: Option<Timestamp>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

static MFA: OnceLock<fn(&str) -> io::Result<String>> = OnceLock::new();

/// Says who asks the operator for the code of a device; its argument is the prompt.
pub fn on_mfa(ask: fn(&str) -> io::Result<String>) {
    // The first one stays: it is set once, by the program's start.
    let _ = MFA.set(ask);
}

/// Asks for the code of a device.
pub(crate) fn mfa_code(device: &str) -> Result<String, Error> {
    let failed = |reason: String| Error::Credentials(format!("no MFA code for {device}: {reason}"));
    let ask = MFA.get().ok_or_else(|| failed("nobody can be asked".to_owned()))?;
    ask(&format!("Enter MFA code for {device}: ")).map_err(|error| failed(error.to_string()))
}

/// Profiles that refer to one another.
const MAX_PROFILES: usize = 10;

/// All places.
#[derive(Clone, Copy)]
pub(crate) struct Chain<'a> {
    pub(crate) session: &'a Session,
}

pub(crate) fn require(found: Option<Credentials>) -> Result<Credentials, Error> {
    found.ok_or(Error::NoCredentials)
}

impl Chain<'_> {
    /// Returns the first credentials; nothing where no place has some.
    pub(crate) fn find(&self) -> Result<Option<Credentials>, Error> {
        // A profile that is asked for by name is meant, whatever the environment says.
        if self.session.named_profile().is_none()
            && let Some(found) = self.environment()?
        {
            return Ok(Some(found));
        }
        if let Some(found) = self.profile(self.session.current_profile(), &mut Vec::new())? {
            return Ok(Some(found));
        }
        if let Some(role) = self.web_identity_of_environment() {
            return role.map(Some);
        }
        if let Some(found) = container::find(self.session)? {
            return Ok(Some(found));
        }
        instance::find(self.session)
    }

    fn environment(&self) -> Result<Option<Credentials>, Error> {
        let environment = self.session.environment();
        let Some(access_key) = environment.get("AWS_ACCESS_KEY_ID") else { return Ok(None) };
        let Some(secret_key) = environment.get("AWS_SECRET_ACCESS_KEY") else {
            return Err(Error::PartialCredentials {
                place: "env",
                missing: "AWS_SECRET_ACCESS_KEY",
            });
        };
        let token =
            environment.get("AWS_SESSION_TOKEN").or_else(|| environment.get("AWS_SECURITY_TOKEN"));
        Ok(Some(Credentials {
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
            session_token: token.map(str::to_owned),
            expires: None,
        }))
    }

    /// Returns what a profile gives; `seen` has those that refer to it.
    fn profile(&self, name: &str, seen: &mut Vec<String>) -> Result<Option<Credentials>, Error> {
        let Some(profile) = self.session.profiles().get(name) else { return Ok(None) };
        if let Some(arn) = profile.get("role_arn") {
            let own_keys = profile.get("source_profile") == Some(name) && !seen.is_empty();
            if let Some(file) = profile.get("web_identity_token_file") {
                let session_name = profile.get("role_session_name");
                let role = assume::WebIdentity { arn, session_name, file };
                return role.assume(self.session).map(Some);
            }
            if !own_keys
                && (profile.get("source_profile").is_some()
                    || profile.get("credential_source").is_some())
            {
                return self.role(name, arn, profile, seen).map(Some);
            }
        }
        if let Some(found) = sso::find(self.session, profile)? {
            return Ok(Some(found));
        }
        if let Some(found) = keys(|key| profile.secret(key), "shared-credentials-file")? {
            return Ok(Some(found));
        }
        if let Some(command) = profile.get("credential_process") {
            return process::run(command, self.session.environment()).map(Some);
        }
        keys(|key| profile.setting(key), "config-file")
    }

    /// Assumes the role of a profile, with the credentials that the profile names.
    fn role(
        &self,
        name: &str,
        arn: &str,
        profile: Profile<'_>,
        seen: &mut Vec<String>,
    ) -> Result<Credentials, Error> {
        let source = match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(_), Some(_)) => {
                return Err(Error::Credentials(format!(
                    "The profile \"{name}\" contains both source_profile and credential_source."
                )));
            }
            (Some(source), None) => {
                if self.session.profiles().get(source).is_none() {
                    return Err(Error::Credentials(format!(
                        "The source profile \"{source}\" referenced in the profile \"{name}\" does not exist."
                    )));
                }
                let is_loop = source != name && seen.iter().any(|one| one == source);
                seen.push(name.to_owned());
                if is_loop || seen.len() > MAX_PROFILES {
                    return Err(Error::Credentials(format!(
                        "Infinite loop in credential configuration detected. Attempting to load from profile \
                         {source} which has already been visited. Visited profiles: {seen:?}"
                    )));
                }
                self.profile(source, seen)?
            }
            (None, source) => match source {
                Some("Environment") => self.environment()?,
                Some("Ec2InstanceMetadata") => instance::find(self.session)?,
                Some("EcsContainer") => container::find(self.session)?,
                other => {
                    return Err(Error::Credentials(format!(
                        "The profile \"{name}\" has the credential source \"{}\", which is not supported.",
                        other.unwrap_or_default()
                    )));
                }
            },
        };
        let Some(source) = source else {
            return Err(Error::Credentials(format!(
                "No credentials found in the source of the profile \"{name}\""
            )));
        };
        let session_name = profile.get("role_session_name").map_or_else(
            || format!("windlass-session-{}", Timestamp::now().as_second()),
            str::to_owned,
        );
        let duration = profile.get("duration_seconds").and_then(|text| text.parse().ok());
        let role = assume::Role {
            arn,
            session_name: &session_name,
            external_id: profile.get("external_id"),
            duration,
            mfa: profile.get("mfa_serial"),
        };
        role.assume(&self.session.sts(Some(source)))
    }

    fn web_identity_of_environment(&self) -> Option<Result<Credentials, Error>> {
        let environment = self.session.environment();
        let file = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")?;
        let arn = environment.get("AWS_ROLE_ARN")?;
        let session_name = environment.get("AWS_ROLE_SESSION_NAME");
        Some(assume::WebIdentity { arn, session_name, file }.assume(self.session))
    }
}

/// Returns the keys of a profile; half of them are an error.
fn keys<'a>(
    get: impl Fn(&str) -> Option<&'a str>,
    place: &'static str,
) -> Result<Option<Credentials>, Error> {
    let Some(access_key) = get("aws_access_key_id") else { return Ok(None) };
    let Some(secret_key) = get("aws_secret_access_key") else {
        return Err(Error::PartialCredentials { place, missing: "aws_secret_access_key" });
    };
    let token = get("aws_session_token").or_else(|| get("aws_security_token"));
    Ok(Some(Credentials {
        access_key: access_key.to_owned(),
        secret_key: secret_key.to_owned(),
        session_token: token.map(str::to_owned),
        expires: None,
    }))
}

/// Returns the credentials that several places describe in JSON, under their own names.
fn of_json(said: &serde_json::Value, names: [&str; 4]) -> Result<Credentials, Error> {
    let text = |name: &str| said.get(name).and_then(serde_json::Value::as_str);
    let required = |name: &str| {
        text(name).map(str::to_owned).ok_or_else(|| {
            Error::Credentials(format!("Error when retrieving credentials: missing key {name}"))
        })
    };
    let [access_key, secret_key, token, expires] = names;
    Ok(Credentials {
        access_key: required(access_key)?,
        secret_key: required(secret_key)?,
        session_token: text(token).map(str::to_owned),
        expires: text(expires).and_then(|time| time.parse().ok()),
    })
}

/// How long a service on this machine or beside it may take.
const NEAR: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
