//! `mysql_user`: users of a MySQL or MariaDB server, and what they may.

mod grants;
mod work;

pub(crate) use grants::read as read_grants;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Host, Outcome, Result},
    mysql::Login,
    spec::{Json, JsonMap},
};

/// Keeps users of a MySQL or MariaDB server and what they may
///
/// # Examples
/// ```yaml
/// - name: Have a user for the application
///   community.mysql.mysql_user:
///     name: shop
///     host: "%"
///     password: "{{ shop_password }}"
///     priv: "shop.*:ALL"
///
/// - name: Let it read something else, too
///   community.mysql.mysql_user:
///     name: shop
///     host: "%"
///     priv:
///       "stock.*": SELECT
///     append_privs: true
/// ```
#[derive(Args)]
#[args(
    collection = "community.mysql",
    also("community.general.mysql_user"),
    mutually_exclusive("append_privs", "subtract_privs")
)]
pub struct Args {
    /// Name of the user
    #[arg(alias = "user")]
    name: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Host that it comes from, with `%` for all
    #[arg(default = "localhost")]
    host: String,
    /// Whether all hosts of the user are meant
    #[arg(default = "false")]
    host_all: bool,
    /// Password
    #[arg(secret)]
    password: Option<String>,
    /// Whether the password is given as the server keeps it
    #[arg(default = "false")]
    encrypted: bool,
    /// What it may: `database.table:PRIVILEGE,PRIVILEGE/...`, or a dictionary
    #[arg(name = "priv")]
    privileges: Option<Json>,
    /// Whether it keeps what else it may
    #[arg(default = "false")]
    append_privs: bool,
    /// Whether what is named is taken away
    #[arg(default = "false")]
    subtract_privs: bool,
    /// What connections must have: `SSL`, `X509`, `CIPHER`, `SUBJECT`, `ISSUER`
    tls_requires: Option<JsonMap>,
    /// When the password of a user that is there is set
    #[arg(default = "always")]
    update_password: Update,
    /// Plugin that finds out who it is, such as `auth_socket`
    plugin: Option<String>,
    /// What the plugin knows of it, as the server keeps it
    plugin_hash_string: Option<String>,
    /// What the plugin knows of it, plain
    plugin_auth_string: Option<String>,
    /// Salt of the plugin `caching_sha2_password`, 20 characters
    #[expect(dead_code, reason = "the server salts passwords itself")]
    salt: Option<String>,
    /// How much it may use: `MAX_QUERIES_PER_HOUR`, `MAX_CONNECTIONS_PER_HOUR` and the like
    resource_limits: Option<JsonMap>,
    /// When the password ends
    #[arg(secret)]
    password_expire: Option<Expire>,
    /// Days after which the password ends
    #[arg(secret)]
    password_expire_interval: Option<i64>,
    /// Whether names of columns are told apart by case
    column_case_sensitive: Option<bool>,
    /// What the server keeps of it beside
    attributes: Option<JsonMap>,
    /// Whether it cannot log in
    locked: Option<bool>,
    /// Settings of the session in which the task runs
    session_vars: Option<JsonMap>,
    /// Whether the session is in the database `mysql`
    #[arg(default = "false")]
    force_context: bool,
    /// Whether root without a password is tried first
    #[arg(default = "false")]
    check_implicit_admin: bool,
    /// Whether the server's log has what is done
    #[arg(default = "true")]
    sql_log_bin: bool,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Update {
    Always,
    OnCreate,
    OnNewUsername,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Expire {
    Now,
    Never,
    Default,
    Interval,
}

/// What an account may be limited in.
const LIMITS: [&str; 5] = [
    "MAX_QUERIES_PER_HOUR",
    "MAX_UPDATES_PER_HOUR",
    "MAX_CONNECTIONS_PER_HOUR",
    "MAX_USER_CONNECTIONS",
    "MAX_STATEMENT_TIME",
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    work::run(&args, host)
}
