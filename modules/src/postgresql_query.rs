//! `postgresql_query`: statements, and what they give.

use std::time::Instant;

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Answer, Login, Values, check_input, identifier, row_json, warn_default},
    spec::{Json, python_str},
};

/// Runs statements on a PostgreSQL server
///
/// # Examples
/// ```yaml
/// - name: Count the users
///   community.postgresql.postgresql_query:
///     login_db: app
///     query: SELECT count(*) AS n FROM users WHERE kind = %s
///     positional_args: [admin]
///
/// - name: Set a price, and look at what was changed
///   community.postgresql.postgresql_query:
///     login_db: shop
///     search_path: [catalog, public]
///     query: UPDATE articles SET price = %(price)s WHERE number = %(number)s RETURNING name
///     named_args:
///       number: 4711
///       price: 12.5
///   register: articles
///
/// - name: Clean a table up, which no transaction may be around
///   community.postgresql.postgresql_query:
///     login_db: shop
///     query: VACUUM (ANALYZE) orders
///     autocommit: true
/// ```
#[derive(Args)]
#[args(
    collection = "community.postgresql",
    also("community.general.postgresql_query"),
    mutually_exclusive("positional_args", "named_args")
)]
pub struct Args {
    /// Statement, or a list of them
    query: Option<Json>,
    #[arg(flatten)]
    values: Values,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    /// Whether each statement is its own transaction
    #[arg(default = "false")]
    autocommit: bool,
    /// Encoding of the connection
    encoding: Option<String>,
    /// Schemas in which names are looked for
    search_path: Vec<String>,
    #[arg(flatten)]
    login: Login,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    args.values.with_arrays();
    if args.autocommit && host.checking() {
        return Err(Failure::new("Using autocommit is mutually exclusive with check_mode"));
    }
    check_input(&args.login, &[])?;
    let queries: Vec<String> = match &args.query {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(items)) => items.iter().map(python_str).collect(),
        Some(Json::Object(_)) => {
            return Err(Failure::new("query argument must be of type string or list"));
        }
        Some(other) => vec![python_str(other)],
    };
    let database = args.login_db.as_deref().unwrap_or_default();
    warn_default(host, database);
    let mut connection = match &args.encoding {
        Some(encoding) => args.login.connect_as(host, database, encoding)?,
        None => args.login.connect(host, database)?,
    };
    let failed = |query: &str, error: &dyn std::fmt::Display| {
        Failure::new(format!(
            "Cannot execute SQL '{query}' {}: {error}, query list: {}",
            args.values.shown(),
            crate::spec::python_repr(&Json::from(queries.clone()))
        ))
    };
    let mut setup = Vec::new();
    if !args.search_path.is_empty() {
        let names: Vec<String> = args.search_path.iter().map(|name| identifier(name)).collect();
        setup.push(format!("set search_path to {}", names.join(",")));
    }
    if !args.autocommit {
        setup.push("BEGIN".to_owned());
    }
    for statement in setup {
        connection.run(&statement).map_err(|error| failed(&statement, &error))?;
    }
    let mut outcome = Told::default();
    for query in &queries {
        let statement = args.values.fill(query).map_err(|error| failed(query, &error))?;
        let started = Instant::now();
        let answers = connection.run_all(&statement).map_err(|error| failed(query, &error))?;
        if answers.iter().all(|answer| answer.empty) {
            return Err(failed(query, &"can't execute an empty query"));
        }
        outcome.add(&statement, &answers, started.elapsed().as_secs_f64());
    }
    if !args.autocommit {
        let end = if host.checking() { "ROLLBACK" } else { "COMMIT" };
        connection.run(end).map_err(|error| failed(end, &error))?;
    }
    Ok(outcome.into_outcome(&queries))
}

/// What the statements gave.
#[derive(Default)]
struct Told {
    changed: bool,
    query: String,
    status: String,
    rowcount: i64,
    last: Json,
    all: Vec<Json>,
    times: Vec<Json>,
}

impl Told {
    fn add(&mut self, statement: &str, answers: &[Answer], seconds: f64) {
        statement.clone_into(&mut self.query);
        self.times.push(serde_json::json!((seconds * 1e6).round() / 1e3));
        // Of several statements in one text the last one counts.
        let Some(answer) = answers.last() else {
            self.all.push(serde_json::json!({}));
            return;
        };
        self.last = if answer.rows.is_empty() {
            serde_json::json!({})
        } else {
            answer.rows.iter().map(|row| row_json(answer, row)).collect()
        };
        self.all.push(self.last.clone());
        self.status.clone_from(&answer.status);
        let mut words = answer.status.split(' ');
        let verb = words.next().unwrap_or_default();
        let count = words.next_back().and_then(|count| count.parse::<i64>().ok());
        let rows = i64::try_from(answer.rows.len()).unwrap_or(i64::MAX);
        self.rowcount += count.unwrap_or(if answer.columns.is_empty() { 0 } else { rows });
        self.changed |= match verb {
            "SELECT" | "SHOW" => false,
            "UPDATE" | "INSERT" | "DELETE" => count.unwrap_or(0) > 0,
            _ => true,
        };
    }

    fn into_outcome(self, queries: &[String]) -> Outcome {
        Outcome::changed_if(self.changed)
            .with("query", self.query)
            .with("query_list", queries.to_vec())
            .with("statusmessage", self.status)
            .with("query_result", self.last)
            .with("query_all_results", self.all)
            .with("rowcount", self.rowcount)
            .with("execution_time_ms", self.times)
    }
}
