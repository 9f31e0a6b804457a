//! Requests to one service in one region: signed, tried again where that may help, and their answers.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::Read as _,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value as Json;
use windlass_modules::{
    host::{Host, HostOptions},
    http,
};

use crate::{
    Credentials, Element, Environment, Error,
    sign::{Unsigned, query_text, sign},
};

/// Requests are refused so often before we give up, when there are too many of them.
const THROTTLED_TRIES: u32 = 10;
/// And so often when something else is wrong with the service or the way to it.
const TRANSIENT_TRIES: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The longest answer that is read.
const MAX_ANSWER: u64 = 1 << 30;

/// A service in a region, as somebody sees it.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) service: &'static str,
    /// Region that is signed.
    pub(crate) region: String,
    /// Address without a path.
    pub(crate) endpoint: String,
    /// Requests without are not signed.
    pub(crate) credentials: Option<Credentials>,
    pub(crate) environment: Environment,
    /// File with the certificates that are trusted.
    pub(crate) ca_bundle: Option<String>,
    /// The first pause before another try; they double.
    pub(crate) pause: Duration,
}

/// One request.
struct Ask<'a> {
    method: &'static str,
    path: &'a str,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: String,
    operation: &'a str,
}

impl Client {
    /// Returns the region that is asked.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Asks as EC2, RDS and STS are asked: an action and its parameters; the answer is XML.
    pub fn query(
        &self,
        action: &str,
        version: &str,
        parameters: &[(String, String)],
    ) -> Result<Element, Error> {
        let mut form = vec![
            ("Action".to_owned(), action.to_owned()),
            ("Version".to_owned(), version.to_owned()),
        ];
        form.extend_from_slice(parameters);
        let form_type = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
        let text = self.ask(&Ask {
            method: "POST",
            path: "/",
            query: Vec::new(),
            headers: vec![("content-type".to_owned(), form_type)],
            body: query_text(&form),
            operation: action,
        })?;
        Element::parse(&text)
    }

    /// Asks as SSM is asked: an operation and JSON; so is the answer.
    pub fn json(&self, target: &str, operation: &str, body: &Json) -> Result<Json, Error> {
        let text = self.ask(&Ask {
            method: "POST",
            path: "/",
            query: Vec::new(),
            headers: vec![
                ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target".to_owned(), format!("{target}.{operation}")),
            ],
            body: body.to_string(),
            operation,
        })?;
        serde_json::from_str(&text)
            .map_err(|error| Error::Answer(format!("Unable to parse response ({error})")))
    }

    /// Asks as Route 53 is asked: a path and a query; the answer is XML.
    pub fn get(
        &self,
        operation: &str,
        path: &str,
        query: &[(String, String)],
    ) -> Result<Element, Error> {
        let text = self.ask(&Ask {
            method: "GET",
            path,
            query: query.to_vec(),
            headers: Vec::new(),
            body: String::new(),
            operation,
        })?;
        Element::parse(&text)
    }

    /// Asks until there is an answer, or no hope.
    fn ask(&self, ask: &Ask<'_>) -> Result<String, Error> {
        let mut tries = 0;
        loop {
            let error = match self.once(ask) {
                Ok(text) => return Ok(text),
                Err(error) => error,
            };
            tries += 1;
            let most = match &error {
                error if error.is_throttling() => THROTTLED_TRIES,
                error if error.is_transient() => TRANSIENT_TRIES,
                _ => 1,
            };
            if tries >= most {
                return Err(error);
            }
            std::thread::sleep(self.pause_before(tries));
        }
    }

    /// The pauses double, and differ, so that those who were refused together do not come back together.
    fn pause_before(&self, tries: u32) -> Duration {
        let longest = self.pause.saturating_mul(1 << tries.min(16)).min(LONGEST_PAUSE);
        let random = RandomState::new().build_hasher().finish() % 1024;
        longest / 2 + longest.mul_f64(0.5) * u32::try_from(random).unwrap_or(0) / 1024
    }

