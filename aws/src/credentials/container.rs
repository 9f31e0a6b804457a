//! Credentials of a container's task: ECS, EKS and what else names an address in the environment.

use super::{Credentials, NEAR, of_json};
use crate::{Error, Session, client::Plain};

pub(super) fn find(session: &Session) -> Result<Option<Credentials>, Error> {
    let environment = session.environment();
    let url = match (
        environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ) {
        (Some(path), _) => format!("http://169.254.170.2{path}"),
        (None, Some(url)) => url.to_owned(),
        (None, None) => return Ok(None),
    };
    let failed = |reason: String| {
        Error::Credentials(format!(
            "Error when retrieving credentials from container-role: {reason}"
        ))
    };
    let parsed = windlass_modules::http::Url::parse(&url).map_err(|error| failed(error.message))?;
    if parsed.scheme != "https" && !is_near(&parsed.host) {
        return Err(failed(format!(
            "Unsupported host '{}'. Can only retrieve metadata from a loopback address or one of these hosts: \
             169.254.170.2, 169.254.170.23, fd00:ec2::23",
            parsed.host
        )));
    }
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    // The file's token changes while the container runs: it is the stronger one.
    let token = match environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(path) => Some(
            std::fs::read_to_string(environment.path(path))
                .map_err(|error| failed(format!("cannot read `{path}`: {error}")))?,
        ),
        None => environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(str::to_owned),
    };
    if let Some(token) = token {
        if token.trim_end().contains(['\r', '\n']) {
            return Err(failed("Auth token value is not a legal header value".to_owned()));
        }
        headers.push(("authorization".to_owned(), token.trim_end().to_owned()));
    }
    let request = Plain {
        method: "GET",
        url: &url,
        headers,
        body: None,
        timeout: NEAR,
        ca_bundle: session.ca_bundle(),
        use_proxy: false,
    };
    let (status, text) = request.send(environment).map_err(|error| failed(error.message))?;
    if status != 200 {
        return Err(failed(format!("the metadata service answered with status {status}")));
    }
    let said =
        serde_json::from_str(&text).map_err(|_| failed("the answer is no JSON".to_owned()))?;
    of_json(&said, ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"]).map(Some)
}

fn is_near(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback || matches!(host, "localhost" | "169.254.170.2" | "169.254.170.23" | "fd00:ec2::23")
}
