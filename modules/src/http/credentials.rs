//! Who we are to a server: arguments, the address itself, `~/.netrc`.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::url::decoded;
use crate::host::Host;

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Returns the header's value.
    pub fn header(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }

    /// Returns what is known for an address: what was given, what it says itself, what `~/.netrc` says.
    pub fn find(
        host: &Host,
        url: &str,
        user: Option<&str>,
        password: Option<&str>,
        use_netrc: bool,
    ) -> Option<Credentials> {
        if let Some(user) = user {
            let password = password.unwrap_or_default().to_owned();
            return Some(Credentials { user: user.to_owned(), password });
        }
        let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
        if let Some((user, _)) = authority.rsplit_once('@') {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            return Some(Credentials { user: decoded(user), password: decoded(password) });
        }
        if !use_netrc {
            return None;
        }
        let file = match host.env("NETRC") {
            Some(file) => file,
            None => format!("{}/.netrc", host.env("HOME")?),
        };
        let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
        in_netrc(&host.read_text(file).ok()??, name)
    }
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
}
