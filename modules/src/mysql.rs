//! MySQL and MariaDB as their modules need them: a connection that runs statements, spoken to in the server's protocol.
//!
//! Invariant: a statement is one text; what it holds of the user's values is quoted by [`literal`] and [`identifier`].

mod options;
mod prove;
mod wire;

use std::time::Duration;

use windlass_macros::Args;

pub use options::Client;
pub use prove::native_hash;
pub use wire::{Answer, Complaint, Connection};

use crate::{
    host::{Failure, Host, Result},
    http::{self, Trust},
    spec::{ArgPath, Json, JsonMap, python_str},
};

/// How the server is reached, the same for every module.
#[derive(Args)]
pub struct Login {
    /// Who logs in
    pub login_user: Option<String>,
    /// Password of who logs in
    #[arg(secret)]
    pub login_password: Option<String>,
    /// Host of the server
    #[arg(default = "localhost")]
    pub login_host: String,
    /// Port of the server
    #[arg(default = "3306")]
    pub login_port: u64,
    /// Socket of a server on the same host
    pub login_unix_socket: Option<String>,
    /// File of a client's options, from which user and password come that are not given
    #[arg(default = "~/.my.cnf")]
    pub config_file: ArgPath,
    /// Seconds to wait for the connection
    #[arg(default = "30")]
    pub connect_timeout: u64,
    /// Certificate of who logs in
    #[arg(alias = "ssl_cert")]
    pub client_cert: Option<ArgPath>,
    /// Key of the certificate
    #[arg(alias = "ssl_key")]
    pub client_key: Option<ArgPath>,
    /// File with the certificates of authorities to trust
    #[arg(alias = "ssl_ca")]
    pub ca_cert: Option<ArgPath>,
    /// Whether the server's certificate must be for its name
    pub check_hostname: Option<bool>,
}

/// Where servers keep their socket.
const SOCKETS: [&str; 4] = [
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];

impl Login {
    /// Returns user, password and place as arguments and the file of options say.
    pub fn client(&self, host: &Host) -> Result<Client> {
        Client::of(self, host)
    }

    /// Logs in; the failure is in the reference's words.
    pub fn connect(&self, host: &Host, database: Option<&str>) -> Result<Connection> {
        self.try_connect(host, database).map_err(|error| {
            Failure::new(format!(
                "unable to connect to database, check login_user and login_password are correct or {} has the credentials. Exception message: {error}",
                &*self.config_file
            ))
        })
    }

    /// Logs in as root without a password.
    pub fn as_root(&self, host: &Host) -> std::result::Result<Connection, String> {
        let mut client = self.client(host).map_err(|failure| failure.message)?;
        "root".clone_into(&mut client.user);
        client.password.clear();
        self.log_in(host, &client, None)
    }

    /// Returns whether a user can log in with a password.
    pub fn can_log_in(&self, host: &Host, user: &str, password: &str) -> bool {
        let Ok(mut client) = self.client(host) else { return false };
        user.clone_into(&mut client.user);
        password.clone_into(&mut client.password);
        self.log_in(host, &client, None).is_ok()
    }

    /// Logs in; the error is what the server or the system says.
    pub fn try_connect(
        &self,
        host: &Host,
        database: Option<&str>,
    ) -> std::result::Result<Connection, String> {
        let client = self.client(host).map_err(|failure| failure.message)?;
        self.log_in(host, &client, database)
    }

    fn log_in(
        &self,
        host: &Host,
        client: &Client,
        database: Option<&str>,
    ) -> std::result::Result<Connection, String> {
        let limit = Duration::from_secs(self.connect_timeout.max(1));
        let local = client.socket.is_some() || client.host == "localhost";
        let cannot = |error: std::io::Error| {
            let told = crate::host::errno_text(&error);
            format!("(2003, \"Can't connect to MySQL server on '{}' ({told})\")", client.host)
        };
        let there = client.socket.clone().or_else(|| {
            let found = SOCKETS.iter().find(|path| local && host.exists(path));
            found.map(|path| (*path).to_owned())
        });
        let (stream, socket) = match &there {
            Some(path) => http::connect_unix(host, path, limit).map_err(cannot)?,
            None => {
                let port = u16::try_from(client.port)
                    .map_err(|_| format!("invalid port number: \"{}\"", client.port))?;
                http::connect_plain(host, &client.host, port, limit).map_err(cannot)?
            }
        };
        let text = |path: &Option<ArgPath>| path.as_ref().map(|path| path.0.clone());
        let trust = Trust {
            verify: self.ca_cert.is_some(),
            any_name: self.check_hostname == Some(false),
            address_in_subject: false,
            authorities: text(&self.ca_cert),
            client_cert: text(&self.client_cert),
            client_key: text(&self.client_key),
        };
        let wants_tls = self.ca_cert.is_some() || self.client_cert.is_some();
        let asked = wire::Asked {
            user: &client.user,
            password: &client.password,
            database,
            on_socket: there.is_some(),
            wants_tls,
        };
        let connection = Connection::open(stream, &asked, &|stream| {
            http::secure(host, &trust, &client.host, stream).map_err(|error| error.message)
        });
        let connection = connection.map_err(|complaint| complaint.to_string())?;
        // Statements may take longer than the way to the server.
        socket.be_patient().map_err(cannot)?;
        Ok(connection)
    }
}

/// Gives the session the settings that a task names.
pub fn session(connection: &mut Connection, settings: Option<&JsonMap>) -> Result<()> {
    for (name, value) in settings.into_iter().flatten() {
        let statement = format!("SET SESSION {} = {}", identifier(name), sql(value));
        connection
            .run(&statement)
            .map_err(|error| Failure::new(format!("Failed to execute {statement}: {error}")))?;
    }
    Ok(())
}

/// Returns whether it looks like what MySQL keeps of a password.
pub fn is_native_hash(text: &str) -> bool {
    text.strip_prefix('*').is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// Quotes a name.
pub fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Quotes a text as a value.
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\0' => out.push_str("\\0"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x1a' => out.push_str("\\Z"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Returns a value as a statement has it.
pub fn sql(value: &Json) -> String {
    match value {
        Json::Null => "NULL".to_owned(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) => number.to_string(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(sql).collect();
            format!("({})", items.join(","))
        }
        other => literal(&python_str(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_names_are_quoted() {
        assert_eq!(literal("it's\\"), r"'it\'s\\'");
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(sql(&serde_json::json!([1, "a", null])), "(1,'a',NULL)");
    }
}
