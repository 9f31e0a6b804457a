//! A connection on behalf of a module: what it asks, what it changes, and whether that stays.

use super::{Answer, Connection, Login, scalar};
use crate::{
    host::{Failure, Host, Result},
    spec::Json,
};

/// A connection whose changes are told, in a transaction that check mode takes back.
pub struct Session {
    pub connection: Connection,
    /// The statements that changed something.
    pub queries: Vec<Json>,
    checking: bool,
    /// Whether changes are tried in check mode, too, to be taken back.
    tries: bool,
}

impl Session {
    /// Logs in; in check mode what changes is tried and taken back.
    pub fn trying(login: &Login, host: &Host, database: Option<&str>) -> Result<Session> {
        let mut session = Session::looking(login, host, database)?;
        session.begin()?;
        Ok(session)
    }

    /// Begins a transaction.
    pub fn begin(&mut self) -> Result<()> {
        self.tries = true;
        self.rows("BEGIN").map(drop)
    }

    /// Logs in; in check mode nothing that changes is sent, for what can be in no transaction.
    pub fn looking(login: &Login, host: &Host, database: Option<&str>) -> Result<Session> {
        let connection = login.connect(host, database.unwrap_or_default())?;
        Ok(Session::of(connection, host))
    }

    /// Logs in to look around, as who logs in and in no other role.
    pub fn without_role(login: &Login, host: &Host, database: &str) -> Result<Session> {
        let reached = login.reach(host, database);
        let reached =
            reached.map_err(|why| Failure::new(format!("unable to connect to database: {why}")));
        Ok(Session::of(reached?, host))
    }

    fn of(connection: Connection, host: &Host) -> Session {
        Session { connection, queries: Vec::new(), checking: host.checking(), tries: false }
    }

    /// Asks something.
    pub fn rows(&mut self, statement: &str) -> Result<Answer> {
        self.connection
            .run(statement)
            .map_err(|error| Failure::new(format!("Cannot execute SQL '{statement}': {error}")))
    }

    /// Asks for one value.
    pub fn value(&mut self, statement: &str) -> Result<Option<String>> {
        self.rows(statement).map(|answer| scalar(&answer))
    }

    /// Asks for the values of one column.
    pub fn column(&mut self, statement: &str) -> Result<Vec<String>> {
        let answer = self.rows(statement)?;
        Ok(answer.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// Changes something, and tells it.
    pub fn change(&mut self, statement: impl Into<String>) -> Result<()> {
        let statement = statement.into();
        if self.tries || !self.checking {
            self.rows(&statement)?;
        }
        self.queries.push(statement.into());
        Ok(())
    }

    /// Changes something by a statement whose failure is told with the names of its values, rather than with them.
    pub fn change_by(&mut self, statement: impl Into<String>, shown: &str) -> Result<()> {
        let statement = statement.into();
        self.change(statement.as_str()).map_err(|mut failure| {
            failure.message = failure.message.replacen(&statement, shown, 1);
            failure
        })
    }

    /// Ends the transaction: what was changed stays, or in check mode goes.
    pub fn end(&mut self) -> Result<()> {
        if self.tries {
            self.rows(if self.checking { "ROLLBACK" } else { "COMMIT" })?;
        }
        Ok(())
    }
}

/// Warns where a task names no database.
pub fn warn_default(host: &Host, database: &str) {
    if database.is_empty() {
        host.warn("Database name has not been passed, used default database to connect to.");
    }
}
