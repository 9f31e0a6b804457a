//! One Galaxy server: which versions of a role or a collection it has, and where their archives lie.
//!
//! Invariant: what it is asked for twice, it answers once; its credentials go to no other.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
};

use serde_json::Value as Json;
use windlass_modules::{
    host::{Host, HostOptions},
    http::{self, Credentials, Options},
};

use crate::{settings::GalaxyServer, value::Value};

pub(super) struct Server {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) options: Options,
    token: Option<Token>,
    /// Value of the header that says who asks, once something is asked.
    authorization: OnceCell<Option<String>>,
    /// Where its interfaces are, once it was asked.
    api: OnceCell<Result<Api, String>>,
    answers: RefCell<HashMap<String, Option<Json>>>,
}

/// What says who asks.
pub(super) enum Token {
    Own(String),
    /// One that gets another one for a run, and where.
    Renewing {
        token: String,
        url: String,
        client: String,
    },
}

#[derive(Clone)]
struct Api {
    base: String,
    /// Versions of the interface and their paths.
    available: Json,
}

/// One version of a collection, as a server describes it.
#[derive(Clone)]
pub(super) struct Release {
    pub(super) download_url: String,
    pub(super) sha256: Option<String>,
    pub(super) needs: Vec<(String, String)>,
    pub(super) version_url: String,
    pub(super) server_url: String,
    /// The place of its server among all.
    pub(super) server: usize,
}

/// A role, as a server describes it.
pub(super) struct RoleOffer {
    pub(super) user: String,
    pub(super) repository: String,
    pub(super) branch: String,
    /// Names of versions, and where a server has the archive itself.
    pub(super) versions: Vec<(String, Option<String>)>,
    /// The place of its server among all.
    pub(super) server: usize,
}

impl Server {
    pub(super) fn new(name: &str, url: &str, options: Options, token: Option<Token>) -> Server {
        Server {
            name: name.to_owned(),
            url: url.trim_end_matches('/').to_owned(),
            options,
            token,
            authorization: OnceCell::new(),
            api: OnceCell::new(),
            answers: RefCell::default(),
        }
    }

    /// Returns a server of the settings.
    pub(super) fn of(server: &GalaxyServer, checks: bool, timeout: u64) -> Server {
        let option = |name: &str| {
            let found = server.options.iter().find(|option| option.name == name);
            found.map(|option| &option.value).filter(|value| !matches!(value, Value::None))
        };
        let text = |name: &str| option(name).map(Value::to_text).filter(|text| !text.is_empty());
        let checks = option("validate_certs").map_or(checks, Value::is_true) && checks;
        let own = option("timeout").and_then(Value::as_int);
        let timeout = own.and_then(|own| u64::try_from(own).ok()).unwrap_or(timeout);
        let mut options = Options::usual(timeout, checks);
        options.force_credentials = true;
        let url = text("url").unwrap_or_default();
        let host = Host::new(HostOptions::default());
        let password = text("password");
        options.credentials = text("username").and_then(|user| {
            Credentials::find(&host, &url, Some(&user), password.as_deref(), false)
        });
        let token = text("token").map(|token| match text("auth_url") {
            Some(url) => {
                let client = text("client_id").unwrap_or_else(|| "cloud-services".to_owned());
                Token::Renewing { token, url, client }
            }
            None => Token::Own(token),
        });
        Server::new(&server.name, &url, options, token)
    }

    /// How the server is called in messages: with its interface's path, once that is known.
    pub(super) fn shown(&self) -> String {
        match self.api.get() {
            Some(Ok(api)) => api.base.clone(),
            _ if self.name == "cmd_arg" || self.name == "default" => self.url.clone(),
            _ => format!("{} {}", self.name, self.url),
        }
    }

