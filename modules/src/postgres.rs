//! PostgreSQL as its modules need it: a connection that runs statements, spoken to in the server's own protocol.
//!
//! Invariant: a statement is one text; what it holds of the user's values is quoted by [`literal`] and [`identifier`].

mod scram;
mod value;
mod wire;

use std::time::Duration;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Result},
    spec::{Json, JsonMap},
};
pub use scram::fits;
pub use value::{identifier, literal, sql};
pub use wire::{Answer, Complaint, Connection};

/// How the server is reached, the same for every module.
#[derive(Args)]
pub struct Login {
    /// Who logs in
    #[arg(default = "postgres", alias = "login")]
    pub login_user: String,
    /// Password of who logs in
    #[arg(default = "", secret)]
    pub login_password: String,
    /// Host of the server; its socket when there is none
    #[arg(default = "", alias = "host")]
    pub login_host: String,
    /// Folder of the server's socket
    #[arg(default = "", alias = "unix_socket")]
    pub login_unix_socket: String,
    /// Port of the server
    #[arg(default = "5432", alias = "port")]
    pub login_port: u64,
    /// How far the connection is secured
    #[arg(default = "prefer")]
    pub ssl_mode: SslMode,
    /// File with the certificates of authorities to trust
    #[arg(alias = "ssl_rootcert")]
    pub ca_cert: Option<String>,
    /// Certificate of who logs in
    pub ssl_cert: Option<String>,
    /// Key of the certificate
    pub ssl_key: Option<String>,
    /// Further parameters of the connection
    pub connect_params: Option<JsonMap>,
    /// Role to take on after the login
    pub session_role: Option<String>,
    /// Whether arguments may hold what looks like SQL
    #[arg(default = "true")]
    pub trust_input: bool,
}

/// How far a connection is secured.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    Allow,
    Disable,
    Prefer,
    Require,
    #[choice("verify-ca")]
    VerifyCa,
    #[choice("verify-full")]
    VerifyFull,
}

/// Where servers keep their socket.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

impl Login {
    /// Logs in to a database; the failure is in the reference's words.
    pub fn connect(&self, host: &Host, database: &str) -> Result<Connection> {
        self.try_connect(host, database)
            .map_err(|reason| Failure::new(format!("unable to connect to database: {reason}")))
    }

    /// Logs in to a database; the error is the reason.
    pub fn try_connect(
        &self,
        host: &Host,
        database: &str,
    ) -> std::result::Result<Connection, String> {
        if let Some(bad) = self.suspicious() {
            return Err(format!("Passed input '{bad}' is potentially dangerous"));
        }
        let limit = Duration::from_secs(30);
        let port = u16::try_from(self.login_port)
            .map_err(|_| format!("invalid port number: \"{}\"", self.login_port))?;
        let local = self.login_host.is_empty() || self.login_host.starts_with('/');
        let stream = if local {
            let folders: Vec<&str> =
                match (self.login_unix_socket.as_str(), self.login_host.as_str()) {
                    ("", "") => SOCKETS.to_vec(),
                    ("", folder) | (folder, _) => vec![folder],
                };
            let name = format!(".s.PGSQL.{port}");
            let there = folders
                .iter()
                .map(|folder| format!("{folder}/{name}"))
                .find(|path| host.exists(path));
            let path = there.unwrap_or_else(|| format!("{}/{name}", folders[0]));
            crate::http::connect_unix(host, &path, limit).map_err(|error| {
                format!(
                    "connection to server on socket \"{path}\" failed: {}\n\tIs the server running locally and accepting connections on that socket?\n",
                    crate::host::reason_of(&error)
                )
            })?
        } else {
            crate::http::connect_plain(host, &self.login_host, port, limit).map_err(|error| {
                format!(
                    "connection to server at \"{}\", port {port} failed: {}\n\tIs the server running on that host and accepting TCP/IP connections?\n",
                    self.login_host,
                    crate::host::reason_of(&error)
                )
            })?
        };
        let stream = if local || matches!(self.ssl_mode, SslMode::Disable | SslMode::Allow) {
            stream
        } else {
            self.secured(host, stream)?
        };
        let mut parameters = vec![
            ("user".to_owned(), self.login_user.clone()),
            ("database".to_owned(), database.to_owned()),
            ("client_encoding".to_owned(), "UTF8".to_owned()),
            ("application_name".to_owned(), "windlass".to_owned()),
        ];
        for (key, value) in self.connect_params.iter().flatten() {
            // The others are about how the client connects, which is ours.
            if matches!(key.as_str(), "application_name" | "options" | "client_encoding") {
                parameters.retain(|(known, _)| known != key);
                parameters.push((key.clone(), crate::spec::python_str(value)));
            }
        }
        let password = Some(self.login_password.as_str()).filter(|password| !password.is_empty());
        let mut connection = Connection::open(stream, &parameters, password)
            .map_err(|error| format!("connection to server failed: {error}\n"))?;
        if let Some(role) = &self.session_role {
            connection
                .run(&format!("SET ROLE {}", identifier(role)))
                .map_err(|error| format!("Could not switch role: {error}"))?;
        }
        Ok(connection)
    }

    fn suspicious(&self) -> Option<&str> {
        if self.trust_input {
            return None;
        }
        self.session_role.as_deref().filter(|text| is_suspicious(text))
    }

    /// Secures the connection where the server can.
    fn secured(
        &self,
        host: &Host,
        mut stream: Box<dyn crate::http::Duplex>,
    ) -> std::result::Result<Box<dyn crate::http::Duplex>, String> {
        let can = wire::ask_for_tls(&mut stream).map_err(|error| error.to_string())?;
        if !can {
            return if self.ssl_mode == SslMode::Prefer {
                Ok(stream)
            } else {
                Err("server does not support SSL, but SSL was required".to_owned())
            };
        }
        let verify = matches!(self.ssl_mode, SslMode::VerifyCa | SslMode::VerifyFull);
        let trust = crate::http::Trust {
            verify,
            authorities: self.ca_cert.clone(),
            client_cert: self.ssl_cert.clone(),
            client_key: self.ssl_key.clone(),
        };
        crate::http::secure(host, &trust, &self.login_host, stream).map_err(|error| error.message)
    }
}

/// Returns whether a text holds what could end one statement and begin another.
pub fn is_suspicious(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = [
        "; drop",
        "; select",
        "; insert",
        "; update",
        "; delete",
        "; alter",
        "; create",
        "union select",
        "or 1=1",
        "--",
        "/*",
    ];
    text.contains('"') && text.contains(';') || words.iter().any(|word| lower.contains(word))
}

/// Returns a failure where one of these texts is suspicious and not trusted.
pub fn check_input(login: &Login, texts: &[&str]) -> Result<()> {
    if login.trust_input {
        return Ok(());
    }
    let found: Vec<&str> = texts.iter().copied().filter(|text| is_suspicious(text)).collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("Passed input '{}' is potentially dangerous", found.join(", "))))
}

/// Returns the first value of the first row, as text.
pub fn scalar(answer: &Answer) -> Option<String> {
    answer.rows.first()?.first()?.clone()
}

/// Returns a row of an answer as a dictionary of its columns.
pub fn row_json(answer: &Answer, row: &[Option<String>]) -> Json {
    let pairs = answer.columns.iter().zip(row).map(|((name, kind), value)| {
        (name.clone(), value.as_deref().map_or(Json::Null, |text| value::typed(*kind, text)))
    });
    Json::Object(pairs.collect())
}
