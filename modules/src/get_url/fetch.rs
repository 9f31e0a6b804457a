//! One request and its answer.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::Duration,
};

use ureq::{
    Agent, Error, Proxy, ResponseExt,
    config::Config,
    http::{Response, Uri},
    unversioned::{
        resolver::{ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use super::{
    Args,
    credentials::{Credentials, without_user},
    tls,
};
use crate::{
    host::{Civil, Host, HostOptions, errno_text, pour},
    spec::python_str,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
}

pub(super) struct Request<'a> {
    pub(super) url: &'a str,
    pub(super) method: Method,
    /// Nothing is sent when the file did not change since.
    pub(super) modified: Option<String>,
    pub(super) no_cache: bool,
    pub(super) args: &'a Args,
    pub(super) credentials: Option<Credentials>,
}

/// What a server said; a file has no status.
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    /// How many bytes come, where that is known.
    pub(super) length: Option<u64>,
    /// Whether what comes was compressed on its way, and so has another length.
    pub(super) decoded: bool,
    reason: String,
    /// Where the last redirection led.
    url: String,
    disposition: Option<String>,
    body: Box<dyn Read>,
}

impl Answer {
    pub(super) fn reader(&mut self) -> &mut dyn Read {
        &mut *self.body
    }

    pub(super) fn read_to(&mut self, writer: &mut dyn Write) -> io::Result<u64> {
        pour(&mut *self.body, writer)
    }

    /// Returns the message of a result.
    pub(super) fn message(&self) -> String {
        match (self.status, self.length) {
            (Some(200) | None, Some(length)) => format!("OK ({length} bytes)"),
            (Some(200) | None, None) => "OK (unknown bytes)".to_owned(),
            (Some(status), _) => format!("HTTP Error {status}: {}", self.reason),
        }
    }

    /// Returns the name that the server gives what it sends, otherwise the one in the address.
    pub(super) fn file_name(&self) -> String {
        let given = self.disposition.as_deref().and_then(|header| {
            header.split(';').find_map(|part| {
                let (key, value) = part.trim().split_once('=')?;
                let name = value.trim().trim_matches('"').rsplit('/').next()?;
                (key.trim().eq_ignore_ascii_case("filename") && !name.is_empty())
                    .then(|| name.to_owned())
            })
        });
        given.unwrap_or_else(|| name_in_url(&self.url))
    }
}

/// Returns the last part of an address' path.
pub(super) fn name_in_url(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    let name = path.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
    match name {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "index.html".to_owned(),
    }
}

/// Returns a time as headers have it.
pub(super) fn http_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Civil { year, month, day, hour, minute, second } = Civil::from_seconds(seconds);
    let weekday = usize::try_from(seconds.div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let month = usize::try_from(month - 1).unwrap_or(0);
    let (weekday, month) = (DAYS[weekday], MONTHS[month]);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Sends a request; name and password go along when the server asks for them. The error is the task's message.
pub(super) fn send(host: &Host, request: &Request) -> Result<Answer, String> {
    match request.url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        Some("http" | "https") => (),
        Some("file") => return of_file(host, request.url),
        scheme => {
            let scheme = scheme.unwrap_or_default();
            return Err(format!("Request failed: <urlopen error unknown url type: {scheme}>"));
        }
    }
    let agent = agent(host, request)?;
    let known = request.credentials.as_ref();
    let first = known.filter(|_| request.args.force_basic_auth);
    let answer = ask(&agent, request, first)?;
    if answer.status == Some(401) && known.is_some() && first.is_none() {
        return ask(&agent, request, known);
    }
    Ok(answer)
}

fn ask(agent: &Agent, request: &Request, who: Option<&Credentials>) -> Result<Answer, String> {
    let url = without_user(request.url);
    let mut call = match request.method {
        Method::Get => agent.get(&url),
        Method::Head => agent.head(&url),
    };
    if let Some(who) = who {
        call = call.header("Authorization", who.header());
    }
    if let Some(date) = &request.modified {
        call = call.header("If-Modified-Since", date);
    }
    if request.no_cache {
        call = call.header("Cache-Control", "no-cache");
    }
    for (name, value) in request.args.headers.iter().flatten() {
        call = call.header(name, python_str(value));
    }
    let response = call.call().map_err(|error| told(&error))?;
    Ok(answer(response))
}

fn answer(response: Response<ureq::Body>) -> Answer {
    let header = |name: &str| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
    };
    let status = response.status();
    Answer {
        status: Some(status.as_u16()),
        length: header("content-length").and_then(|length| length.parse().ok()),
        decoded: header("content-encoding").is_some(),
        reason: status.canonical_reason().unwrap_or_default().to_owned(),
        url: response.get_uri().to_string(),
        disposition: header("content-disposition"),
        body: Box::new(response.into_body().into_reader()),
    }
}