    pub(super) fn who(&self, host: &Host) -> Option<(String, String)> {
        let value = self.authorization.get_or_init(|| match self.token.as_ref()? {
            Token::Own(token) => Some(format!("Token {token}")),
            // Who gets no token asks without, and is told what the server says of that.
            Token::Renewing { token, url, client } => {
                exchanged(host, &self.options, url, client, token)
                    .map(|token| format!("Bearer {token}"))
            }
        });
        Some(("Authorization".to_owned(), value.clone()?))
    }

    /// Asks for a document; nothing where there is none.
    fn ask(&self, host: &Host, url: &str) -> Result<Option<Json>, String> {
        if let Some(known) = self.answers.borrow().get(url) {
            return Ok(known.clone());
        }
        let mut headers = vec![accept("application/json, */*")];
        headers.extend(self.who(host));
        let mut response = get(host, &self.options, url, headers)?;
        let (status, reason) = (response.status, response.reason.clone());
        let body = response.text().map_err(|error| failed(url, error))?;
        let found = match status {
            404 => None,
            400.. => {
                return Err(format!(
                    "Error when asking the server {} (HTTP Code: {status}, Message: {reason})",
                    self.shown()
                ));
            }
            _ => Some(serde_json::from_str::<Json>(&body).map_err(|_| {
                format!("Failed to parse Galaxy response from '{url}' as JSON:\n{body}")
            })?),
        };
        self.answers.borrow_mut().insert(url.to_owned(), found.clone());
        Ok(found)
    }

    /// Finds out where the server's interfaces are: at its address, or below `/api`.
    fn api(&self, host: &Host) -> Result<&Api, String> {
        let found = self.api.get_or_init(|| {
            let below = format!("{}/api", self.url.trim_end_matches("/api"));
            let at = |base: &str| -> Result<Option<Api>, String> {
                let answer = self.ask(host, &format!("{base}/"));
                let available = answer?.and_then(|found| found.get("available_versions").cloned());
                Ok(available.map(|available| Api { base: base.to_owned(), available }))
            };
            // What is no server's interface answers with pages.
            let own = if self.url.ends_with("/api") { Ok(None) } else { at(&self.url) };
            match own {
                Ok(Some(api)) => Ok(api),
                _ => at(&below)?.ok_or_else(|| {
                    format!("Tried to find galaxy API root at {} but no 'available_versions' are available on {below}", self.url)
                }),
            }
        });
        found.as_ref().map_err(Clone::clone)
    }

    /// The address of something in an interface of this version.
    fn address(&self, host: &Host, version: &str, path: &str) -> Result<String, String> {
        let api = self.api(host)?;
        let Some(own) = api.available.get(version).and_then(Json::as_str) else {
            return Err(format!(
                "Galaxy action requires API version '{version}' but only '{}' are available on {} {}",
                api.available
                    .as_object()
                    .map(|all| all.keys().cloned().collect::<Vec<_>>().join(", "))
                    .unwrap_or_default(),
                self.name,
                api.base
            ));
        };
        Ok(format!("{}/{}/{path}", api.base, own.trim_matches('/')))
    }

    pub(super) fn versions(&self, host: &Host, name: &str) -> Result<Vec<String>, String> {
        let path = name.replacen('.', "/", 1);
        let mut next =
            Some(self.address(host, "v3", &format!("collections/{path}/versions/?limit=100"))?);
        let mut found = Vec::new();
        while let Some(url) = next {
            let Some(page) = self.ask(host, &url)? else { break };
            let list = page.get("data").or_else(|| page.get("results")).and_then(Json::as_array);
            let versions = list.into_iter().flatten().filter_map(|one| one["version"].as_str());
            let n_found = found.len();
            found.extend(versions.map(ToOwned::to_owned));
            let link = page["links"]["next"].as_str().or_else(|| page["next"].as_str());
            // A page with nothing on it is the last one, whatever it says.
            next = link.filter(|_| found.len() > n_found).map(|link| joined(&url, link));
        }
        Ok(found)
    }

