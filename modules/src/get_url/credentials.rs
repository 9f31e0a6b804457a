//! Who we are to a server: arguments, the address itself, `~/.netrc`.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Args;
use crate::host::Host;

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// Returns the header's value.
    pub(super) fn header(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }
}

/// Returns what is known for this address.
pub(super) fn of(host: &Host, args: &Args, url: &str) -> Option<Credentials> {
    if let Some(user) = &args.url_username {
        let password = args.url_password.clone().unwrap_or_default();
        return Some(Credentials { user: user.clone(), password });
    }
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    if let Some((user, _)) = authority.rsplit_once('@') {
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        return Some(Credentials { user: decoded(user), password: decoded(password) });
    }
    if !args.use_netrc {
        return None;
    }
    let file = match host.env("NETRC") {
        Some(file) => file,
        None => format!("{}/.netrc", host.env("HOME")?),
    };
    let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
    in_netrc(&host.read_text(file).ok()??, name)
}

/// Returns an address without the user in it.
pub(super) fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn in_netrc(text: &str, name: &str) -> Option<Credentials> {
    let mut words = text.split_whitespace();
    let (mut here, mut user, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if here => break,
            "machine" => here = words.next() == Some(name),
            "default" => here = true,
            "login" if here => user = words.next(),
            "password" if here => password = words.next(),
            _ => (),
        }
    }
    Some(Credentials { user: user?.to_owned(), password: password.unwrap_or_default().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn netrc_has_machines_and_a_default() {
        let text =
            "machine a login u password p\nmachine b\n login v\ndefault login d password e\n";
        let check = |name: &str, expected: (&str, &str)| {
            let found = in_netrc(text, name).unwrap();
            assert_eq!((found.user.as_str(), found.password.as_str()), expected);
        };
        check("a", ("u", "p"));
        check("b", ("v", ""));
        check("c", ("d", "e"));
        assert!(in_netrc("machine a login u", "b").is_none());
    }

    #[test]
    fn addresses_may_say_who() {
        assert_eq!(without_user("http://u:p@h:80/x@y"), "http://h:80/x@y");
        assert_eq!(without_user("http://h/x"), "http://h/x");
        assert_eq!(decoded("a%40b%zz"), "a@b%zz");
    }
}
