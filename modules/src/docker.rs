//! The Docker engine as its modules need it: requests over its socket, and errors in the words of the reference.
//!
//! Invariant: nothing here decides whether something may change; modules ask [`Host::checking`] before they do.

mod address;
mod archive;
mod client;
mod compose;
mod image;
mod inside;
mod kept;
mod platform;
mod stream;
pub mod tarball;
#[cfg(test)]
mod testing;

use std::{cell::OnceCell, io::Read, time::Duration};

use windlass_macros::Args;

pub use archive::{Archive, archive, load, save};
pub use client::Program;
pub use compose::{Compose, Ignored, Project, Ran, outcome_of};
pub use image::{
    find_image, found_image, image_with_id, is_id, is_tag, parse_name, pull, push, tag_of,
};
pub use inside::Inside;
pub use kept::{Came, Keeper, Kept, KeptState};
pub use platform::Platform;
pub use stream::{attached, attached_in_order, attached_with_input, progress};
#[cfg(test)]
pub(crate) use testing::FakeEngine;

use self::address::{Address, unreachable_text};
use crate::{
    host::{Failure, Host, Result},
    http::{self, Body, Follow, Options, Request, Trust},
    spec::{ArgPath, Json, JsonMap, python_json, python_repr, python_str},
};

/// How the engine is reached, the same for every module.
#[derive(Args)]
pub struct Engine {
    /// Address of the engine: `unix:///var/run/docker.sock`, `tcp://192.0.2.23:2376`
    #[arg(default = "unix:///var/run/docker.sock", alias = "docker_url")]
    pub docker_host: String,
    /// Seconds to wait for the engine
    #[arg(default = "60")]
    pub timeout: u64,
    #[arg(flatten)]
    pub access: Access,
    /// Whether an `ssh://` address is reached through the program `ssh`
    #[arg(default = "false")]
    pub use_ssh_client: bool,
    /// Whether the result tells more
    #[arg(default = "false")]
    pub debug: bool,
}

impl Engine {
    /// Returns the `diff` of a network or a volume, where somebody wants to see it: whole in diff mode, and without the
    /// values in check mode and for those who debug.
    pub fn told_diff(
        &self,
        host: &Host,
        (before, after): (JsonMap, JsonMap),
        differences: Option<Vec<String>>,
    ) -> Option<Json> {
        if !(host.diffing() || host.checking() || self.debug) {
            return None;
        }
        let mut diff = JsonMap::new();
        if let Some(differences) = differences {
            diff.insert("differences".to_owned(), differences.into());
        }
        if host.diffing() {
            diff.insert("before".to_owned(), before.into());
            diff.insert("after".to_owned(), after.into());
        }
        Some(diff.into())
    }
}

/// Who speaks to the engine and how it is trusted, by its interface and by its program alike.
#[derive(Args)]
pub struct Access {
    /// Name that the engine's certificate is for
    pub tls_hostname: Option<String>,
    /// Version of the interface to speak, or `auto`
    #[arg(default = "auto", alias = "docker_api_version")]
    pub api_version: String,
    /// File with the certificates of authorities to trust
    #[arg(alias = "ca_cert", alias = "cacert_path", alias = "tls_ca_cert")]
    pub ca_path: Option<ArgPath>,
    /// Certificate to show to the engine
    #[arg(alias = "cert_path", alias = "tls_client_cert")]
    pub client_cert: Option<ArgPath>,
    /// Key of the certificate
    #[arg(alias = "key_path", alias = "tls_client_key")]
    pub client_key: Option<ArgPath>,
    /// Whether the connection is secured, without looking at the engine's certificate
    #[arg(default = "false")]
    pub tls: bool,
    /// Whether the connection is secured and the engine's certificate must be right
    #[arg(default = "false", alias = "tls_verify")]
    pub validate_certs: bool,
}

/// Why the engine did not do what it was asked.
#[derive(Debug)]
pub struct ApiError {
    /// 0 where there was no answer.
    pub status: u16,
    /// As the reference's library words it.
    pub text: String,
    /// What the engine said.
    pub explanation: String,
    /// Whether it said so as an engine does, and not as any server on the web.
    own: bool,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        if error.status == 0 {
            return Failure::new(error.text);
        }
        Failure::new(format!("An unexpected Docker error occurred: {}", error.text))
    }
}

impl ApiError {
    /// Returns why there was no answer.
    fn lost(text: impl Into<String>, explanation: impl Into<String>) -> ApiError {
        ApiError { status: 0, text: text.into(), explanation: explanation.into(), own: false }
    }

