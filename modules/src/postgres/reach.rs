//! Where the server is and who logs in: arguments, the environment and the password file, as PostgreSQL's own library
//! reads them, and its words for what does not work.

use std::{fmt, io, os::unix::fs::MetadataExt, time::Duration};

use super::{
    Connection, Login, SslMode,
    wire::{self, Refusal},
};
use crate::{
    host::{Host, reason_of},
    http::{self, Duplex},
    spec::python_str,
};

/// Where servers keep their socket.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Parameters of a connection that the library knows beside those that are read here.
const OTHERS: [&str; 22] = [
    "channel_binding",
    "fallback_application_name",
    "gssencmode",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "replication",
    "requirepeer",
    "require_auth",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslpassword",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// Parameters that are read here, and the variables that stand in for them.
const KNOWN: [(&str, &str); 15] = [
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("passfile", "PGPASSFILE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("options", "PGOPTIONS"),
    ("application_name", "PGAPPNAME"),
    ("client_encoding", "PGCLIENTENCODING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
];

/// How a server is reached.
pub(super) struct Way<'a> {
    host: &'a Host,
    given: Vec<(String, String)>,
}

/// A server's address, as messages name it.
struct Place {
    address: String,
    shown: String,
    local: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection to server {} failed: ", self.shown)
    }
}

/// A password, and the file that it is from.
struct Password {
    text: String,
    file: Option<String>,
}

/// Why an attempt failed.
struct Failed {
    reason: String,
    /// Whether another address, or the other kind of connection, may do better.
    next_address: bool,
    other_kind: bool,
}

impl<'a> Way<'a> {
    pub(super) fn of(login: &Login, host: &'a Host, database: &str) -> Result<Way<'a>, String> {
        let mut way = Way { host, given: Vec::new() };
        let socket = &login.login_unix_socket;
        let to_socket = !socket.is_empty() && matches!(login.login_host.as_str(), "" | "localhost");
        way.set("host", if to_socket { socket } else { &login.login_host });
        way.set("user", &login.login_user);
        way.set("password", &login.login_password);
        way.set("port", &login.login_port.to_string());
        way.set("dbname", database);
        way.set("sslmode", login.ssl_mode.name());
        for (name, value) in [
            ("sslrootcert", login.ca_cert.as_deref()),
            ("sslcert", login.ssl_cert.as_deref()),
            ("sslkey", login.ssl_key.as_deref()),
        ] {
            way.set(name, value.unwrap_or_default());
        }
        for (name, value) in login.connect_params.iter().flatten() {
            if !KNOWN.iter().any(|(known, _)| known == name) && !OTHERS.contains(&name.as_str()) {
                return Err(format!("invalid dsn: invalid connection option \"{name}\"\n"));
            }
            way.set(name, &python_str(value));
        }
        Ok(way)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.given.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.given.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(super) fn encode_as(&mut self, encoding: &str) {
        self.set("client_encoding", encoding);
    }

    fn get(&self, name: &str) -> Option<String> {
        let given = self.given.iter().find(|(known, _)| known == name);
        given.map(|(_, value)| value.clone()).or_else(|| {
            let (_, variable) = KNOWN.iter().find(|(known, _)| *known == name)?;
            self.host.env(variable).filter(|value| !value.is_empty())
        })
    }

    fn user(&self) -> String {
        self.get("user").unwrap_or_else(|| "postgres".to_owned())
    }

    fn database(&self) -> String {
        self.get("dbname").unwrap_or_else(|| self.user())
    }

    fn home(&self, file: &str) -> String {
        format!("{}/{file}", self.host.env("HOME").unwrap_or_default())
    }

    /// Logs in; the error has a line for each attempt.
    pub(super) fn connect(&self) -> Result<Connection, String> {
        let mode = self.get("sslmode").unwrap_or_default();
        let mut told = String::new();
        for place in self.places()? {
            let kinds: &[bool] = match mode.as_str() {
                _ if place.local => &[false],
                "disable" => &[false],
                "allow" => &[false, true],
                "prefer" | "" => &[true, false],
                _ => &[true],
            };
            for secured in kinds {
                match self.attempt(&place, *secured, &mode) {
                    Ok(connection) => return Ok(connection),
                    Err(failed) => {
                        told.push_str(&format!("{place}{}", failed.reason));
                        if failed.next_address {
                            break;
                        }
                        if !failed.other_kind {
                            return Err(told);
                        }
                    }
                }
            }
        }
        Err(told)
    }

    fn places(&self) -> Result<Vec<Place>, String> {
        let port = self.get("port").unwrap_or_default();
        if port.parse::<u16>().map_or(true, |port| port == 0) {
            return Err(format!("invalid port number: \"{port}\"\n"));
        }
        let name = self.get("host").unwrap_or_default();
        if name.is_empty() || name.starts_with('/') {
            let path = |folder: &str| format!("{folder}/.s.PGSQL.{port}");
            let there = SOCKETS.iter().map(|folder| path(folder)).find(|p| self.host.exists(p));
            let address = if name.is_empty() {
                there.unwrap_or_else(|| path(SOCKETS[0]))
            } else {
                path(&name)
            };
            let shown = format!("on socket \"{address}\"");
            return Ok(vec![Place { address, shown, local: true }]);
        }
        let place = |address: String| {
            let beside = if address == name { String::new() } else { format!(" ({address})") };
            let shown = format!("at \"{name}\"{beside}, port {port}");
            Place { address, shown, local: false }
        };
        if let Some(address) = self.get("hostaddr") {
            return Ok(vec![place(address)]);
        }
        let found = self.host.resolve(&name).map_err(|error| {
            let reason = match error.kind() {
                io::ErrorKind::NotFound => "Name or service not known",
                _ => "Temporary failure in name resolution",
            };
            format!("could not translate host name \"{name}\" to address: {reason}\n")
        })?;
        Ok(found.into_iter().map(|address| place(address.to_string())).collect())
    }

    fn attempt(&self, place: &Place, secured: bool, mode: &str) -> Result<Connection, Failed> {
        let (mut stream, socket) = self.stream(place).map_err(|reason| Failed {
            reason,
            next_address: true,
            other_kind: false,
        })?;
        if secured {
            stream = self.secured(stream, mode).map_err(|reason| Failed {
                reason,
                next_address: false,
                other_kind: mode == "prefer",
            })?;
        }
        let password = self.password(place);
        let text = password.as_ref().map(|password| password.text.as_str());
        let opened = Connection::open(stream, &self.parameters(), text);
        // Statements may take longer than the way to the server; a socket that takes no word on that is none any more.
        let _ = socket.be_patient();
        opened.map_err(|refusal| {
            let mut reason = format!("{refusal}");
            let file = password.and_then(|password| password.file);
            if let (Some(file), "28P01") = (file, refusal.code()) {
                reason.push_str(&format!("password retrieved from file \"{file}\"\n"));
            }
            let other_kind = matches!(refusal, Refusal::Unproved(_));
            Failed { reason, next_address: false, other_kind }
        })
    }

    fn stream(&self, place: &Place) -> Result<(Box<dyn Duplex>, http::Socket), String> {
        let seconds = self.get("connect_timeout").and_then(|text| text.trim().parse().ok());
        let limit = Duration::from_secs(seconds.filter(|n| *n > 0).unwrap_or(30));
        let (opened, question) = if place.local {
            let question = "running locally and accepting connections on that socket";
            (http::connect_unix(self.host, &place.address, limit), question)
        } else {
            let port = self.get("port").and_then(|port| port.parse().ok()).unwrap_or_default();
            let question = "running on that host and accepting TCP/IP connections";
            (http::connect_plain(self.host, &place.address, port, limit), question)
        };
        opened.map_err(|error| {
            if error.kind() == io::ErrorKind::TimedOut && seconds.is_some() {
                return "timeout expired\n".to_owned();
            }
            format!("{}\n\tIs the server {question}?\n", reason_of(&error))
        })
    }

    /// Secures a connection, where the server can.
    fn secured(&self, mut stream: Box<dyn Duplex>, mode: &str) -> Result<Box<dyn Duplex>, String> {
        let can = wire::ask_for_tls(&mut stream).map_err(|error| lost(&error))?;
        if !can {
            return match mode {
                "require" | "verify-ca" | "verify-full" => {
                    Err("server does not support SSL, but SSL was required\n".to_owned())
                }
                _ => Ok(stream),
            };
        }
        let there = |path: &String| self.host.exists(path);
        let authorities =
            self.get("sslrootcert").unwrap_or_else(|| self.home(".postgresql/root.crt"));
        let must = mode.starts_with("verify");
        let verify = there(&authorities);
        if must && !verify {
            return Err(format!(
                "root certificate file \"{authorities}\" does not exist\nEither provide the file or change sslmode to disable server certificate verification.\n"
            ));
        }
        let own =
            |name: &str, file: &str| self.get(name).or_else(|| Some(self.home(file))).filter(there);
        let client_cert = own("sslcert", ".postgresql/postgresql.crt");
        let client_key = own("sslkey", ".postgresql/postgresql.key");
        let trust = http::Trust {
            verify,
            any_name: mode != "verify-full",
            address_in_subject: true,
            authorities: Some(authorities),
            client_cert,
            client_key,
        };
        let name = self.get("host").unwrap_or_default();
        http::handshake(self.host, &trust, &name, stream).map_err(|broken| match broken {
            http::Broken::Setup(error) => format!("{}\n", error.message),
            http::Broken::Talk(error) => untrusted(&error, &name),
        })
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let mut found = vec![
            ("user".to_owned(), self.user()),
            ("database".to_owned(), self.database()),
            ("client_encoding".to_owned(), "UTF8".to_owned()),
            ("application_name".to_owned(), "windlass".to_owned()),
        ];
        for name in ["client_encoding", "application_name", "options"] {
            if let Some(value) = self.get(name) {
                found.retain(|(known, _)| known != name);
                found.push((name.to_owned(), value));
            }
        }
        found
    }

    fn password(&self, place: &Place) -> Option<Password> {
        if let Some(text) = self.get("password") {
            return Some(Password { text, file: None });
        }
        let file = self.get("passfile").unwrap_or_else(|| self.home(".pgpass"));
        let found = self.host.stat(&file).ok()??;
        // What others may read is not taken for a secret.
        if !found.is_file() || found.mode() & 0o077 != 0 {
            return None;
        }
        let host = self.get("host").unwrap_or_default();
        let default = place.local && (host.is_empty() || SOCKETS.contains(&host.as_str()));
        let wanted = [
            if default { "localhost".to_owned() } else { host },
            self.get("port").unwrap_or_default(),
            self.database(),
            self.user(),
        ];
        let lines = self.host.read_text(&file).ok()??;
        let text = lines.lines().find_map(|line| password_of(line, &wanted))?;
        Some(Password { text, file: Some(file) })
    }
}

/// Returns the password of a line that is for this host, port, database and user.
fn password_of(line: &str, wanted: &[String; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![(String::new(), false)];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == ':' && fields.len() < 5 {
            fields.push((String::new(), false));
        } else if let Some((field, escaped)) = fields.last_mut() {
            if c == '\\' {
                *escaped = true;
                field.extend(chars.next());
            } else {
                field.push(c);
            }
        }
    }
    let (password, names) = fields.split_last()?;
    let matches = names.len() == 4
        && names
            .iter()
            .zip(wanted)
            .all(|((name, escaped), wanted)| name == wanted || name == "*" && !*escaped);
    matches.then(|| password.0.clone())
}

/// What the library says when the server's certificate is not right.
fn untrusted(error: &io::Error, name: &str) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(
            rustls::CertificateError::NotValidForNameContext { presented, .. },
        )) => {
            let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
            let first = presented.first().map(bare).unwrap_or_default();
            let others = match presented.len() {
                0 | 1 => String::new(),
                2 => " (and 1 other name)".to_owned(),
                count => format!(" (and {} other names)", count - 1),
            };
            format!(
                "server certificate for \"{first}\"{others} does not match host name \"{name}\"\n"
            )
        }
        Some(rustls::Error::InvalidCertificate(_)) => {
            "SSL error: certificate verify failed\n".to_owned()
        }
        Some(other) => format!("SSL error: {other}\n"),
        None => lost(error),
    }
}

pub(super) fn lost(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.\n".to_owned()
        }
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "timeout expired\n".to_owned(),
        _ => format!("could not receive data from server: {}\n", reason_of(error)),
    }
}

impl SslMode {
    fn name(self) -> &'static str {
        match self {
            SslMode::Allow => "allow",
            SslMode::Disable => "disable",
            SslMode::Prefer => "prefer",
            SslMode::Require => "require",
            SslMode::VerifyCa => "verify-ca",
            SslMode::VerifyFull => "verify-full",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_that_of_the_first_line_that_fits() {
        let wanted = ["db1", "5432", "app", "me"].map(str::to_owned);
        let check = |line: &str, expected: Option<&str>| {
            assert_eq!(password_of(line, &wanted).as_deref(), expected, "{line}");
        };
        check("db1:5432:app:me:secret", Some("secret"));
        check("*:*:*:me:a:b\\:c\\\\d", Some("a:b:c\\d"));
        check("d\\b1:*:*:*:x", Some("x"));
        check("\\*:*:*:*:x", None);
        check("#db1:5432:app:me:secret", None);
        check("db2:5432:app:me:secret", None);
        check("db1:5432:app:me", None);
    }
}
