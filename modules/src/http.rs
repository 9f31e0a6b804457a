//! HTTP/1.1 as the modules need it: one request a connection, over TCP, TLS or a Unix socket.
//!
//! Small on purpose: it travels to every host. Names are resolved by the host's own files and tools.
//!
//! Invariant: every wait has a limit, and a server can make nothing here grow without bound but the body that is read.

mod certificate;
mod connection;
mod credentials;
mod date;
mod elliptic;
mod message;
mod provider;
mod proxy;
mod redirect;
mod tls;
mod url;

use std::{fs::File, io::Read, time::Duration};

pub use connection::{Duplex, Socket, connect_plain, connect_unix};
pub use credentials::Credentials;
pub use date::http_date;
pub use message::{Head, exchange, read_head};
pub use redirect::Follow;
pub use tls::{Broken, Trust, handshake, secure, trusted_file};
pub use url::{Url, form_encoded};

use crate::host::{Host, errno_text};

/// How requests are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long the server may be silent.
    pub timeout: Duration,
    pub trust: Trust,
    pub use_proxy: bool,
    pub credentials: Option<Credentials>,
    /// Whether they are sent before the server asks.
    pub force_credentials: bool,
    pub follow: Follow,
    /// Socket to connect to, whatever the address says.
    pub unix_socket: Option<String>,
    /// Whether a compressed body is unpacked.
    pub decompress: bool,
    /// Headers that are not sent again after a redirection, in lower case.
    pub unredirected: Vec<String>,
}

impl Options {
    /// Returns the options of modules that have none of their own but whether certificates must be right.
    pub fn usual(seconds: u64, verify: bool) -> Options {
        Options {
            timeout: Duration::from_secs(seconds),
            trust: Trust { verify, ..Trust::default() },
            use_proxy: true,
            credentials: None,
            force_credentials: false,
            follow: Follow::Urllib2,
            unix_socket: None,
            decompress: true,
            unredirected: Vec::new(),
        }
    }
}

/// Returns the headers of a request that sends something of this type.
pub fn headers_of(content_type: &str) -> Vec<(String, String)> {
    let pairs = [("User-Agent", "ansible-httpget"), ("Content-Type", content_type)];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// What is asked for.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Body>,
}

/// What is sent along.
#[derive(Debug)]
pub enum Body {
    Bytes(Vec<u8>),
    File(File, u64),
    /// What cannot be sent, and why; a server is told that something comes.
    Unsendable(String),
}

impl Body {
    /// Returns how many bytes are sent.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(_, length) => *length,
            Body::Unsendable(_) => 0,
        }
    }
}

/// What a server said.
pub struct Response {
    pub status: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
    /// Where the last redirection led.
    pub url: String,
    /// Whether the body is unpacked on the way, and so has another length than the headers say.
    pub decoded: bool,
    pub body: Box<dyn Read>,
}

impl Response {
    /// Returns the body as text; what is no UTF-8 is replaced.
    pub fn text(&mut self) -> std::io::Result<String> {
        let mut bytes = Vec::new();
        crate::host::pour(&mut *self.body, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns how many bytes the headers promise.
    pub fn length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }

    /// Returns the message of a result.
    pub fn message(&self) -> String {
        match (self.status, self.header("content-length")) {
            (200..=299, Some(length)) => format!("OK ({length} bytes)"),
            (200..=299, None) => "OK (unknown bytes)".to_owned(),
            (status, _) => format!("HTTP Error {status}: {}", self.reason),
        }
    }
}

/// Why there is no answer, in the words of the reference.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    pub message: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Error {
        Error { message: message.into() }
    }

    /// Before the request was sent.
    pub(crate) fn open(reason: impl std::fmt::Display) -> Error {
        Error::new(format!("Request failed: <urlopen error {reason}>"))
    }

    /// While connecting, or sending.
    pub(crate) fn connecting(error: &std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => {
                Error::open("timed out")
            }
            std::io::ErrorKind::NotFound if error.raw_os_error().is_none() => {
                Error::open("[Errno -2] Name or service not known")
            }
            std::io::ErrorKind::HostUnreachable if error.raw_os_error().is_none() => {
                Error::open("[Errno -3] Temporary failure in name resolution")
            }
            _ => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => Error::open(tls::told(error)),
                None => Error::open(errno_text(error)),
            },
        }
    }

    /// While waiting for the answer.
    pub(crate) fn reading(error: &std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => {
                Error::new("Connection failure: timed out")
            }
            _ => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => Error::open(tls::told(error)),
                None if error.raw_os_error().is_some() => {
                    Error::new(format!("Connection failure: {}", errno_text(error)))
                }
                None => Error::new(format!("Connection failure: {error}")),
            },
        }
    }
}

