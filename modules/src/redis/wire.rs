//! A connection to a Redis server, and its protocol.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    time::Duration,
};

use windlass_macros::Args;

use crate::{
    host::{Host, reason_of},
    http::{Duplex, Trust, connect_plain, secure},
};

/// How the server is reached
#[derive(Args)]
#[expect(clippy::struct_field_names, reason = "they are names of arguments")]
pub(super) struct Login {
    /// The server
    #[arg(default = "localhost")]
    login_host: String,
    /// User to log in as
    login_user: Option<String>,
    /// Password to log in with
    #[arg(secret)]
    login_password: Option<String>,
    /// The server's port
    #[arg(default = "6379")]
    login_port: i64,
    /// Whether the connection is encrypted
    #[arg(default = "false")]
    tls: bool,
    /// Whether the server's certificate must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// File with the certificates that are trusted
    ca_certs: Option<String>,
    /// File with our certificate
    client_cert_file: Option<String>,
    /// File with its key
    client_key_file: Option<String>,
}

pub(super) struct Server(BufReader<Box<dyn Duplex>>);

impl Server {
    /// Connects, logs in, selects a database and sees that the server answers.
    pub(super) fn reach(login: &Login, db: Option<i64>, host: &Host) -> Result<Server, String> {
        let (name, number) = (login.login_host.as_str(), login.login_port);
        let refused = |error: &io::Error| match error.raw_os_error() {
            Some(code) => {
                format!("Error {code} connecting to {name}:{number}. {}.", reason_of(error))
            }
            None => format!("Error connecting to {name}:{number}. {error}."),
        };
        let port = u16::try_from(number).map_err(|_| format!("{number} is no port"))?;
        let limit = Duration::from_secs(30);
        let (mut stream, _) =
            connect_plain(host, name, port, limit).map_err(|error| refused(&error))?;
        if login.tls {
            let trust = Trust {
                verify: login.validate_certs,
                any_name: true,
                address_in_subject: false,
                authorities: login.ca_certs.clone(),
                client_cert: login.client_cert_file.clone(),
                client_key: login.client_key_file.clone(),
            };
            stream = secure(host, &trust, name, stream).map_err(|error| error.message)?;
        }
        let mut server = Server(BufReader::new(stream));
        match (&login.login_user, &login.login_password) {
            (Some(user), password) => {
                server.ask(&["AUTH", user, password.as_deref().unwrap_or_default()])?;
            }
            (None, Some(password)) => drop(server.ask(&["AUTH", password])?),
            (None, None) => (),
        }
        if let Some(db) = db.filter(|db| *db != 0) {
            server.ask(&["SELECT", &db.to_string()])?;
        }
        server.ask(&["PING"])?;
        Ok(server)
    }

    /// Sends a command; returns its answer, of a list one element a line.
    pub(super) fn ask(&mut self, words: &[&str]) -> Result<String, String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request += &format!("${}\r\n{word}\r\n", word.len());
        }
        let stream = self.0.get_mut();
        let sent = stream.write_all(request.as_bytes()).and_then(|()| stream.flush());
        sent.map_err(|error| reason_of(&error))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String, String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).map_err(|error| reason_of(&error))?;
        if read == 0 {
            return Err("Connection closed by server.".to_owned());
        }
        let Some((kind, rest)) = line.trim_end().split_at_checked(1) else {
            return Err("Protocol Error".to_owned());
        };
        let length = || rest.parse::<i64>().map_err(|_| "Protocol Error".to_owned());
        match kind {
            "+" | ":" => Ok(rest.to_owned()),
            "-" => Err(told(rest).to_owned()),
            "$" => {
                // Nothing has a length below zero.
                let Ok(length) = u64::try_from(length()?) else { return Ok(String::new()) };
                let mut bytes = Vec::new();
                let text = (&mut self.0).take(length + 2).read_to_end(&mut bytes);
                text.map_err(|error| reason_of(&error))?;
                bytes.truncate(bytes.len().saturating_sub(2));
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            "*" => (0..length()?)
                .map(|_| self.answer())
                .collect::<Result<Vec<_>, _>>()
                .map(|elements| elements.join("\n")),
            _ => Err("Protocol Error".to_owned()),
        }
    }
}

/// An error without the code that it begins with, where that is one of those that say nothing more.
fn told(error: &str) -> &str {
    const CODES: [&str; 8] =
        ["ERR", "OOM", "EXECABORT", "LOADING", "NOSCRIPT", "READONLY", "NOAUTH", "NOPERM"];
    match error.split_once(' ') {
        Some((code, rest)) if CODES.contains(&code) => rest,
        _ => error,
    }
}
