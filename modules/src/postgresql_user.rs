//! `postgresql_user`: roles that log in.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Answer, Connection, Login, check_input, fits, identifier, literal, scalar},
    spec::{Json, JsonMap, python_str},
};

/// Adds, changes and removes users of PostgreSQL
///
/// # Examples
/// ```yaml
/// - name: Have a user for the application
///   community.postgresql.postgresql_user:
///     name: app
///     password: "{{ app_password }}"
///     role_attr_flags: CREATEDB,NOSUPERUSER
///
/// - name: Let a report run for as long as it takes, over few connections
///   community.postgresql.postgresql_user:
///     name: report
///     conn_limit: 3
///     configuration:
///       statement_timeout: "0"
///       search_path: reporting
///
/// - name: Remove somebody who left
///   community.postgresql.postgresql_user:
///     name: bob
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_user"))]
pub struct Args {
    /// Name of the user
    #[arg(name = "user", alias = "name")]
    name: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Password, plain or as the server keeps it; empty for none
    #[arg(secret)]
    password: Option<String>,
    /// Whether the server keeps the password encrypted
    #[arg(default = "true")]
    encrypted: bool,
    /// Whether a password that is there stays as it is
    #[arg(default = "false")]
    no_password_changes: bool,
    /// What it may, as `CREATEDB,NOSUPERUSER`
    #[arg(default = "")]
    role_attr_flags: String,
    /// When the password expires, or `infinity`
    expires: Option<String>,
    /// How often it may be connected at a time
    conn_limit: Option<i64>,
    /// Comment on the user
    comment: Option<String>,
    /// Settings of the user's sessions
    configuration: Option<JsonMap>,
    /// Whether values of settings are quoted
    #[arg(default = "true")]
    quote_configuration_values: bool,
    /// Whether settings that are not named are taken away
    #[arg(default = "false")]
    reset_unspecified_configuration: bool,
    /// Whether it is a failure when it cannot be removed
    #[arg(default = "true", alias = "fail_on_role")]
    fail_on_user: bool,
    /// Database to log in to
    #[arg(default = "", alias = "db")]
    login_db: String,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// What a user may, and the column that says it.
const FLAGS: [(&str, &str); 7] = [
    ("SUPERUSER", "rolsuper"),
    ("CREATEROLE", "rolcreaterole"),
    ("CREATEDB", "rolcreatedb"),
    ("INHERIT", "rolinherit"),
    ("LOGIN", "rolcanlogin"),
    ("REPLICATION", "rolreplication"),
    ("BYPASSRLS", "rolbypassrls"),
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    check_input(
        &args.login,
        &[
            &args.name,
            &args.role_attr_flags,
            args.expires.as_deref().unwrap_or_default(),
            args.comment.as_deref().unwrap_or_default(),
        ],
    )?;
    let flags = flags(&args.role_attr_flags)?;
    if args.state == State::Present && args.name.replace("\"\"", "").contains('"') {
        return Err(Failure::new("User escaped identifiers must escape extra quotes"));
    }
    let mut connection = args.login.connect(host, &args.login_db)?;
    let mut work =
        Work { args: &args, host, flags, queries: Vec::new(), connection: &mut connection };
    let mut outcome = Outcome::default();
    if args.state == State::Absent {
        match work.remove() {
            Ok(false) => (),
            Ok(true) => outcome = Outcome::changed_if(true).with("user_removed", true),
            Err(_) if !args.fail_on_user => outcome = outcome.with("user_removed", false),
            Err(failure) => {
                let reason = failure.message;
                return Err(Failure::new(format!("Unable to remove user: {reason}")));
            }
        }
    } else {
        work.keep()?;
        outcome.changed = !work.queries.is_empty();
    }
    let queries = std::mem::take(&mut work.queries);
    Ok(outcome.with("user", args.name.as_str()).with("queries", queries))
}

/// Reads what a user may: each name once, with whether it is meant.
fn flags(text: &str) -> Result<Vec<(usize, bool)>> {
    let mut found: Vec<(usize, bool)> = Vec::new();
    let words: Vec<String> =
        text.split(',').map(str::to_uppercase).filter(|word| !word.is_empty()).collect();
    let of = |word: &str| {
        FLAGS.iter().position(|(name, _)| *name == word).map(|at| (at, true)).or_else(|| {
            let word = word.strip_prefix("NO")?;
            FLAGS.iter().position(|(name, _)| *name == word).map(|at| (at, false))
        })
    };
    let unknown: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| of(word).is_none()).collect();
    if !unknown.is_empty() {
        return Err(Failure::new(format!(
            "Invalid role_attr_flags specified: {}",
            unknown.join(" ")
        )));
    }
    for (at, meant) in words.iter().filter_map(|word| of(word)) {
        if found.contains(&(at, !meant)) {
            return Err(Failure::new(format!(
                "Conflicting role_attr_flags specified: {}",
                words.join(" ")
            )));
        }
        if !found.contains(&(at, meant)) {
            found.push((at, meant));
        }
    }
    Ok(found)
}