/// Returns a header's name as the reference sends it: each word with one capital.
pub fn titled(name: &str) -> String {
    let mut after_letter = false;
    name.chars()
        .map(|c| {
            let cased = if after_letter { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
            after_letter = c.is_alphabetic();
            cased
        })
        .collect()
}

/// Returns the name that a `Content-Disposition` gives a file, without the folders in it.
pub fn file_name_of(disposition: &str) -> Option<String> {
    disposition.split(';').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        let name = value.trim().trim_matches('"').rsplit('/').next()?;
        (key.trim().eq_ignore_ascii_case("filename") && !name.is_empty()).then(|| name.to_owned())
    })
}

/// Makes a request, follows redirections, and says who we are when the server asks.
pub fn send(host: &Host, options: &Options, request: Request) -> Result<Response, Error> {
    let mut request = request;
    let mut url = Url::parse(&request.url)?;
    let mut credentials = options.credentials.clone();
    let mut force = options.force_credentials;
    let mut asked = false;
    let mut seen = Vec::new();
    loop {
        let who = credentials.as_ref().filter(|_| force);
        let response = once(host, options, &url, &mut request, who)?;
        if response.status == 401 && credentials.is_some() && !asked && !force {
            (asked, force) = (true, true);
            continue;
        }
        if !redirect::is_redirection(response.status) {
            return Ok(response);
        }
        let Some(next) = redirect::next(options, &mut request, &url, &response, &mut seen)? else {
            return Ok(response);
        };
        if seen.len() > redirect::MOST
            || seen.iter().filter(|one| **one == next.text()).count() > redirect::MOST_SAME
        {
            let mut response = response;
            response.reason = format!(
                "The HTTP server returned a redirect error that would lead to an infinite loop.\nThe last 30x error message was:\n{}",
                response.reason
            );
            return Ok(response);
        }
        if next.authority() != url.authority() {
            // Another server does not get what was meant for this one.
            credentials = None;
            request.headers.retain(|(name, _)| {
                !["authorization", "cookie"].contains(&name.to_ascii_lowercase().as_str())
            });
        }
        url = next;
    }
}

fn once(
    host: &Host,
    options: &Options,
    url: &Url,
    request: &mut Request,
    who: Option<&Credentials>,
) -> Result<Response, Error> {
    let way = connection::open(host, options, url)?;
    let mut stream = way.stream;
    let given = |name: &str| request.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    let mut head = Vec::new();
    if !given("Accept-Encoding") {
        head.push(("Accept-Encoding".to_owned(), "identity".to_owned()));
    }
    if let Some(body) = &request.body {
        if !given("Content-Type") {
            let form = "application/x-www-form-urlencoded".to_owned();
            head.push(("Content-Type".to_owned(), form));
        }
        if !given("Content-Length") && !given("Transfer-Encoding") {
            head.push(("Content-Length".to_owned(), body.len().to_string()));
        }
    }
    if request.body.is_none()
        && matches!(request.method.as_str(), "PATCH" | "POST" | "PUT")
        && !given("Content-Length")
    {
        head.push(("Content-Length".to_owned(), "0".to_owned()));
    }
    if !given("Host") {
        head.push(("Host".to_owned(), url.host_header()));
    }
    head.extend(request.headers.iter().cloned());
    if let Some(who) = who
        && !given("Authorization")
    {
        head.push(("Authorization".to_owned(), who.header()));
    }
    head.extend(way.headers);
    head.push(("Connection".to_owned(), "close".to_owned()));
    let head = Head { method: &request.method, target: &way.target, headers: &head };
    let answer = exchange(&mut stream, &head, request.body.as_mut())?;
    let mut response = message::with_body(stream, answer, &request.method, options.decompress);
    response.url = url.text();
    Ok(response)
}

#[cfg(test)]
mod tests;
