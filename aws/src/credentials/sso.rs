//! Credentials of a single sign-on: the token that `aws sso login` left, and renewed where that is possible.

use std::{fs, time::Duration};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha1::{Digest as _, Sha1};

use super::Credentials;
use crate::{
    Error, Session,
    client::Plain,
    profile::{Profile, Section},
    sign::{escaped, hex},
};

/// A token is renewed so long before its end.
const EARLY: i64 = 15 * 60;

/// Returns what the profile's sign-on gives; nothing when it has none.
pub(super) fn find(session: &Session, profile: Profile<'_>) -> Result<Option<Credentials>, Error> {
    let named = profile.get("sso_session");
    if named.is_none() && profile.get("sso_start_url").is_none() {
        return Ok(None);
    }
    let (Some(account), Some(role)) = (profile.get("sso_account_id"), profile.get("sso_role_name"))
    else {
        return Ok(None);
    };
    let sign_on: Option<&Section> = match named {
        None => None,
        Some(name) => Some(session.profiles().sso_session(name).ok_or_else(|| {
            Error::Credentials(format!("The specified sso-session does not exist: \"{name}\""))
        })?),
    };
    let setting = |key: &str| {
        let of_session = sign_on.and_then(|section| section.get(key)).map(String::as_str);
        of_session.or_else(|| profile.get(key)).ok_or_else(|| {
            Error::Credentials(format!(
                "The profile is configured to use SSO but is missing required configuration: {key}"
            ))
        })
    };
    let region = setting("sso_region")?;
    let key = match named {
        Some(name) => name,
        None => setting("sso_start_url")?,
    };
    let token = token(session, key, region)?;
    let client = session.client_as("portal.sso", region, None);
    let url = format!(
        "{}/federation/credentials?role_name={}&account_id={}",
        client.endpoint,
        escaped(role),
        escaped(account)
    );
    let (status, text) =
        ask(session, "GET", &url, vec![("x-amz-sso_bearer_token".to_owned(), token)], None)?;
    let said: Json = serde_json::from_str(&text).unwrap_or_default();
    if status == 401 {
        return Err(expired());
    }
    let Some(found) = said.get("roleCredentials").filter(|_| status == 200) else {
        let reason = said.get("message").and_then(Json::as_str).unwrap_or("no credentials came");
        return Err(Error::Credentials(format!(
            "Error when retrieving credentials from sso: {reason}"
        )));
    };
    let mut credentials =
        super::of_json(found, ["accessKeyId", "secretAccessKey", "sessionToken", "expiration"])?;
    let expires = found.get("expiration").and_then(Json::as_i64);
    credentials.expires =
        expires.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    Ok(Some(credentials))
}

fn expired() -> Error {
    Error::Credentials(
        "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO \
         session run aws sso login with the corresponding profile."
            .to_owned(),
    )
}

/// Returns the token of a sign-on, renewed when it ends soon.
fn token(session: &Session, key: &str, region: &str) -> Result<String, Error> {
    let name = format!("{}.json", hex(&Sha1::digest(key.as_bytes())));
    let path = session.environment().path(&format!("~/.aws/sso/cache/{name}"));
    let missing = || {
        Error::Credentials(format!(
            "Error loading SSO Token: Token for {key} does not exist: run aws sso login with the corresponding profile"
        ))
    };
    let text = fs::read_to_string(&path).map_err(|_| missing())?;
    let mut cached: Json = serde_json::from_str(&text).map_err(|_| missing())?;
    let now = Timestamp::now().as_second();
    let ends = |cached: &Json, key: &str| {
        let time = cached.get(key).and_then(Json::as_str);
        time.and_then(|text| text.parse::<Timestamp>().ok()).map_or(0, Timestamp::as_second)
    };
    let is_renewable = cached.get("refreshToken").is_some()
        && cached.get("clientSecret").is_some()
        && ends(&cached, "registrationExpiresAt") > now;
    if ends(&cached, "expiresAt") < now + EARLY
        && is_renewable
        && let Some(renewed) = renew(session, &cached, region)
    {
        cached = renewed;
        keep(&path, &cached);
    }
    let token = cached.get("accessToken").and_then(Json::as_str).ok_or_else(missing)?;
    if ends(&cached, "expiresAt") <= now {
        return Err(expired());
    }
    Ok(token.to_owned())
}

/// Asks for a new token; the old one is used as long as it lasts when that fails.
fn renew(session: &Session, cached: &Json, region: &str) -> Option<Json> {
    let body = json!({
        "clientId": cached.get("clientId")?,
        "clientSecret": cached.get("clientSecret")?,
        "refreshToken": cached.get("refreshToken")?,
        "grantType": "refresh_token",
    });
    let endpoint = session.client_as("oidc", region, None).endpoint;
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let body = Some(body.to_string().into_bytes());
    let (status, text) = ask(session, "POST", &format!("{endpoint}/token"), headers, body).ok()?;
    let said: Json = serde_json::from_str(&text).ok().filter(|_| status == 200)?;
    let seconds = said.get("expiresIn")?.as_i64()?;
    let ends = Timestamp::from_second(Timestamp::now().as_second().checked_add(seconds)?).ok()?;
    let mut renewed = cached.clone();
    renewed["accessToken"] = said.get("accessToken")?.clone();
    renewed["expiresAt"] = ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
    if let Some(next) = said.get("refreshToken") {
        renewed["refreshToken"] = next.clone();
    }
    Some(renewed)
}

/// Keeps a token for the next one who asks, AWS' own tools included; without it, they only renew it once more.
fn keep(path: &std::path::Path, cached: &Json) {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let beside = path.with_extension("windlass");
    let file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
    if let Ok(mut file) = file
        && file.write_all(cached.to_string().as_bytes()).is_ok()
    {
        let _ = fs::rename(&beside, path);
    }
}

fn ask(
    session: &Session,
    method: &str,
    url: &str,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
) -> Result<(u16, String), Error> {
    let request = Plain {
        method,
        url,
        headers,
        body,
        timeout: Duration::from_secs(20),
        ca_bundle: session.ca_bundle(),
        use_proxy: true,
    };
    request.send(session.environment()).map_err(|error| Error::Unreachable {
        endpoint: url.split('?').next().unwrap_or_default().to_owned(),
        reason: error.message,
    })
}
