//! `postgresql_schema`: schemas of a database.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, dotted, identifier, literal},
};

/// Adds and removes schemas of a PostgreSQL database
///
/// # Examples
/// ```yaml
/// - name: Have a schema for the application
///   community.postgresql.postgresql_schema:
///     login_db: app
///     name: reports
///     owner: app
///
/// - name: Remove one with all that is in it
///   community.postgresql.postgresql_schema:
///     login_db: app
///     name: old
///     state: absent
///     cascade_drop: true
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_schema"))]
pub struct Args {
    /// Name of the schema
    #[arg(alias = "name")]
    schema: String,
    /// Role that owns it
    #[arg(default = "")]
    owner: String,
    /// Database to log in to
    #[arg(default = "postgres", alias = "db", alias = "database")]
    login_db: String,
    /// Whether what is in it is removed, too
    #[arg(default = "false")]
    cascade_drop: bool,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
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
    let comment = args.comment.as_deref();
    let texts = [Some(args.schema.as_str()), Some(args.owner.as_str()), comment];
    check_input(&args.login, &texts.into_iter().flatten().collect::<Vec<_>>())?;
    let mut session = Session::looking(&args.login, host, Some(&args.login_db))?;
    bring(&args, &mut session).map_err(|failure| {
        let reason = failure.message;
        let reason = reason.split_once("': ").map_or(reason.as_str(), |(_, reason)| reason);
        Failure::new(format!("Database query failed: {reason}"))
    })?;
    let outcome = Outcome::changed_if(!session.queries.is_empty()).with("schema", args.schema);
    Ok(if host.checking() { outcome } else { outcome.with("queries", session.queries) })
}

fn bring(args: &Args, session: &mut Session) -> Result<()> {
    let schema = literal(&args.schema);
    // A name may be quoted already.
    let name = if args.schema.starts_with('"') {
        dotted(&args.schema, "schema", 2)?
    } else {
        identifier(&args.schema)
    };
    let known = session.rows(&format!(
        "SELECT schema_owner, obj_description((SELECT oid FROM pg_namespace WHERE nspname = {schema}), 'pg_namespace') \
         FROM information_schema.schemata WHERE schema_name = {schema}"
    ))?;
    let known = known.rows.into_iter().next();
    if args.state == State::Absent {
        if known.is_some() {
            let cascade = if args.cascade_drop { " CASCADE" } else { "" };
            session.change(format!("DROP SCHEMA {name}{cascade}"))?;
        }
        return Ok(());
    }
    let owner = identifier(&args.owner);
    let mut said = None;
    match known {
        None if args.owner.is_empty() => session.change(format!("CREATE SCHEMA {name}"))?,
        None => session.change(format!("CREATE SCHEMA {name} AUTHORIZATION {owner}"))?,
        Some(row) => {
            if !args.owner.is_empty() && row[0].as_deref() != Some(args.owner.as_str()) {
                session.change(format!("ALTER SCHEMA {name} OWNER TO {owner}"))?;
            }
            said = Some(row[1].clone().unwrap_or_default());
        }
    }
    if let Some(comment) = args.comment.as_ref().filter(|comment| said.as_ref() != Some(comment)) {
        session.change(format!("COMMENT ON SCHEMA {name} IS {}", literal(comment)))?;
    }
    Ok(())
}