    fn once(&self, ask: &Ask<'_>) -> Result<String, Error> {
        let mut url = format!("{}{}", self.endpoint, ask.path);
        if !ask.query.is_empty() {
            url = format!("{url}?{}", query_text(&ask.query));
        }
        let mut headers = ask.headers.clone();
        if let Some(credentials) = &self.credentials {
            let parsed = http::Url::parse(&url).map_err(|error| self.unreachable(&error))?;
            let unsigned = Unsigned {
                method: ask.method,
                host: &parsed.host_header(),
                path: ask.path,
                query: &ask.query,
                headers: &ask.headers,
                body: ask.body.as_bytes(),
                service: signing_name(self.service),
                region: &self.region,
            };
            headers = sign(&unsigned, credentials, Timestamp::now());
        }
        let body = (ask.method == "POST").then(|| ask.body.clone().into_bytes());
        let plain = Plain {
            method: ask.method,
            url: &url,
            headers,
            body,
            timeout: Duration::from_secs(60),
            ca_bundle: self.ca_bundle.as_deref(),
            use_proxy: true,
        };
        let (status, text) =
            plain.send(&self.environment).map_err(|error| self.unreachable(&error))?;
        if (200..300).contains(&status) {
            return Ok(text);
        }
        Err(refusal(status, &text, ask.operation))
    }

    fn unreachable(&self, error: &http::Error) -> Error {
        Error::Unreachable { endpoint: self.endpoint.clone(), reason: error.message.clone() }
    }
}

fn signing_name(service: &'static str) -> &'static str {
    match service {
        "portal.sso" => "awsssoportal",
        "oidc" => "sso-oauth",
        other => other,
    }
}

/// A request that nobody signs.
pub(crate) struct Plain<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) timeout: Duration,
    pub(crate) ca_bundle: Option<&'a str>,
    pub(crate) use_proxy: bool,
}

impl Plain<'_> {
    /// Returns the status and the body of the answer.
    pub(crate) fn send(self, environment: &Environment) -> Result<(u16, String), http::Error> {
        let host =
            Host::new(HostOptions { environment: environment.pairs(), ..HostOptions::default() });
        let options = http::Options {
            timeout: self.timeout,
            trust: http::Trust {
                verify: true,
                authorities: self.ca_bundle.map(str::to_owned),
                ..http::Trust::default()
            },
            use_proxy: self.use_proxy,
            credentials: None,
            force_credentials: false,
            follow: http::Follow::None,
            unix_socket: None,
            decompress: true,
            unredirected: Vec::new(),
        };
        let request = http::Request {
            method: self.method.to_owned(),
            url: self.url.to_owned(),
            headers: self.headers,
            body: self.body.map(http::Body::Bytes),
        };
        let response = http::send(&host, &options, request)?;
        let status = response.status;
        let mut bytes = Vec::new();
        let read = response.body.take(MAX_ANSWER).read_to_end(&mut bytes);
        read.map_err(|error| http::Error { message: error.to_string() })?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// Returns what a service says when it refuses, in XML or JSON.
fn refusal(status: u16, text: &str, operation: &str) -> Error {
    let service = |code: &str, message: &str| Error::Service {
        code: code.to_owned(),
        message: message.to_owned(),
        operation: operation.to_owned(),
        status,
    };
    if let Ok(Json::Object(said)) = serde_json::from_str(text) {
        let entry = |names: [&str; 2]| {
            names.iter().find_map(|name| said.get(*name)?.as_str()).unwrap_or_default()
        };
        let code = entry(["__type", "error"]);
        let code = code.rsplit('#').next().unwrap_or(code);
        return service(code, entry(["message", "Message"]));
    }
    let root = Element::parse(text).ok();
    let error = root.as_ref().and_then(|root| root.find("Error"));
    match error.and_then(|error| Some((error.text_of("Code")?, error.text_of("Message")))) {
        Some((code, message)) => service(code, message.unwrap_or_default()),
        None => service(&status.to_string(), reason(status)),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
