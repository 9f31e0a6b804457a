//! Credentials of an instance's role, from the metadata service (version 2, and 1 where there is no 2).

use super::{Credentials, NEAR, of_json};
use crate::{Error, Session, client::Plain};

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// Returns the role's credentials; nothing on a machine that is no instance, or has no role.
pub(super) fn find(session: &Session) -> Result<Option<Credentials>, Error> {
    let environment = session.environment();
    if environment.flag("AWS_EC2_METADATA_DISABLED") {
        return Ok(None);
    }
    let is_v6 = environment
        .get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6"));
    let default = if is_v6 { "http://[fd00:ec2::254]" } else { "http://169.254.169.254" };
    let base = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or(default);
    let base = base.trim_end_matches('/');
    let ask = |method: &str, path: &str, headers: Vec<(String, String)>| {
        let request = Plain {
            method,
            url: &format!("{base}{path}"),
            headers,
            body: None,
            timeout: NEAR,
            ca_bundle: None,
            use_proxy: false,
        };
        request.send(environment)
    };
    let lifetime = vec![("x-aws-ec2-metadata-token-ttl-seconds".to_owned(), "21600".to_owned())];
    let headers = match ask("PUT", "/latest/api/token", lifetime) {
        Ok((200, token)) => vec![("x-aws-ec2-metadata-token".to_owned(), token)],
        // A service that knows no tokens.
        Ok((403..=405, _)) if !environment.flag("AWS_EC2_METADATA_V1_DISABLED") => Vec::new(),
        Ok(_) | Err(_) => return Ok(None),
    };
    let Ok((200, roles)) = ask("GET", ROLES, headers.clone()) else { return Ok(None) };
    let Some(role) = roles.lines().next().map(str::trim).filter(|role| !role.is_empty()) else {
        return Ok(None);
    };
    let Ok((200, text)) = ask("GET", &format!("{ROLES}{role}"), headers) else { return Ok(None) };
    let Ok(said) = serde_json::from_str(&text) else { return Ok(None) };
    of_json(&said, ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"]).map(Some)
}
