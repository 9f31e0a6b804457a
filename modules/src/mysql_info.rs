//! `mysql_info`: what a server has and how it is set.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    mysql::{Answer, Connection, Login, literal},
    mysql_user::read_grants,
    spec::{Json, JsonMap, python_str},
};

/// Tells of a MySQL or MariaDB server: version, databases, settings, users, replication
///
/// # Examples
/// ```yaml
/// - name: Look which version it is and what databases it has
///   community.mysql.mysql_info:
///     filter:
///       - version
///       - databases
///   register: server
///
/// - name: Tell of everything but its many settings, empty databases included
///   community.mysql.mysql_info:
///     filter:
///       - "!settings"
///       - "!global_status"
///     return_empty_dbs: true
/// ```
#[derive(Args)]
#[args(collection = "community.mysql", also("community.general.mysql_info"))]
pub struct Args {
    /// What to tell: names, or names after `!` that are left out
    filter: Vec<String>,
    /// What is left out of databases: `db_size`, `db_table_count`; it takes time where there are many tables
    exclude_fields: Vec<String>,
    /// Whether databases without tables are told, too
    #[arg(default = "false")]
    return_empty_dbs: bool,
    /// Database to log in to
    login_db: Option<String>,
    #[arg(flatten)]
    login: Login,
}

/// What can be told, in the order in which the server is asked.
const ALL: [&str; 10] = [
    "version",
    "databases",
    "settings",
    "global_status",
    "engines",
    "users",
    "users_info",
    "master_status",
    "slave_status",
    "slave_hosts",
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut connection = args.login.connect(host, args.login_db.as_deref())?;
    let engine = if connection.is_mariadb() { "MariaDB" } else { "MySQL" };
    let mut outcome = Outcome::changed_if(false)
        // Whoever asks knows two names; this is the library after which the connection is made.
        .with("connector_name", "pymysql")
        .with("connector_version", "Unknown")
        .with("server_engine", engine);
    for name in chosen(&args.filter) {
        let told = match name {
            "version" => {
                version(&ask(&mut connection, "SELECT VERSION()")?.scalar().unwrap_or_default())
            }
            "databases" => databases(&mut connection, &args)?,
            "settings" => variables(&mut connection, "SHOW GLOBAL VARIABLES")?,
            "global_status" => variables(&mut connection, "SHOW GLOBAL STATUS")?,
            "engines" => nested(&rows(&mut connection, "SHOW ENGINES")?, &["Engine"]),
            "users" => users(&mut connection)?,
            "users_info" => users_info(&mut connection)?,
            "master_status" => master(&mut connection)?,
            "slave_hosts" => nested(&rows(&mut connection, "SHOW SLAVE HOSTS")?, &["Server_id"]),
            _ => slave(&mut connection)?,
        };
        outcome = outcome.with(name, told);
    }
    Ok(outcome)
}

/// Returns what the filter leaves; names that nothing has are passed over.
fn chosen(filter: &[String]) -> Vec<&'static str> {
    let names = || filter.iter().map(|name| name.trim());
    let wanted = |name: &&str| names().any(|one| one == *name);
    let found: Vec<&str> = ALL.into_iter().filter(wanted).collect();
    if !found.is_empty() {
        return found;
    }
    let left_out = |name: &&str| names().any(|one| one.strip_prefix('!') == Some(*name));
    ALL.into_iter().filter(|name| !left_out(name)).collect()
}

fn ask(connection: &mut Connection, statement: &str) -> Result<Answer> {
    connection
        .run(statement)
        .map_err(|error| Failure::new(format!("Cannot execute SQL '{statement}': {error}")))
}

fn rows(connection: &mut Connection, statement: &str) -> Result<Vec<JsonMap>> {
    let answer = ask(connection, statement)?;
    let rows = answer.rows.iter().map(|row| answer.row_json(row));
    Ok(rows.filter_map(|row| row.as_object().cloned()).collect())
}

/// Returns rows as dictionaries within one another, by the values of columns.
fn nested(rows: &[JsonMap], by: &[&str]) -> Json {
    let mut all = JsonMap::new();
    for row in rows {
        let mut row = row.clone();
        let keys: Vec<String> =
            by.iter().map(|key| python_str(&row.shift_remove(*key).unwrap_or_default())).collect();
        put(&mut all, &keys, row);
    }
    all.into()
}