struct Work<'a> {
    args: &'a Args,
    host: &'a Host,
    flags: Vec<(usize, bool)>,
    /// As they are told: without secrets.
    queries: Vec<Json>,
    connection: &'a mut Connection,
}

impl Work<'_> {
    fn ask(&mut self, statement: &str) -> Result<Answer> {
        self.connection.run(statement).map_err(|error| Failure::new(error.to_string()))
    }

    /// Runs a statement that changes something; `shown` has names where values are secret.
    fn change(&mut self, shown: String) -> Result<()> {
        if !self.host.checking() {
            let args = self.args;
            let password = literal(args.password.as_deref().unwrap_or_default());
            let expires = literal(args.expires.as_deref().unwrap_or_default());
            let statement = shown.replace("%(expires)s", &expires);
            let statement = match statement.split_once("%(password)s") {
                Some((before, after)) => format!("{before}{password}{after}"),
                None => statement,
            };
            self.ask(&statement)?;
        }
        self.queries.push(shown.into());
        Ok(())
    }

    fn flag_words(&self) -> String {
        let words: Vec<String> = self
            .flags
            .iter()
            .map(|(at, meant)| format!("{}{}", if *meant { "" } else { "NO" }, FLAGS[*at].0))
            .collect();
        words.join(" ")
    }

    fn remove(&mut self) -> Result<bool> {
        let name = literal(&self.args.name);
        let known =
            self.ask(&format!("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {name}"))?;
        if known.rows.is_empty() {
            return Ok(false);
        }
        if !self.host.checking() {
            let statement = format!("DROP USER {}", identifier(&self.args.name));
            self.queries.push(statement.as_str().into());
            self.ask(&statement)?;
        }
        Ok(true)
    }

    fn keep(&mut self) -> Result<()> {
        let args = self.args;
        let columns: Vec<&str> = FLAGS.iter().map(|(_, column)| *column).collect();
        let expires = args.expires.as_ref().map_or_else(
            || "true".to_owned(),
            |expires| {
                format!("rolvaliduntil IS NOT DISTINCT FROM {}::timestamptz", literal(expires))
            },
        );
        let known = self.ask(&format!(
            "SELECT {}, rolconnlimit, {expires}, shobj_description(oid, 'pg_authid') FROM pg_catalog.pg_roles WHERE rolname = {}",
            columns.join(", "),
            literal(&args.name)
        ))?;
        match known.rows.into_iter().next() {
            None => self.create()?,
            Some(row) => self.alter(&row)?,
        }
        self.configure()
    }

    /// The parts of a statement that create and change share.
    fn common(&self, with_password: bool, with_expires: bool, with_limit: bool) -> Vec<String> {
        let args = self.args;
        let mut words = Vec::new();
        if with_password {
            if args.password.as_deref() == Some("") {
                words.push("WITH PASSWORD NULL".to_owned());
            } else {
                let kind = if args.encrypted { "ENCRYPTED" } else { "UNENCRYPTED" };
                words.push(format!("WITH {kind} PASSWORD %(password)s"));
            }
        }
        if with_expires {
            words.push("VALID UNTIL %(expires)s".to_owned());
        }
        if let Some(limit) = args.conn_limit.filter(|_| with_limit) {
            words.push(format!("CONNECTION LIMIT {limit}"));
        }
        words
    }

    fn create(&mut self) -> Result<()> {
        let args = self.args;
        let mut words = vec![format!("CREATE USER {}", identifier(&args.name))];
        words.extend(self.common(args.password.is_some(), args.expires.is_some(), true));
        words.push(self.flag_words());
        self.change(words.join(" ")).map_err(|failure| {
            let reason = failure.message;
            if is_read_only(&reason) {
                return Failure::raised(reason.trim_end());
            }
            Failure::new(format!("Unable to add user with given requirement due to : {reason}"))
        })?;
        if let Some(comment) = args.comment.as_ref().filter(|comment| !comment.is_empty()) {
            self.comment(comment)?;
        }
        Ok(())
    }

    fn comment(&mut self, comment: &str) -> Result<()> {
        let name = identifier(&self.args.name);
        self.change(format!("COMMENT ON ROLE {name} IS {}", literal(comment)))
    }

    fn alter(&mut self, row: &[Option<String>]) -> Result<()> {
        let args = self.args;
        let is = |at: usize| row.get(at).and_then(|cell| cell.as_deref()) == Some("t");
        let other_flags = self.flags.iter().any(|(at, meant)| is(*at) != *meant);
        let other_password =
            args.password.is_some() && !args.no_password_changes && self.other_password();
        let other_expiry = !is(FLAGS.len() + 1);
        let limit = args.conn_limit.map(|limit| limit.to_string());
        let other_limit = limit.is_some() && row[FLAGS.len()] != limit;
        if other_flags || other_password || other_expiry || other_limit {
            let mut words = vec![format!("ALTER USER {}", identifier(&args.name))];
            words.extend(self.common(other_password, other_expiry, other_limit));
            if other_password || !self.flags.is_empty() {
                let with = if other_password { "" } else { "WITH " };
                let at = if other_password { words.len() } else { 1 };
                words.insert(at, format!("{with}{}", self.flag_words()));
            }
            self.change(words.join(" ")).map_err(|failure| {
                let first = failure.message.lines().next().unwrap_or_default();
                if first.ends_with("is no longer supported") || is_read_only(first) {
                    return Failure::new(first);
                }
                Failure::raised(failure.message.trim_end())
            })?;
        }
        let now = row[FLAGS.len() + 2].as_deref().unwrap_or_default();
        match &args.comment {
            Some(comment) if comment != now => self.comment(comment),
            _ => Ok(()),
        }
    }

    /// Whether the server keeps another password; only a superuser may look.
    fn other_password(&mut self) -> bool {
        let args = self.args;
        let name = literal(&args.name);
        let kept = self
            .ask(&format!("SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = {name}"));
        let Ok(kept) = kept else { return true };
        let kept = scalar(&kept);
        let wanted = args.password.as_deref().unwrap_or_default();
        match kept {
            None => !wanted.is_empty(),
            Some(kept) => wanted.is_empty() || !fits(&kept, &args.name, wanted),
        }
    }

    fn configure(&mut self) -> Result<()> {
        let args = self.args;
        if args.configuration.as_ref().is_none_or(JsonMap::is_empty)
            && !args.reset_unspecified_configuration
        {
            return Ok(());
        }
        if args.configuration.iter().flatten().any(|(key, _)| key.contains(['\'', '"'])) {
            return Err(Failure::new(
                "The key of a configuration may not contain single or double quotes",
            ));
        }
        let name = identifier(&args.name);
        let now = self.ask(&format!(
            "SELECT unnest(rolconfig) FROM pg_catalog.pg_roles WHERE rolname = {}",
            literal(&args.name)
        ))?;
        let now: Vec<(String, String)> = now
            .rows
            .iter()
            .filter_map(|row| row.first()?.as_deref()?.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        for (key, value) in args.configuration.iter().flatten() {
            let value = python_str(value);
            if now.iter().any(|(known, is)| known == key && *is == value) {
                continue;
            }
            let shown = if args.quote_configuration_values { literal(&value) } else { value };
            self.change(format!("ALTER ROLE {name} SET {} TO {shown};", identifier(key)))?;
        }
        if args.reset_unspecified_configuration {
            for (key, _) in &now {
                if args.configuration.as_ref().is_none_or(|wanted| !wanted.contains_key(key)) {
                    self.change(format!("ALTER ROLE {name} RESET {};", identifier(key)))?;
                }
            }
        }
        Ok(())
    }
}

/// A session that may not write: said as it is of a user that is there, as an exception of a new one.
fn is_read_only(message: &str) -> bool {
    message.trim_end().ends_with("in a read-only transaction")
}

#[cfg(test)]
mod tests {
    use super::flags;

    #[test]
    fn flags_are_read() {
        assert_eq!(flags("createdb,NOSUPERUSER").unwrap(), [(2, true), (0, false)]);
        assert_eq!(flags("").unwrap(), []);
        assert_eq!(flags("FOO").unwrap_err().message, "Invalid role_attr_flags specified: FOO");
        assert!(flags("LOGIN,NOLOGIN").unwrap_err().message.starts_with("Conflicting"));
    }
}