    /// Returns a failure that says what was tried.
    pub fn while_doing(self, what: impl std::fmt::Display) -> Failure {
        if self.status == 0 {
            return Failure::new(self.text);
        }
        Failure::new(format!("{what}: {}", self.text))
    }
}

/// What a request asks with.
pub type Query<'a> = &'a [(&'a str, String)];

/// The engine, spoken to.
pub struct Api<'a> {
    pub host: &'a Host,
    options: Options,
    /// `http://localhost`, to which requests go.
    base: String,
    /// As errors name it: `http+docker://localhost`.
    shown: String,
    /// `/v1.41`, or nothing where the engine's own version is spoken.
    prefix: String,
    version: OnceCell<Json>,
}

impl<'a> Api<'a> {
    /// Returns the engine that the arguments name; nothing is sent yet.
    pub fn of(host: &'a Host, engine: &Engine) -> Result<Api<'a>> {
        let from_env = |given: &str, default: &str, name: &str| {
            let other = host.env(name).filter(|_| given == default);
            other.unwrap_or_else(|| given.to_owned())
        };
        let on = |given: bool, name: &str| {
            given
                || host.env(name).is_some_and(|text| {
                    !matches!(text.to_lowercase().as_str(), "" | "0" | "no" | "false")
                })
        };
        let address = from_env(&engine.docker_host, "unix:///var/run/docker.sock", "DOCKER_HOST");
        let wanted = from_env(&engine.access.api_version, "auto", "DOCKER_API_VERSION");
        let verify = on(engine.access.validate_certs, "DOCKER_TLS_VERIFY");
        let secure = verify || on(engine.access.tls, "DOCKER_TLS");
        let folder = host.env("DOCKER_CERT_PATH");
        let file = |given: &Option<ArgPath>, name: &str| {
            let named = given.as_ref().map(|path| path.0.clone());
            named.or_else(|| folder.as_ref().map(|folder| format!("{folder}/{name}")))
        };
        let place = Address::of(&address)
            .map_err(|error| Failure::new(format!("Error connecting: {error}")))?;
        let (unix_socket, base, shown) = match place {
            Address::Socket(path) => {
                (Some(path), "http://localhost".to_owned(), "http+docker://localhost".to_owned())
            }
            Address::Network { secure: own, place } => {
                let scheme = if own || secure { "https" } else { "http" };
                let base = format!("{scheme}://{place}");
                (None, base.clone(), base)
            }
        };
        let options = Options {
            timeout: Duration::from_secs(engine.timeout.max(1)),
            trust: Trust {
                verify,
                any_name: false,
                address_in_subject: false,
                authorities: file(&engine.access.ca_path, "ca.pem").filter(|_| verify),
                client_cert: file(&engine.access.client_cert, "cert.pem").filter(|_| secure),
                client_key: file(&engine.access.client_key, "key.pem").filter(|_| secure),
            },
            use_proxy: false,
            credentials: None,
            force_credentials: false,
            follow: Follow::None,
            unix_socket,
            decompress: false,
            unredirected: Vec::new(),
        };
        if let Some(message) = refused(&wanted) {
            return Err(Failure::new(message));
        }
        let prefix =
            if wanted.eq_ignore_ascii_case("auto") { String::new() } else { format!("/v{wanted}") };
        Ok(Api { host, options, base, shown, prefix, version: OnceCell::new() })
    }

    /// Returns what the engine says of itself.
    pub fn version(&self) -> std::result::Result<&Json, ApiError> {
        if let Some(known) = self.version.get() {
            return Ok(known);
        }
        let mut response = self.ask("GET", "/version", None, &[])?;
        let refuse = |why: String| ApiError::lost(format!("Error connecting: {why}"), why);
        let cannot = |why: &str| refuse(format!("Error while fetching server API version: {why}"));
        if response.status >= 400 {
            return Err(cannot(&complaint(&mut response, &format!("{}/version", self.shown)).text));
        }
        if response.status >= 300 {
            return Err(cannot("Exceeded 30 redirects."));
        }
        let found = match body_of(&mut response).unwrap_or_default() {
            Json::Object(found) => Json::Object(found),
            Json::Array(_) => {
                let what = "list indices must be integers or slices, not str";
                return Err(cannot(&format!("{what}. Response seems to be broken.")));
            }
            _ => return Err(cannot("Expecting value: line 1 column 1 (char 0)")),
        };
        let Some(version) = found["ApiVersion"].as_str() else {
            let what = "Invalid response from docker daemon: key \"ApiVersion\" is missing.";
            return Err(refuse(what.to_owned()));
        };
        if let Some(message) = refused(version) {
            return Err(ApiError::lost(message.clone(), message));
        }
        Ok(self.version.get_or_init(|| found))
    }

    /// Refuses an option that is given and that the engine's interface has only since version 1.`minor`.
    pub fn since(&self, given: bool, option: &str, minor: u32) -> Result<()> {
        if !given {
            return Ok(());
        }
        let version = self.version()?["ApiVersion"].as_str().unwrap_or_default();
        match version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok()) {
            Some(known) if known < minor => Err(Failure::new(format!(
                "Docker API version is {version}. Minimum version required is 1.{minor} to set {option} option."
            ))),
            _ => Ok(()),
        }
    }

    fn unreachable(&self, message: &str) -> String {
        unreachable_text(message, &self.base, self.options.unix_socket.is_some())
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(String, String)],
    ) -> std::result::Result<http::Response, ApiError> {
        let request = Request {
            method: method.to_owned(),
            url: format!("{}{path}", self.base),
            headers: headers.to_vec(),
            body: body.map(Body::Bytes),
        };
        http::send(self.host, &self.options, request).map_err(|error| {
            let why = self.unreachable(&error.message);
            ApiError::lost(format!("Error connecting: {why}"), error.message)
        })
    }

    /// Asks the engine for something; the answer's body is not read yet.
    pub fn open(
        &self,
        method: &str,
        path: &str,
        query: Query<'_>,
        body: Option<Vec<u8>>,
        headers: &[(String, String)],
    ) -> std::result::Result<http::Response, ApiError> {
        let target = with_query(&format!("{}{path}", self.prefix), query);
        let mut headers = headers.to_vec();
        if body.is_some() && !headers.iter().any(|(name, _)| name == "Content-Type") {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let mut response = self.ask(method, &target, body, &headers)?;
        // An engine says at once which version it speaks: what does not is asked whether it is one.
        let version = match (self.prefix.as_str(), response.header("Api-Version")) {
            ("", Some(version)) => format!("/v{version}"),
            ("", None) => {
                format!("/v{}", self.version()?["ApiVersion"].as_str().unwrap_or_default())
            }
            (prefix, _) => prefix.to_owned(),
        };
        if response.status < 400 {
            return Ok(response);
        }
        let place = with_query(&format!("{}{version}{path}", self.shown), query);
        Err(complaint(&mut response, &place))
    }

    /// Asks the engine and reads its answer.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        query: Query<'_>,
        body: Option<&Json>,
    ) -> std::result::Result<Json, ApiError> {
        let body = body.map(|body| body.to_string().into_bytes());
        let mut response = self.open(method, path, query, body, &[])?;
        body_of(&mut response).map_err(|error| {
            let text = format!("Error while reading the answer of the engine: {error}");
            ApiError::lost(text, error)
        })
    }

    /// Looks something up.
    pub fn get(&self, path: &str, query: Query<'_>) -> std::result::Result<Json, ApiError> {
        self.call("GET", path, query, None)
    }

    /// Looks something up that may not be there.
    pub fn find(&self, path: &str) -> std::result::Result<Option<Json>, ApiError> {
        match self.get(path, &[]) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Looks something up that may not be there. Only an engine itself can say that it is not: where the answer is
    /// another, its list tells why, which the reference asks for at first; `cannot` is what failures of that begin with.
    fn look(&self, path: &str, list: &str, query: Query<'_>, cannot: &str) -> Result<Option<Json>> {
        let error = match self.get(path, &[]) {
            Ok(found) => return Ok(Some(found)),
            Err(error) => error,
        };
        if error.status == 404 && error.own
            || error.explanation.contains("invalid reference format")
        {
            return Ok(None);
        }
        if error.status != 0
            && let Err(error) = self.get(list, query)
            && error.status != 0
        {
            return Err(Failure::new(format!("{cannot}{}", error.text)));
        }
        if error.status == 404 { Ok(None) } else { Err(error.into()) }
    }

    /// Returns what the engine knows of a container.
    pub fn container(&self, name: &str) -> Result<Option<Json>> {
        // The engine itself calls them `/name`.
        let name = name.strip_prefix('/').unwrap_or(name);
        let query = [("limit", "-1"), ("all", "1"), ("size", "0"), ("trunc_cmd", "0")]
            .map(|(key, value)| (key, value.to_owned()));
        let path = format!("/containers/{}/json", segment(name));
        self.look(&path, "/containers/json", &query, "Error retrieving container list: ")
    }

    /// Returns what the engine knows of a network.
    pub fn network(&self, name: &str) -> Result<Option<Json>> {
        let path = format!("/networks/{}", segment(name));
        self.look(&path, "/networks", &[], "Error retrieving network list: ")
    }

    /// Returns the number of a network of this name, which a container joins. The engine would take the beginning of a
    /// number for one, too.
    pub fn network_id(&self, name: &str) -> Result<Option<String>> {
        let by = JsonMap::from_iter([("name".to_owned(), vec![name].into())]);
        let query = [("filters", filters(Some(&by)))];
        let cannot = format!("Error getting network id for {name} - ");
        let path = format!("/networks/{}", segment(name));
        let found = self.look(&path, "/networks", &query, &cannot)?;
        let found = found.filter(|network| network["Name"] == name);
        Ok(found.and_then(|network| network["Id"].as_str().map(str::to_owned)))
    }

    /// Returns how requests are made, for those that are held open.
    pub(crate) fn options(&self) -> (&Options, &str, &str) {
        (&self.options, &self.base, &self.prefix)
    }
}

fn with_query(path: &str, query: Query<'_>) -> String {
    let words: Vec<String> =
        query.iter().map(|(key, value)| format!("{key}={}", http::form_encoded(value))).collect();
    if words.is_empty() { path.to_owned() } else { format!("{path}?{}", words.join("&")) }
}

/// What an engine says that refuses a request to `place`.
fn complaint(response: &mut http::Response, place: &str) -> ApiError {
    let mut text = Vec::new();
    // What was read of it is better than nothing.
    let _ = response.body.by_ref().take(1 << 20).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let message = serde_json::from_str::<Json>(&text)
        .ok()
        .and_then(|json| Some(json.get("message")?.as_str()?.to_owned()));
    let own = message.is_some();
    let explanation = message.unwrap_or_else(|| text.trim().to_owned());
    let side = if response.status < 500 { "Client" } else { "Server" };
    let mut text = format!("{} {side} Error for {place}: {}", response.status, response.reason);
    if !explanation.is_empty() {
        text = format!("{text} (\"{explanation}\")");
    }
    ApiError { status: response.status, text, explanation, own }
}

/// Reads an answer; what is no JSON is taken as text.
fn body_of(response: &mut http::Response) -> std::result::Result<Json, String> {
    let mut bytes = Vec::new();
    response.body.read_to_end(&mut bytes).map_err(|error| crate::host::reason_of(&error))?;
    if bytes.is_empty() {
        return Ok(Json::Null);
    }
    Ok(serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into()))
}