fn put(place: &mut JsonMap, keys: &[String], row: JsonMap) {
    match keys {
        [] => place.extend(row.into_iter().map(|(key, value)| (key, number(value)))),
        [first, rest @ ..] => {
            let below = place.entry(first).or_insert_with(|| JsonMap::new().into());
            if let Json::Object(below) = below {
                put(below, rest, row);
            }
        }
    }
}

/// Texts that are whole numbers become numbers.
fn number(value: Json) -> Json {
    let Json::String(text) = &value else { return value };
    if let Ok(number) = text.parse::<i64>() {
        return number.into();
    }
    text.parse::<u64>().map_or(value, Json::from)
}

fn variables(connection: &mut Connection, statement: &str) -> Result<Json> {
    let answer = ask(connection, statement)?;
    let mut all = JsonMap::new();
    for row in answer.texts() {
        if let [Some(name), value] = row.as_slice() {
            all.insert(name.clone(), number(value.clone().unwrap_or_default().into()));
        }
    }
    Ok(all.into())
}

/// Reads `10.11.6-MariaDB-1`: numbers, and what follows the first dash.
fn version(full: &str) -> Json {
    let (numbers, suffix) = full.split_once('-').unwrap_or((full, ""));
    let mut numbers = numbers.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    serde_json::json!({
        "full": full, "suffix": suffix, "major": next(), "minor": next(), "release": next(),
    })
}

fn databases(connection: &mut Connection, args: &Args) -> Result<Json> {
    let with = |field: &str| args.exclude_fields.iter().all(|one| one != field);
    let (size, count) = (with("db_size"), with("db_table_count"));
    let mut columns = "table_schema".to_owned();
    if size {
        columns += ", SUM(data_length + index_length)";
    }
    if count {
        columns += ", COUNT(table_name)";
    }
    let mut all = JsonMap::new();
    let mut add = |name: String, mut values: std::vec::IntoIter<Option<String>>| {
        let mut next = || number(values.next().flatten().unwrap_or_else(|| "0".to_owned()).into());
        let mut told = JsonMap::new();
        if size {
            told.insert("size".to_owned(), next());
        }
        if count {
            told.insert("tables".to_owned(), next());
        }
        all.entry(name).or_insert(told.into());
    };
    let from = "FROM information_schema.TABLES GROUP BY table_schema";
    for row in ask(connection, &format!("SELECT {columns} {from}"))?.texts() {
        let mut row = row.into_iter();
        add(row.next().flatten().unwrap_or_default(), row);
    }
    if args.return_empty_dbs {
        for name in ask(connection, "SHOW DATABASES")?.first_column() {
            add(name, Vec::new().into_iter());
        }
    }
    Ok(all.into())
}

fn master(connection: &mut Connection) -> Result<Json> {
    let (major, minor, _) = connection.numbers();
    let renamed = !connection.is_mariadb() && (major, minor) >= (8, 2);
    let statement = if renamed { "SHOW BINARY LOG STATUS" } else { "SHOW MASTER STATUS" };
    let first = rows(connection, statement)?.into_iter().next().unwrap_or_default();
    Ok(first.into_iter().map(|(key, value)| (key, number(value))).collect::<JsonMap>().into())
}

fn slave(connection: &mut Connection) -> Result<Json> {
    let statement =
        if connection.is_mariadb() { "SHOW ALL SLAVES STATUS" } else { "SHOW SLAVE STATUS" };
    Ok(nested(&rows(connection, statement)?, &["Master_Host", "Master_Port", "Master_User"]))
}

fn users(connection: &mut Connection) -> Result<Json> {
    let mut users = rows(connection, "SELECT * FROM mysql.user")?;
    for user in &mut users {
        // The only number that is no whole one.
        if let Some(Json::String(text)) = user.get("max_statement_time")
            && let Ok(seconds) = text.parse::<f64>()
        {
            user.insert("max_statement_time".to_owned(), seconds.into());
        }
    }
    Ok(nested(&users, &["Host", "User"]))
}

