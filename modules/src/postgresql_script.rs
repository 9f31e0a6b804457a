//! `postgresql_script`: a file of statements, and what the last of them gives.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result, errno_of},
    postgres::{Login, Values, check_input, identifier, row_json, warn_default},
    spec::{ArgPath, Json},
};

/// Runs a file of statements on a PostgreSQL server
///
/// In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Install the functions of the reports
///   community.postgresql.postgresql_script:
///     login_db: shop
///     path: /opt/shop/sql/reports.sql
///     search_path: [reports, public]
///
/// - name: Run the script of the night for one region
///   community.postgresql.postgresql_script:
///     login_db: shop
///     path: /opt/shop/sql/night.sql
///     named_args:
///       region: north
///       months: [1, 2, 3]
///   register: night
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", mutually_exclusive("positional_args", "named_args"))]
pub struct Args {
    /// File of the statements
    path: Option<ArgPath>,
    #[arg(flatten)]
    values: Values,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    /// Encoding of the connection
    encoding: Option<String>,
    /// Schemas in which names are looked for
    search_path: Vec<String>,
    #[arg(flatten)]
    login: Login,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("community.postgresql.postgresql_script"));
    }
    check_input(&args.login, &[])?;
    let path = args.path.as_deref().unwrap_or_default();
    let script = host.read_whole(path).map_err(|error| {
        Failure::new(format!("Cannot read file '{path}' : {}", errno_of(&error, path)))
    })?;
    let script = crate::text::from_bytes(script);
    let database = args.login_db.as_deref().unwrap_or_default();
    warn_default(host, database);
    let mut connection = match &args.encoding {
        Some(encoding) => args.login.connect_as(host, database, encoding)?,
        None => args.login.connect(host, database)?,
    };
    if !args.search_path.is_empty() {
        let names: Vec<String> =
            args.search_path.iter().map(|name| identifier(name.trim_matches(' '))).collect();
        let statement = format!("SET search_path TO {}", names.join(","));
        connection.run(&statement).map_err(|error| Failure::new(error.to_string()))?;
    }
    args.values.with_arrays();
    let failed = |error: &dyn std::fmt::Display| {
        let values = args.values.shown();
        Failure::new(format!("Cannot execute SQL '{script}' {values}: {error}"))
    };
    let statement = args.values.fill(&script).map_err(|error| failed(&error))?;
    let answers = connection.run_all(&statement).map_err(|error| failed(&error))?;
    let Some(answer) = answers.last().filter(|_| !answers.iter().all(|answer| answer.empty)) else {
        return Err(failed(&"can't execute an empty query"));
    };
    let rows: Vec<Json> = answer.rows.iter().map(|row| row_json(answer, row)).collect();
    let counted = answer.status.rsplit(' ').next().and_then(|count| count.parse::<i64>().ok());
    let rows_found = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let count = counted.unwrap_or(if answer.columns.is_empty() { -1 } else { rows_found });
    Ok(Outcome::changed_if(true)
        .with("query", statement)
        .with("statusmessage", answer.status.clone())
        .with("query_result", if rows.is_empty() { serde_json::json!({}) } else { rows.into() })
        .with("rowcount", count))
}