    pub(super) fn release(
        &self,
        host: &Host,
        (name, version): (&str, &str),
        at: usize,
    ) -> Result<Release, String> {
        let path = name.replacen('.', "/", 1);
        let url = self.address(host, "v3", &format!("collections/{path}/versions/{version}/"))?;
        let found = self.ask(host, &url)?;
        let found =
            found.ok_or_else(|| format!("{name}:{version} was not found on {}", self.shown()))?;
        let needs = found["metadata"]["dependencies"].as_object();
        let needs = needs
            .into_iter()
            .flatten()
            .map(|(name, versions)| (name.clone(), versions.as_str().unwrap_or("*").to_owned()));
        let download = found["download_url"].as_str().unwrap_or_default();
        Ok(Release {
            download_url: joined(&url, download),
            sha256: found["artifact"]["sha256"].as_str().map(ToOwned::to_owned),
            needs: needs.collect(),
            version_url: found["href"].as_str().unwrap_or(&url).to_owned(),
            server_url: self.api(host)?.base.clone(),
            server: at,
        })
    }

    pub(super) fn role(
        &self,
        host: &Host,
        owner: &str,
        name: &str,
        at: usize,
    ) -> Result<Option<RoleOffer>, String> {
        let url =
            self.address(host, "v1", &format!("roles/?owner__username={owner}&name={name}"))?;
        let found = self.ask(host, &url)?.unwrap_or_default();
        let Some(role) = found["results"].get(0) else { return Ok(None) };
        let word = |key: &str, default: &str| role[key].as_str().unwrap_or(default).to_owned();
        let mut versions = Vec::new();
        let id = role["id"].to_string();
        let mut next =
            Some(self.address(host, "v1", &format!("roles/{id}/versions/?page_size=50"))?);
        while let Some(url) = next {
            let Some(page) = self.ask(host, &url)? else { break };
            for one in page["results"].as_array().into_iter().flatten() {
                let own = |key: &str| one[key].as_str().map(ToOwned::to_owned);
                versions.extend(own("name").map(|name| (name, own("download_url"))));
            }
            let link = page["next_link"].as_str().or_else(|| page["next"].as_str());
            next = link.map(|link| joined(&url, link)).filter(|link| *link != url);
        }
        Ok(Some(RoleOffer {
            user: word("github_user", owner),
            repository: word("github_repo", name),
            branch: word("github_branch", "master"),
            versions,
            server: at,
        }))
    }
}

pub(super) fn get(
    host: &Host,
    options: &Options,
    url: &str,
    mut headers: Vec<(String, String)>,
) -> Result<http::Response, String> {
    headers.push((
        "User-Agent".to_owned(),
        concat!("windlass-galaxy/", env!("CARGO_PKG_VERSION")).to_owned(),
    ));
    let request =
        http::Request { method: "GET".to_owned(), url: url.to_owned(), headers, body: None };
    http::send(host, options, request)
        .map_err(|error| failed(url, error.message.trim_start_matches("Request failed: ")))
}

fn failed(url: &str, why: impl std::fmt::Display) -> String {
    format!("Unknown error when attempting to call Galaxy at '{url}': {why}")
}

pub(super) fn accept(types: &str) -> (String, String) {
    ("Accept".to_owned(), types.to_owned())
}

/// Gets a token for a request by one that renews it.
fn exchanged(
    host: &Host,
    options: &Options,
    url: &str,
    client: &str,
    token: &str,
) -> Option<String> {
    let body = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
    let request = http::Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: http::headers_of("application/x-www-form-urlencoded"),
        body: Some(http::Body::Bytes(body.into_bytes())),
    };
    let options = Options { credentials: None, ..options.clone() };
    let answer = http::send(host, &options, request).ok()?.text().ok()?;
    let answer: Json = serde_json::from_str(&answer).ok()?;
    answer["access_token"].as_str().map(ToOwned::to_owned)
}

/// The scheme and the name of an address.
pub(super) fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or(url, |end| &url[..start + end])
}

/// Follows a link that a server gave.
fn joined(base: &str, link: &str) -> String {
    if link.starts_with('/') { format!("{}{link}", origin(base)) } else { link.to_owned() }
}
