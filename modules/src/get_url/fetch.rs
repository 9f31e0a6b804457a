//! One request and its answer.

use std::{
    io::{self, Read, Write},
    time::Duration,
};

use super::Args;
use crate::{
    host::{Host, errno_text, pour},
    http::{self, Credentials, Follow, Options, Trust},
    spec::python_str,
};

pub(super) struct Request<'a> {
    pub(super) url: &'a str,
    pub(super) method: &'static str,
    /// Nothing is sent when the file did not change since.
    pub(super) modified: Option<String>,
    pub(super) no_cache: bool,
    pub(super) args: &'a Args,
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
            (Some(200..=299) | None, Some(length)) => format!("OK ({length} bytes)"),
            (Some(200..=299) | None, None) => "OK (unknown bytes)".to_owned(),
            (Some(status), _) => format!("HTTP Error {status}: {}", self.reason),
        }
    }

    /// Returns the name that the server gives what it sends, otherwise the one in the address.
    pub(super) fn file_name(&self) -> String {
        let given = self.disposition.as_deref().and_then(http::file_name_of);
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

/// Sends a request; the error is the task's message.
pub(super) fn send(host: &Host, request: &Request) -> Result<Answer, String> {
    let scheme = request.url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    if scheme.as_deref() == Some("file") {
        return of_file(host, request.url);
    }
    let args = request.args;
    let options = Options {
        timeout: Duration::from_secs(args.timeout.max(1)),
        trust: Trust {
            verify: args.validate_certs,
            any_name: false,
            address_in_subject: false,
            authorities: None,
            client_cert: args.client_cert.as_ref().map(|path| path.0.clone()),
            client_key: args.client_key.as_ref().map(|path| path.0.clone()),
        },
        use_proxy: args.use_proxy,
        credentials: Credentials::find(
            host,
            request.url,
            args.url_username.as_deref(),
            args.url_password.as_deref(),
            args.use_netrc,
        ),
        force_credentials: args.force_basic_auth,
        follow: Follow::Urllib2,
        unix_socket: None,
        decompress: args.decompress,
        unredirected: args.unredirected_headers.iter().map(|name| name.to_lowercase()).collect(),
    };
    let mut headers = vec![("User-Agent".to_owned(), args.http_agent.clone())];
    if let Some(date) = &request.modified {
        headers.push(("If-Modified-Since".to_owned(), date.clone()));
    }
    if request.no_cache {
        headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    }
    for (name, value) in args.headers.iter().flatten() {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push((http::titled(name), python_str(value)));
    }
    let request = http::Request {
        method: request.method.to_owned(),
        url: request.url.to_owned(),
        headers,
        body: None,
    };
    let answer = http::send(host, &options, request).map_err(|error| error.message)?;
    Ok(Answer {
        status: Some(answer.status),
        length: answer.length(),
        decoded: answer.decoded,
        disposition: answer.header("content-disposition").map(ToOwned::to_owned),
        reason: answer.reason,
        url: answer.url,
        body: answer.body,
    })
}

fn of_file(host: &Host, url: &str) -> Result<Answer, String> {
    let path = url.trim_start_matches("file://").trim_start_matches("localhost");
    let failed = |error: &io::Error| {
        format!("Request failed: <urlopen error {}: '{path}'>", errno_text(error))
    };
    let meta = host.look_at(path, true).map_err(|error| failed(&error))?;
    if meta.is_dir() {
        return Err(failed(&io::Error::from_raw_os_error(21)));
    }
    let file = host
        .open(path)
        .map_err(|failure| format!("Request failed: <urlopen error {}>", failure.reason()))?;
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
}
