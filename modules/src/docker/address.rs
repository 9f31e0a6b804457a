//! Where an engine listens, and how the reference's library says that nobody does.

/// An address, split up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    Socket(String),
    /// Host and port, with the path that all requests begin with.
    Network {
        secure: bool,
        place: String,
    },
}

const SOCKET: &str = "/var/run/docker.sock";

impl Address {
    pub(super) fn of(text: &str) -> Result<Address, String> {
        let text = text.trim();
        let scheme = text.split_once(':').filter(|(scheme, _)| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        });
        let (scheme, rest) = match scheme {
            Some((scheme, rest))
                if scheme.bytes().all(|b| b.is_ascii_alphabetic() || b == b'+') =>
            {
                (scheme, rest.strip_prefix("//").unwrap_or(rest))
            }
            _ => ("tcp", text.strip_prefix("//").unwrap_or(text)),
        };
        match scheme {
            _ if text.is_empty() => Ok(Address::Socket(SOCKET.to_owned())),
            "unix" | "http+unix" => Ok(Address::Socket(match rest.trim_start_matches('/') {
                "" => SOCKET.to_owned(),
                path => format!("/{path}"),
            })),
            "tcp" | "http" | "https" => {
                let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if place.is_empty() {
                    return Err(format!("Invalid bind address format: {text}"));
                }
                let place = with_port(place)?;
                let path = path.trim_end_matches('/');
                Ok(Address::Network { secure: scheme == "https", place: format!("{place}{path}") })
            }
            "npipe" => Err("The npipe:// protocol is only supported on Windows".to_owned()),
            "fd" => Err("fd protocol is not implemented".to_owned()),
            "ssh" => Err(format!(
                "the address `{text}` of the engine is not supported: unix:// and tcp:// are"
            )),
            _ => Err(format!("Invalid bind address protocol: {text}")),
        }
    }
}

fn with_port(place: &str) -> Result<String, String> {
    // Colons in brackets belong to the host.
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (place, "2376"),
    };
    match port.parse::<u32>() {
        Ok(number) if number < 65536 => Ok(format!("{host}:{port}")),
        Ok(_) => Err("Port out of range 0-65535".to_owned()),
        Err(_) => Err(format!("Port could not be cast to integer value as '{port}'")),
    }
}

/// Returns why nobody answers at `base`, from the words of the request's failure.
pub(super) fn unreachable_text(message: &str, base: &str, socket: bool) -> String {
    let inner = message.split_once("<urlopen error ").map_or(message, |(_, rest)| rest);
    let inner = inner.trim_end_matches('>');
    let inner = inner.find("[Errno ").map_or(inner, |at| &inner[at..]);
    let reason = inner.strip_prefix("[Errno ").and_then(|rest| rest.split_once("] "));
    let why = match reason {
        Some((number, text)) if socket => {
            let class = match number {
                "2" => "FileNotFoundError",
                "13" => "PermissionError",
                "111" => "ConnectionRefusedError",
                _ => "OSError",
            };
            format!("('Connection aborted.', {class}({number}, '{text}'))")
        }
        _ if !socket && (reason.is_some() || inner.starts_with("[SSL")) => {
            let (scheme, place) = base.split_once("://").unwrap_or(("http", base));
            let place = place.split('/').next().unwrap_or(place);
            let (host, port) = place.rsplit_once(':').unwrap_or((place, ""));
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let class = if scheme == "https" { "HTTPSConnection" } else { "HTTPConnection" };
            let cause = if reason.is_some() {
                format!(
                    "NewConnectionError('<urllib3.connection.{class} object>: Failed to establish a new connection: {inner}')"
                )
            } else {
                format!("SSLError(SSLError(1, '{inner}'))")
            };
            format!(
                "{class}Pool(host='{host}', port={port}): Max retries exceeded with url: /version (Caused by {cause})"
            )
        }
        _ => message.to_owned(),
    };
    format!("Error while fetching server API version: {why}")
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_are_split_as_the_reference_splits_them() {
        let place = |secure, place: &str| Ok(Address::Network { secure, place: place.to_owned() });
        let socket = |path: &str| Ok(Address::Socket(path.to_owned()));
        for (text, expected) in [
            ("", socket("/var/run/docker.sock")),
            ("unix://", socket("/var/run/docker.sock")),
            ("unix:///run/podman.sock", socket("/run/podman.sock")),
            ("10.0.0.1:5", place(false, "10.0.0.1:5")),
            ("engine", place(false, "engine:2376")),
            ("tcp://[::1]", place(false, "[::1]:2376")),
            ("https://engine:1/a/", place(true, "engine:1/a")),
            ("tcp://", Err("Invalid bind address format: tcp://".to_owned())),
            ("localhost:5", Err("Invalid bind address protocol: localhost:5".to_owned())),
            ("tcp://a:b", Err("Port could not be cast to integer value as 'b'".to_owned())),
            ("tcp://a:99999", Err("Port out of range 0-65535".to_owned())),
        ] {
            assert_eq!(Address::of(text), expected, "{text}");
        }
    }
}
