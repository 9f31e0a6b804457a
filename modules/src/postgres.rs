//! PostgreSQL as its modules need it: a connection that runs statements, spoken to in the server's own protocol.
//!
//! Invariant: a statement is one text; what it holds of the user's values is quoted by [`literal`] and [`identifier`].

mod filling;
mod reach;
mod scram;
mod session;
mod value;
mod wire;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Result},
    spec::{ArgPath, Json, JsonMap},
};
pub use filling::Values;
use reach::Way;
pub use scram::fits;
pub use session::{Session, warn_default};
pub use value::{bare, dotted, identifier, literal, sql};
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
    pub ssl_cert: Option<ArgPath>,
    /// Key of the certificate
    pub ssl_key: Option<ArgPath>,
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

impl Login {
    /// Logs in to a database and takes on the role; the failure is in the reference's words. Without a name it is
    /// the database that the library chooses.
    pub fn connect(&self, host: &Host, database: &str) -> Result<Connection> {
        let reached = Way::of(self, host, database).and_then(|way| way.connect());
        self.as_role(reached.map_err(unreachable)?)
    }

    /// Logs in with this encoding.
    pub fn connect_as(&self, host: &Host, database: &str, encoding: &str) -> Result<Connection> {
        let reached = Way::of(self, host, database).and_then(|mut way| {
            way.encode_as(encoding);
            way.connect()
        });
        self.as_role(reached.map_err(unreachable)?)
    }

    /// Logs in to a database; the error is the reason.
    pub fn reach(&self, host: &Host, database: &str) -> std::result::Result<Connection, String> {
        Way::of(self, host, database)?.connect()
    }

    /// Takes on the role of the session.
    pub fn as_role(&self, mut connection: Connection) -> Result<Connection> {
        if let Some(role) = &self.session_role {
            connection
                .run(&format!("SET ROLE {}", identifier(role)))
                .map_err(|error| Failure::new(format!("Could not switch role: {error}")))?;
        }
        Ok(connection)
    }
}

fn unreachable(reason: String) -> Failure {
    Failure::new(format!("unable to connect to database: {reason}"))
}

/// Returns whether a text holds what could end one statement and begin another.
pub fn is_suspicious(text: &str) -> bool {
    let verbs = ["select", "insert", "update", "delete", "drop", "truncate", "alter"];
    let lower = text.to_lowercase();
    let quoted = lower.split_once(['\'', '"']).map_or("", |(_, rest)| rest);
    let behind = |mark: &str| lower.split_once(mark).map_or("", |(_, rest)| rest);
    verbs.iter().any(|verb| behind(";").contains(verb))
        || behind("union").contains("select")
        || quoted.contains("--")
}

/// Returns a failure where one of these texts, or the role, is suspicious and not trusted.
pub fn check_input(login: &Login, texts: &[&str]) -> Result<()> {
    if login.trust_input {
        return Ok(());
    }
    let texts = texts.iter().copied().chain(login.session_role.as_deref());
    let found: Vec<&str> = texts.filter(|text| is_suspicious(text)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_begin_another_statement_is_suspicious() {
        let check = |texts: &[&str], expected: bool| {
            for text in texts {
                assert_eq!(is_suspicious(text), expected, "{text}");
            }
        };
        check(&["a; DROP b", ";select", "'; --", "union all select", "a; xselect"], true);
        check(&["a'--b", "a\" x--", "''--"], true);
        check(
            &["a;--", "--'", "a;b", "a--b", "a/*b", "or 1=1", "select", "a union b", "; create b"],
            false,
        );
    }
}