/// Refuses labels whose text may be another one than the one that stands in the playbook.
pub fn check_labels(labels: &JsonMap) -> Result<()> {
    match labels.iter().find(|(_, value)| value.is_boolean() || value.is_f64()) {
        None => Ok(()),
        Some((key, value)) => Err(Failure::new(format!(
            "The value {} for {} of labels is not a string or something than can be safely converted to a string!",
            python_str(value),
            python_repr(&Json::from(key.as_str())),
        ))),
    }
}

/// Why no engine is asked by a version of its interface.
fn refused(version: &str) -> Option<String> {
    if version.eq_ignore_ascii_case("auto") {
        return None;
    }
    if version.is_empty() {
        return Some(
            "Error connecting: 'StrictVersion' object has no attribute 'version'".to_owned(),
        );
    }
    let parts =
        version.split('.').map(str::parse::<u32>).collect::<std::result::Result<Vec<_>, _>>();
    let Some(parts) = parts.ok().filter(|parts| parts.len() > 1) else {
        return Some(format!("Error connecting: invalid version number '{version}'"));
    };
    match (parts[0], parts[1]) {
        (0, _) | (1, ..21) => Some(
            "Error connecting: API versions below 1.21 are no longer supported by this library."
                .to_owned(),
        ),
        (1, ..25) => {
            Some(format!("Docker API version is {version}. Minimum version required is 1.25."))
        }
        _ => None,
    }
}

/// Quotes a name for its place in a path.
pub fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~/:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Returns a truth as the reference's library sends it.
pub fn flag(truth: bool) -> String {
    if truth { "True" } else { "False" }.to_owned()
}

/// Returns filters as the engine reads them: each name with its values as texts, in JSON as Python writes it.
pub fn filters(given: Option<&JsonMap>) -> String {
    let one = |value: &Json| match value {
        Json::Bool(truth) => truth.to_string(),
        other => python_str(other),
    };
    let pairs = given.into_iter().flatten().map(|(key, value)| {
        let values: Vec<Json> = match value {
            Json::Array(items) => items.iter().map(|item| one(item).into()).collect(),
            other => vec![one(other).into()],
        };
        (key.clone(), Json::Array(values))
    });
    python_json(&Json::Object(pairs.collect()))
}