/// Returns the users as the arguments of `mysql_user` that would make them.
fn users_info(connection: &mut Connection) -> Result<Json> {
    let mut all: Vec<Json> = Vec::new();
    for user in rows(connection, "SELECT * FROM mysql.user")? {
        let text = |key: &str| {
            user.get(key).filter(|value| !value.is_null()).map(python_str).unwrap_or_default()
        };
        let (name, host) = (text("User"), text("Host"));
        let is_role = text("is_role") == "Y";
        let who =
            if is_role { literal(&name) } else { format!("{}@{}", literal(&name), literal(&host)) };
        let hash = text("authentication_string");
        let mut told = JsonMap::from_iter([
            ("name".to_owned(), Json::from(name)),
            ("host".to_owned(), host.into()),
            ("plugin".to_owned(), text("plugin").into()),
            ("plugin_auth_string".to_owned(), hash.clone().into()),
            ("plugin_hash_string".to_owned(), hash.into()),
            ("priv".to_owned(), privileges(connection, &who)?.into()),
        ]);
        let limits = [
            ("MAX_QUERIES_PER_HOUR", "max_questions"),
            ("MAX_UPDATES_PER_HOUR", "max_updates"),
            ("MAX_CONNECTIONS_PER_HOUR", "max_connections"),
            ("MAX_USER_CONNECTIONS", "max_user_connections"),
        ];
        let limits = limits.into_iter().filter_map(|(limit, column)| {
            let value = number(text(column).into());
            value.as_i64().filter(|value| *value != 0).map(|_| (limit.to_owned(), value))
        });
        let limits: JsonMap = limits.collect();
        if !limits.is_empty() {
            told.insert("resource_limits".to_owned(), limits.into());
        }
        let needed = match text("ssl_type").as_str() {
            "ANY" => JsonMap::from_iter([("SSL".to_owned(), Json::Null)]),
            "X509" => JsonMap::from_iter([("X509".to_owned(), Json::Null)]),
            _ => [("SUBJECT", "x509_subject"), ("ISSUER", "x509_issuer"), ("CIPHER", "ssl_cipher")]
                .into_iter()
                .map(|(name, column)| (name.to_owned(), Json::from(text(column))))
                .filter(|(_, value)| value != "")
                .collect(),
        };
        if !needed.is_empty() {
            told.insert("tls_requires".to_owned(), needed.into());
        }
        if !is_role {
            let shown = ask(connection, &format!("SHOW CREATE USER {who}"))?.scalar();
            let locked = shown.is_some_and(|text| text.contains(" ACCOUNT LOCK"));
            told.insert("locked".to_owned(), locked.into());
        }
        all.push(told.into());
    }
    Ok(all.into())
}

/// Returns what a user may, as `mysql_user` takes it.
fn privileges(connection: &mut Connection, who: &str) -> Result<String> {
    let lines = ask(connection, &format!("SHOW GRANTS FOR {who}"))?.first_column();
    let grants =
        lines.iter().filter_map(|line| read_grants(line)).filter(|(place, _)| !place.contains('@'));
    let told = grants.map(|(place, names)| format!("{place}:{}", names.join(",")).replace('`', ""));
    let (usage, real): (Vec<String>, Vec<String>) = told.partition(|text| text == "*.*:USAGE");
    Ok(if real.is_empty() { usage.join("/") } else { real.join("/") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_choose_or_leave_out() {
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            super::chosen(&names)
        };
        assert_eq!(chosen(&["engines", "version", "!version"]), ["version", "engines"]);
        assert_eq!(chosen(&["nonsense"]).len(), ALL.len());
        assert_eq!(chosen(&["!settings", " !users"]).len(), ALL.len() - 2);
    }

    #[test]
    fn versions_and_numbers_are_read() {
        let told = version("10.11.6-MariaDB-0+deb12u1");
        assert_eq!(told["release"], 6);
        assert_eq!(told["suffix"], "MariaDB-0+deb12u1");
        assert_eq!(version("8.4.3")["suffix"], "");
        assert_eq!(number("18446744073709551615".into()), u64::MAX);
        assert_eq!(number("0.5".into()), "0.5");
    }

    #[test]
    fn rows_are_put_below_their_keys() {
        let row = serde_json::json!({"Host": "%", "User": "app", "x": "5"});
        let told = nested(&[row.as_object().unwrap().clone()], &["Host", "User"]);
        assert_eq!(told, serde_json::json!({"%": {"app": {"x": 5}}}));
    }
}
