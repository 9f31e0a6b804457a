//! `postgresql_ping`: whether a server answers.

use windlass_macros::Args;

use crate::{
    host::{Host, Outcome, Result},
    postgres::{Login, check_input, scalar},
};

/// Looks whether a PostgreSQL server answers
///
/// The task does not fail where the server does not answer: `is_available` says it.
///
/// # Examples
/// ```yaml
/// - name: Wait for the database
///   community.postgresql.postgresql_ping:
///     login_db: app
///   register: database
///   until: database.is_available
///
/// - name: Learn which version answers over the network
///   community.postgresql.postgresql_ping:
///     login_host: db.example.com
///     login_user: monitor
///     login_password: "{{ monitor_password }}"
///     ssl_mode: require
///   register: server
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_ping"))]
pub struct Args {
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    #[arg(flatten)]
    login: Login,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    check_input(&args.login, &[])?;
    let outcome = Outcome::changed_if(false);
    let told = match args.login.reach(host, args.login_db.as_deref().unwrap_or_default()) {
        Ok(connection) => {
            let mut connection = args.login.as_role(connection)?;
            connection
                .run("SELECT version()")
                .map(|answer| (scalar(&answer).unwrap_or_default(), connection.version()))
                .map_err(|error| error.to_string())
        }
        Err(reason) => {
            host.warn(format!("PostgreSQL server is unavailable: {reason}"));
            Err(reason)
        }
    };
    Ok(match told {
        Err(reason) => outcome
            .with("is_available", false)
            .with("server_version", serde_json::json!({}))
            .with("conn_err_msg", reason),
        Ok((full, number)) => {
            let raw = full.split(' ').nth(1).unwrap_or_default().trim_end_matches(',').to_owned();
            let mut version = serde_json::json!({
                "full": raw, "major": number / 10_000, "minor": number % 10_000, "raw": full,
            });
            if number < 100_000 {
                version["minor"] = (number / 100 % 100).into();
                version["patch"] = (number % 100).into();
            }
            outcome
                .with("is_available", true)
                .with("server_version", version)
                .with("conn_err_msg", "")
        }
    })
}
