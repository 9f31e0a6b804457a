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
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql")]
pub struct Args {
    /// Name of the extension
    #[arg(alias = "ext")]
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
    work.bring(before.as_deref())?;
    let queries = std::mem::take(&mut work.queries);
    let after = if host.checking() { before.clone() } else { work.installed()? };
    let changed = !queries.is_empty();
    let text = |version: Option<String>| version.unwrap_or_default();
    Ok(Outcome::changed_if(changed)
        .with("db", args.login_db.as_str())
        .with("ext", args.name.as_str())
        .with("prev_version", text(before))
        .with("version", text(after))
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

    fn change(&mut self, statement: String) -> Result<()> {
        if !self.host.checking() {
            self.ask(&statement)?;
        }
        self.queries.push(statement.into());
        Ok(())
    }

    fn bring(&mut self, installed: Option<&str>) -> Result<()> {
        let (args, name) = (self.args, identifier(&self.args.name));
        let cascade = if args.cascade { " CASCADE" } else { "" };
        match (args.state, installed) {
            (State::Absent, None) => return Ok(()),
            (State::Absent, Some(_)) => {
                return self.change(format!("DROP EXTENSION {name}{cascade}"));
            }
            (State::Present, None) => {
                let default = self.ask(&format!(
                    "SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = {}",
                    literal(&args.name)
                ))?;
                if default.is_none() {
                    let message = format!("Extension {} is not available", args.name);
                    return Err(Failure::new(message));
                }
                let mut statement = format!("CREATE EXTENSION {name}");
                if let Some(schema) = &args.schema {
                    statement.push_str(&format!(" WITH SCHEMA {}", identifier(schema)));
                }
                if let Some(version) =
                    args.version.as_deref().filter(|version| *version != "latest")
                {
                    statement.push_str(&format!(" VERSION {}", literal(version)));
                }
                self.change(format!("{statement}{cascade}"))?;
            }
            (State::Present, Some(installed)) => {
                self.update(installed, &name)?;
                if let Some(schema) = &args.schema {
                    let now = self.ask(&format!(
                        "SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = {}",
                        literal(&args.name)
                    ))?;
                    if now.as_deref() != Some(schema) {
                        let schema = identifier(schema);
                        self.change(format!("ALTER EXTENSION {name} SET SCHEMA {schema}"))?;
                    }
                }
            }
        }
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
        Ok(())
    }

    fn update(&mut self, installed: &str, name: &str) -> Result<()> {
        let Some(version) = &self.args.version else { return Ok(()) };
        let wanted = if version == "latest" {
            self.ask(&format!(
                "SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = {}",
                literal(&self.args.name)
            ))?
        } else {
            Some(version.clone())
        };
        match wanted {
            Some(wanted) if wanted != installed => {
                self.change(format!("ALTER EXTENSION {name} UPDATE TO {}", literal(&wanted)))
            }
            _ => Ok(()),
        }
    }
}