fn of_file(host: &Host, url: &str) -> Result<Answer, String> {
    let path = url.trim_start_matches("file://").trim_start_matches("localhost");
    let failed = |error: &io::Error| {
        format!("Request failed: <urlopen error {}: '{path}'>", errno_text(error))
    };
    let meta = host.look_at(path, true).map_err(|error| failed(&error))?;
    let file = host.open(path).map_err(|failure| failure.message)?;
    Ok(Answer {
        status: None,
        length: Some(meta.len()),
        decoded: false,
        reason: String::new(),
        url: url.to_owned(),
        disposition: None,
        body: Box::new(file),
    })
}

fn agent(host: &Host, request: &Request) -> Result<Agent, String> {
    let args = request.args;
    let limit = Some(Duration::from_secs(args.timeout.max(1)));
    let mut config = Config::builder()
        .http_status_as_error(false)
        .user_agent(args.http_agent.as_str())
        .accept_encoding("identity")
        .timeout_connect(limit)
        .timeout_recv_response(limit)
        .timeout_per_read(limit)
        .proxy(if args.use_proxy { proxy(host, request.url)? } else { None });
    // A redirection may lead from http to https.
    config = config.tls_config(tls::config(host, args)?);
    Ok(Agent::with_parts(config.build(), DefaultConnector::default(), Names(host.environment())))
}

/// The proxy that the environment names for an address, unless it excepts its host.
fn proxy(host: &Host, url: &str) -> Result<Option<Proxy>, String> {
    let variable = |name: &str| {
        let upper = name.to_uppercase();
        // A CGI's `HTTP_PROXY` comes from a header of the request.
        let upper = if upper == "HTTP_PROXY" { None } else { host.env(&upper) };
        host.env(name).or(upper).filter(|value| !value.is_empty())
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let Some(proxy) = variable(&format!("{scheme}_proxy")).or_else(|| variable("all_proxy")) else {
        return Ok(None);
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    if variable("no_proxy").is_some_and(|list| excepts(&list, authority)) {
        return Ok(None);
    }
    let proxy = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
    Proxy::new(&proxy)
        .map(Some)
        .map_err(|error| format!("Request failed: the proxy `{}`: {error}", without_user(&proxy)))
}

fn excepts(list: &str, authority: &str) -> bool {
    let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
    list.split([',', ' ']).map(|entry| entry.trim().trim_start_matches('.')).any(|entry| {
        let below = name.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.'));
        entry == "*" || (!entry.is_empty() && (entry == name || entry == authority || below))
    })
}

/// Errors in the words of the reference.
fn told(error: &Error) -> String {
    match error {
        Error::Timeout(_) => "Connection failure: timed out".to_owned(),
        Error::HostNotFound => {
            "Request failed: <urlopen error [Errno -2] Name or service not known>".to_owned()
        }
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            "Connection failure: timed out".to_owned()
        }
        Error::Io(error) => format!("Request failed: <urlopen error {}>", errno_text(error)),
        Error::ConnectionFailed => {
            "Request failed: <urlopen error [Errno 111] Connection refused>".to_owned()
        }
        error => format!("Request failed: <urlopen error {error}>"),
    }
}

/// Names by the host's own files and tools; each request gets a host of its own, since it may run elsewhere.
#[derive(Debug)]
struct Names(Vec<(String, String)>);

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = Host::new(HostOptions { environment: self.0.clone(), ..HostOptions::default() });
        let name = uri.host().ok_or(Error::HostNotFound)?;
        let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(usual);
        let found = host.resolve(name).map_err(|_| Error::HostNotFound)?;
        let mut addresses = self.empty();
        for address in found.into_iter().take(16) {
            addresses.push(SocketAddr::new(address, port));
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_path() {
        for (url, name) in [
            ("http://h/a/b.txt?x=/y", "b.txt"),
            ("http://h/a/", "index.html"),
            ("http://h", "index.html"),
            ("file:///etc/hosts", "hosts"),
        ] {
            assert_eq!(name_in_url(url), name, "{url}");
        }
    }

    #[test]
    fn dates_are_those_of_headers() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(1_795_260_863), "Sat, 21 Nov 2026 11:34:23 GMT");
    }

    #[test]
    fn hosts_are_excepted_from_the_proxy() {
        let check =
            |list: &str, expected: bool| assert_eq!(excepts(list, "web.a.example:80"), expected);
        check("localhost, .a.example", true);
        check("a.example", true);
        check("*", true);
        check("web.a.example:80", true);
        check("b.example,", false);
        check("eb.a.example", false);
    }
}
