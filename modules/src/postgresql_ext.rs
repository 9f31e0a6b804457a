//! `postgresql_ext`: extensions of a database.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Connection, Login, check_input, identifier, literal, scalar},
    spec::Json,
};

/// Adds and removes extensions of a PostgreSQL database
///
/// # Examples
/// ```yaml
/// - name: Let the database know places
///   community.postgresql.postgresql_ext:
///     name: postgis
///     login_db: maps
///
/// - name: Bring it up to the version that is installed on the host
///   community.postgresql.postgresql_ext:
///     name: postgis
///     login_db: maps
///     version: latest
///
/// - name: Remove one with all that builds on it
///   community.postgresql.postgresql_ext:
///     name: hstore
///     login_db: maps
///     state: absent
///     cascade: true
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_ext"))]
pub struct Args {
    /// Name of the extension
    #[arg(name = "ext", alias = "name")]
    name: String,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Schema in which it is put
    schema: Option<String>,
    /// Version to have, or `latest`
    version: Option<String>,
    /// Whether what it needs is added, or what needs it removed
    #[arg(default = "false")]
    cascade: bool,
    /// Comment on it
    comment: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let texts = [Some(args.name.as_str()), args.schema.as_deref(), args.version.as_deref()];
    check_input(&args.login, &texts.into_iter().flatten().collect::<Vec<_>>())?;
    if args.version.as_deref() == Some("latest") && args.name == "postgis" {
        host.warn("the latest version of `postgis` may need its own steps to update");
    }
    let mut connection = args.login.connect(host, &args.login_db)?;
    let mut work = Work { args: &args, host, queries: Vec::new(), connection: &mut connection };
    let before = work.installed()?;
    let Some(default) = work.default_version()? else {
        return Err(Failure::new(format!("Extension {} is not available", args.name)));
    };
    let after = work.bring(before.as_deref(), default)?;
    let queries = std::mem::take(&mut work.queries);
    let changed = !queries.is_empty();
    Ok(Outcome::changed_if(changed)
        .with("db", args.login_db.as_str())
        .with("ext", args.name.as_str())
        .with("prev_version", before.unwrap_or_default())
        .with("version", after)
        .with("queries", queries))
}

struct Work<'a> {
    args: &'a Args,
    host: &'a Host,
    queries: Vec<Json>,
    connection: &'a mut Connection,
}

impl Work<'_> {
    fn ask(&mut self, statement: &str) -> Result<Option<String>> {
        let answer = self.connection.run(statement);
        answer
            .map(|answer| scalar(&answer))
            .map_err(|error| Failure::new(format!("Cannot execute SQL '{statement}': {error}")))
    }

    fn installed(&mut self) -> Result<Option<String>> {
        let name = literal(&self.args.name);
        self.ask(&format!("SELECT extversion FROM pg_catalog.pg_extension WHERE extname = {name}"))
    }

    fn default_version(&mut self) -> Result<Option<String>> {
        let name = literal(&self.args.name);
        self.ask(&format!(
            "SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = {name}"
        ))
    }

    fn change(&mut self, statement: String) -> Result<()> {
        if !self.host.checking() {
            self.connection.run(&statement).map_err(|error| {
                Failure::new(format!("Management of PostgreSQL extension failed: {error}"))
            })?;
        }
        self.queries.push(statement.into());
        Ok(())
    }

    /// Brings the extension to what it should be; returns its version then, none where it is not there.
    fn bring(&mut self, installed: Option<&str>, default: String) -> Result<String> {
        let (args, name) = (self.args, identifier(&self.args.name));
        let cascade = if args.cascade { " CASCADE" } else { "" };
        let version = match (args.state, installed) {
            (State::Absent, None) => return Ok(String::new()),
            (State::Absent, Some(_)) => {
                self.change(format!("DROP EXTENSION {name}{cascade}"))?;
                return Ok(String::new());
            }
            (State::Present, None) => {
                let mut statement = format!("CREATE EXTENSION {name}");
                if let Some(schema) = &args.schema {
                    statement.push_str(&format!(" WITH SCHEMA {}", identifier(schema)));
                }
                let given = args.version.as_deref().filter(|version| *version != "latest");
                if let Some(version) = given {
                    self.must_be_available(version)?;
                    statement.push_str(&format!(" VERSION {}", literal(version)));
                }
                self.change(format!("{statement}{cascade}"))?;
                given.map_or(default, str::to_owned)
            }
            (State::Present, Some(installed)) => self.update(installed, &name, default)?,
        };
        if let Some(comment) = &args.comment {
            let now = self.ask(&format!(
                "SELECT obj_description(oid, 'pg_extension') FROM pg_catalog.pg_extension WHERE extname = {}",
                literal(&args.name)
            ))?;
            if now.unwrap_or_default() != *comment {
                let comment = literal(comment);
                self.change(format!("COMMENT ON EXTENSION {name} IS {comment}"))?;
            }
        }
        Ok(version)
    }

    fn must_be_available(&mut self, version: &str) -> Result<()> {
        let known = self.ask(&format!(
            "SELECT 1 FROM pg_catalog.pg_available_extension_versions WHERE name = {} AND version = {}",
            literal(&self.args.name),
            literal(version)
        ))?;
        match known {
            Some(_) => Ok(()),
            None => Err(Failure::new(format!("Passed version '{version}' is not available"))),
        }
    }

    fn update(&mut self, installed: &str, name: &str, default: String) -> Result<String> {
        let Some(version) = &self.args.version else { return Ok(installed.to_owned()) };
        if version == "latest" {
            if default != installed {
                self.change(format!("ALTER EXTENSION {name} UPDATE"))?;
            }
            return Ok(default);
        }
        if version != installed {
            let known = self.ask(&format!(
                "SELECT 1 FROM pg_catalog.pg_extension_update_paths({}) WHERE source = {} AND target = {}",
                literal(&self.args.name),
                literal(installed),
                literal(version)
            ))?;
            if known.is_none() {
                return Err(Failure::new(format!(
                    "Passed version '{version}' has no valid update path from the currently installed version '{installed}' or the passed version is not available"
                )));
            }
            self.change(format!("ALTER EXTENSION {name} UPDATE TO {}", literal(version)))?;
        }
        Ok(version.clone())
    }
}
