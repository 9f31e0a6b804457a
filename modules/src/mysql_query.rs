//! `mysql_query`: statements, and what they give.

use std::time::Instant;

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    mysql::{Login, session, sql},
    spec::{Json, JsonMap, python_repr, python_str},
    sql::fill_placeholders,
};

/// Runs statements on a MySQL or MariaDB server
///
/// Statements that change nothing leave the task unchanged. In check mode it is skipped.
///
/// # Examples
/// ```yaml
/// - name: Count the users
///   community.mysql.mysql_query:
///     login_db: app
///     query: SELECT COUNT(*) AS n FROM users WHERE kind = %s
///     positional_args: [admin]
///   register: users
///
/// - name: Retire a user, in two statements that hold together
///   community.mysql.mysql_query:
///     login_db: app
///     query:
///       - UPDATE orders SET owner = %(heir)s WHERE owner = %(name)s
///       - DELETE FROM users WHERE name = %(name)s
///     named_args:
///       name: bob
///       heir: alice
///     single_transaction: true
/// ```
#[derive(Args)]
#[args(
    collection = "community.mysql",
    also("community.general.mysql_query"),
    mutually_exclusive("positional_args", "named_args")
)]
#[expect(clippy::struct_field_names, reason = "the names are the reference's")]
pub struct Args {
    /// Statement, or a list of them
    query: Json,
    /// Values for each `%s`
    positional_args: Option<Vec<Json>>,
    /// Values for each `%(name)s`
    named_args: Option<JsonMap>,
    /// Database in which they run
    login_db: Option<String>,
    /// Whether they are one transaction
    #[arg(default = "false")]
    single_transaction: bool,
    /// Settings of the session
    session_vars: Option<JsonMap>,
    #[arg(flatten)]
    login: Login,
}

/// Words with which statements begin that change what there is.
const DEFINE: [&str; 5] = ["CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE"];
/// Words with which statements begin that change rows.
const CHANGE: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "REPLACE"];

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("mysql_query"));
    }
    let queries: Vec<String> = match &args.query {
        Json::String(text) => vec![text.clone()],
        Json::Array(items) => {
            if let Some(wrong) = items.iter().find(|item| !item.is_string()) {
                return Err(Failure::new(format!(
                    "the elements in query list must be strings, passed '{}' <class '{}'>",
                    python_str(wrong),
                    crate::spec::python_class(wrong)
                )));
            }
            items.iter().map(python_str).collect()
        }
        other => {
            return Err(Failure::new(format!(
                "the query option value must be a string or list, passed <class '{}'>",
                crate::spec::python_class(other)
            )));
        }
    };
    let mut connection = args.login.connect(host, args.login_db.as_deref())?;
    session(&mut connection, args.session_vars.as_ref())?;
    if args.single_transaction {
        connection.run("SET autocommit = 0").map_err(|error| Failure::new(error.to_string()))?;
    }
    // Empty ones are none.
    args.positional_args = args.positional_args.filter(|values| !values.is_empty());
    args.named_args = args.named_args.filter(|values| !values.is_empty());
    let shown = match (&args.named_args, &args.positional_args) {
        (Some(named), _) => python_repr(&Json::Object(named.clone())),
        (None, Some(values)) => python_repr(&Json::Array(values.clone())),
        (None, None) => "None".to_owned(),
    };
    let failed = |query: &str, error: &dyn std::fmt::Display| {
        Failure::new(format!("Cannot execute SQL '{query}' args [{shown}]: {error}"))
    };
    let (mut executed, mut results, mut counts, mut times) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut changed = false;
    for query in &queries {
        let statement = filled(query, &args).map_err(|error| failed(query, &error))?;
        let started = Instant::now();
        let answer = connection.run(&statement).map_err(|error| failed(query, &error))?;
        let milliseconds = started.elapsed().as_secs_f64() * 1e3;
        let verb = statement.trim_start().to_uppercase();
        if DEFINE.iter().any(|word| verb.starts_with(word))
            || CHANGE.iter().any(|word| verb.starts_with(word)) && answer.affected > 0
        {
            changed = true;
        }
        executed.push(statement);
        results.push(answer.rows.iter().map(|row| answer.row_json(row)).collect::<Vec<_>>());
        counts.push(answer.affected);
        times.push((milliseconds * 1e4).round() / 1e4);
    }
    if args.single_transaction {
        connection.run("COMMIT").map_err(|error| failed("COMMIT", &error))?;
    }
    Ok(Outcome::changed_if(changed)
        .with("executed_queries", executed)
        .with("query_result", results)
        .with("rowcount", counts)
        .with("execution_time_ms", times))
}

/// Puts the values where the statement wants them.
fn filled(query: &str, args: &Args) -> std::result::Result<String, String> {
    fill_placeholders(query, args.positional_args.as_deref(), args.named_args.as_ref(), sql)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(query: &str, args: Json, expected: &str) {
        let mut args = args.as_object().unwrap().clone();
        args.insert("query".into(), query.into());
        let args = <Args as crate::spec::Args>::from_given(&args).unwrap();
        let found = filled(query, &args).unwrap_or_else(|error| format!("error: {error}"));
        assert_eq!(found, expected);
    }

    #[test]
    fn values_take_their_places() {
        check("a %s, %s", json!({"positional_args": [1, "it's"]}), r"a 1, 'it\'s'");
        check("%(x)s 5%%", json!({"named_args": {"x": null}}), "NULL 5%");
        check("like '%x'", json!({}), "like '%x'");
        check(
            "%s",
            json!({"positional_args": [1, 2]}),
            "error: not all arguments converted during string formatting",
        );
    }
}
