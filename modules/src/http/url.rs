//! Addresses: taken apart, and followed from one another.

use super::Error;

/// An address of a server's resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub scheme: String,
    /// User name and password, decoded.
    pub user: Option<(String, String)>,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: Option<u16>,
    /// Path and query, as they are sent.
    pub target: String,
}

impl Url {
    /// Takes an address apart.
    pub fn parse(text: &str) -> Result<Url, Error> {
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ => return Err(Error::new(format!("unknown url type: '{text}'"))),
        };
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(Error::open(format!("unknown url type: {scheme}")));
        }
        let rest = rest.strip_prefix("//").unwrap_or_default();
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (user, name) = match authority.rsplit_once('@') {
            Some((user, name)) => {
                let (user, password) = user.split_once(':').unwrap_or((user, ""));
                (Some((decoded(user), decoded(password))), name)
            }
            None => (None, authority),
        };
        let (host, port) = host_and_port(name)?;
        if host.is_empty() {
            return Err(Error::open("no host given"));
        }
        let target = target.split('#').next().unwrap_or_default();
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        if let Some(bad) = target.chars().find(|c| *c <= ' ' || *c == '\x7f') {
            let shown = crate::spec::python_repr(&target.as_str().into());
            let bad = crate::spec::python_repr(&bad.to_string().into());
            return Err(Error::new(format!(
                "An unknown error occurred: URL can't contain control characters. {shown} (found at least {bad})"
            )));
        }
        // What is no ASCII cannot be sent as it is.
        let target = if target.is_ascii() { target } else { encoded(&target, b"") };
        Ok(Url { scheme, user, host: host.to_owned(), port, target })
    }

    /// Returns the port to connect to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.scheme == "https" { 443 } else { 80 })
    }

    /// Returns host and port as the `Host` header has them.
    pub fn host_header(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// Returns scheme, host and port: who answers.
    pub fn authority(&self) -> (String, String, u16) {
        (self.scheme.clone(), self.host.to_ascii_lowercase(), self.port())
    }

    /// Returns the address without the user in it.
    pub fn text(&self) -> String {
        format!("{}://{}{}", self.scheme, self.host_header(), self.target)
    }

    /// Returns where a redirection leads.
    pub fn join(&self, location: &str) -> Result<Url, Error> {
        let location = location.replace(' ', "%20");
        if location.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)) {
            return Url::parse(&location);
        }
        let base = format!("{}://{}", self.scheme, self.host_header());
        if let Some(rest) = location.strip_prefix("//") {
            return Url::parse(&format!("{}://{rest}", self.scheme));
        }
        if location.starts_with('/') {
            return Url::parse(&format!("{base}{location}"));
        }
        let path = self.target.split('?').next().unwrap_or("/");
        if location.starts_with('?') {
            return Url::parse(&format!("{base}{path}{location}"));
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (relative, query) = match location.find(['?', '#']) {
            Some(at) => location.split_at(at),
            None => (location.as_str(), ""),
        };
        let path = without_dots(&format!("{folder}/{relative}"));
        Url::parse(&format!("{base}{path}{query}"))
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

fn host_and_port(name: &str) -> Result<(&str, Option<u16>), Error> {
    let (host, port) = match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match name.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (name, None),
        },
    };
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(port.parse().map_err(|_| {
            Error::new(format!("An unknown error occurred: nonnumeric port: '{port}'"))
        })?),
    };
    Ok((host, port))
}

fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => (),
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if path.ends_with("/.") || path.ends_with("/..") {
        parts.push("");
    }
    format!("/{}", parts.join("/"))
}

/// Returns the text with `%xx` replaced.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns the text with every byte as `%xx` that is neither printable ASCII nor kept; `also` are encoded, too.
pub(crate) fn encoded(text: &str, also: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Returns the text as forms have it: as Python's `quote_plus`.
pub fn form_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let url = Url::parse("HTTPS://me:p%40w@[::1]:8443/a?b=c#d").unwrap();
        assert_eq!(url.scheme, "https");
        assert_eq!(url.user, Some(("me".into(), "p@w".into())));
        assert_eq!((url.host.as_str(), url.port()), ("::1", 8443));
        assert_eq!(url.text(), "https://[::1]:8443/a?b=c");
        assert_eq!(Url::parse("http://h?x").unwrap().target, "/?x");
        assert_eq!(Url::parse("http://h/é").unwrap().target, "/%C3%A9");
    }

    #[test]
    fn redirections_are_relative() {
        let base = Url::parse("http://h:1/a/b?q").unwrap();
        let check =
            |to: &str, expected: &str| assert_eq!(base.join(to).unwrap().text(), expected, "{to}");
        check("c", "http://h:1/a/c");
        check("../c?x", "http://h:1/c?x");
        check("./", "http://h:1/a/");
        check("/z", "http://h:1/z");
        check("//o/z", "http://o/z");
        check("?r", "http://h:1/a/b?r");
        check("https://s/", "https://s/");
        check("a b", "http://h:1/a/a%20b");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let message = |text: &str| Url::parse(text).unwrap_err().message;
        assert_eq!(message("nothing"), "unknown url type: 'nothing'");
        assert_eq!(message("ftpx://x/"), "Request failed: <urlopen error unknown url type: ftpx>");
        assert_eq!(
            message("http://h/a b"),
            "An unknown error occurred: URL can't contain control characters. '/a b' (found at least ' ')"
        );
        assert_eq!(message("http://h:x/"), "An unknown error occurred: nonnumeric port: 'x'");
    }
}
