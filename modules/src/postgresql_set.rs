//! `postgresql_set`: settings of a server.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, literal},
    spec::Json,
};

/// Changes settings of a PostgreSQL server
///
/// # Examples
/// ```yaml
/// - name: Have memory for sorting
///   community.postgresql.postgresql_set:
///     name: work_mem
///     value: 16MB
///
/// - name: Take a setting back
///   community.postgresql.postgresql_set:
///     name: work_mem
///     reset: true
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_set"))]
pub struct Args {
    /// Name of the setting
    name: String,
    /// Its value, or `default`
    value: Option<String>,
    /// Whether it is taken back
    #[arg(default = "false")]
    reset: bool,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    #[arg(flatten)]
    login: Login,
}

/// Settings that are lists whose elements the server quotes.
const LISTS: [&str; 5] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
];

/// A setting as it is.
struct Known {
    /// As people write it.
    current: String,
    raw: Json,
    boot: Json,
    unit: Json,
    context: String,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let name = args.name.as_str();
    let texts = [Some(name), args.value.as_deref()];
    check_input(&args.login, &texts.into_iter().flatten().collect::<Vec<_>>())?;
    if name == "shared_preload_libraries" && args.value.as_deref() == Some("") {
        return Err(Failure::new(
            "Due to a PostgreSQL bug in resetting shared_preload_libraries with ALTER SYSTEM SET, setting it as an empty string is not supported by the module to avoid crashes. Use the `value: default` or `reset: true` argument instead. If you think the bug has been fixed, please let us know.",
        ));
    }
    match (&args.value, args.reset) {
        (Some(_), true) => {
            let reason = "value and reset params are mutually exclusive";
            return Err(Failure::new(format!("{name}: {reason}")));
        }
        (None, false) => {
            let reason = "at least one of value or reset param must be specified";
            return Err(Failure::new(format!("{name}: {reason}")));
        }
        _ => (),
    }
    let value = args.value.as_deref().map(written);
    let mut session = Session::looking(&args.login, host, args.login_db.as_deref())?;
    let known = look(&mut session, name)?;
    if known.context == "internal" {
        return Err(Failure::new(format!(
            "{name}: cannot be changed (internal context). See https://www.postgresql.org/docs/current/runtime-config-preset.html"
        )));
    }
    let at_restart = known.context == "postmaster";
    let outcome = Outcome::changed_if(false)
        .with("name", name)
        .with("restart_required", at_restart)
        .with("prev_val_pretty", known.current.as_str())
        .with("value_pretty", known.current.as_str())
        .with("context", known.context.as_str())
        .with("value", serde_json::json!({"value": known.raw, "unit": known.unit}));
    if host.checking() {
        let changed = value.as_deref().map(bytes) != Some(bytes(&known.current));
        let shown = value.as_deref().filter(|_| changed).map_or(Json::Null, Json::from);
        let shown = if changed { shown } else { known.current.as_str().into() };
        return Ok(Outcome { changed, ..outcome }
            .with("value_pretty", shown)
            .with("queries", Vec::<Json>::new()));
    }
    change(&args, &mut session, value.as_deref(), &known)?;
    let mut changed = !session.queries.is_empty();
    let queries = std::mem::take(&mut session.queries);
    let mut outcome = outcome.with("queries", queries);
    if args.reset && !changed {
        return Ok(outcome.with("restart_required", false));
    }
    if changed && !at_restart {
        session.rows("SELECT pg_reload_conf()")?;
    }
    if let Some(value) = value.filter(|_| changed) {
        outcome = outcome.with("value_pretty", value);
    }
    if !at_restart {
        // A session that is new knows what the server goes by now.
        let mut session = Session::looking(&args.login, host, args.login_db.as_deref())?;
        let now = look(&mut session, name)?;
        changed = now.raw != known.raw;
        outcome = outcome
            .with("value_pretty", now.current.as_str())
            .with("value", serde_json::json!({"value": now.raw, "unit": known.unit}));
    }
    if at_restart {
        outcome.values.remove("value");
    }
    if at_restart && changed {
        host.warn(format!("Restart of PostgreSQL is required for setting {name}"));
    }
    Ok(Outcome { changed, ..outcome })
}

/// A value as the server knows it: units of size in capital letters.
fn written(value: &str) -> String {
    let digits = value.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = &value[digits.len()..];
    if !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
        && ["b", "mb", "gb", "tb"].contains(&unit)
    {
        return value.to_uppercase();
    }
    match value {
        "True" => "on".to_owned(),
        "False" => "off".to_owned(),
        other => other.to_owned(),
    }
}

/// A size in bytes, so that `1GB` and `1024MB` are the same; whatever is none stays as it is.
fn bytes(value: &str) -> String {
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    let factor: u64 = match &value[digits.len()..] {
        "" | "B" => 1,
        "kB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        "TB" => 1 << 40,
        _ => return value.to_owned(),
    };
    let number: Option<u64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(factor))
        .map_or_else(|| value.to_owned(), |number| number.to_string())
}

fn look(session: &mut Session, name: &str) -> Result<Known> {
    let reached = |error: &dyn std::fmt::Display| {
        Failure::new(format!("Unable to get {name} value due to : {error}"))
    };
    let statement = format!(
        "SELECT setting, unit, context, boot_val FROM pg_settings WHERE name = {}",
        literal(name)
    );
    let info = session.connection.run(&statement).map_err(|error| reached(&error))?;
    let current =
        session.connection.run(&format!("SHOW {name}")).map_err(|error| reached(&error))?;
    let Some(row) = info.rows.into_iter().next() else {
        return Err(Failure::new(format!(
            "No such parameter: {name}. Please check its spelling or presence in your PostgreSQL version (https://www.postgresql.org/docs/current/runtime-config.html)"
        )));
    };
    let [setting, unit, context, boot] = row.try_into().unwrap_or_default();
    let factor: i64 = match unit.as_deref() {
        Some("kB") => 1 << 10,
        Some("MB") => 1 << 20,
        _ => 1,
    };
    let scaled = |value: Option<String>| -> Json {
        let number = value.as_ref().and_then(|value| value.parse::<i64>().ok());
        match number.filter(|number| factor > 1 && *number > 0) {
            Some(number) => (number * factor).into(),
            None => value.into(),
        }
    };
    let is_list = LISTS.contains(&name)
        || name == "unix_socket_directories" && session.connection.version() >= 140_000;
    let unquoted = |value: Option<String>| {
        let list = |value: String| {
            let parts: Vec<&str> =
                value.split(',').map(|part| part.trim_matches(['"', ' '])).collect();
            parts.join(", ")
        };
        if is_list { value.map(list) } else { value }
    };
    Ok(Known {
        current: unquoted(crate::postgres::scalar(&current)).unwrap_or_default(),
        raw: scaled(unquoted(setting)),
        boot: scaled(boot),
        unit: if factor > 1 { "b".into() } else { unit.into() },
        context: context.unwrap_or_default(),
    })
}

fn change(args: &Args, session: &mut Session, value: Option<&str>, known: &Known) -> Result<()> {
    let name = &args.name;
    let (statement, what) = match value {
        Some("default") if known.current != "default" => {
            let what = "set default value for";
            (format!("ALTER SYSTEM SET {name} = DEFAULT"), format!("{what} {name}"))
        }
        Some(value) if value != known.current => {
            let is_list = value.contains(',')
                && !name.ends_with("_command")
                && !name.ends_with("_prefix")
                && (name != "unix_socket_directories" || session.connection.version() >= 140_000);
            let parts: Vec<String> = if is_list {
                value.split(',').map(|part| literal(part.trim())).collect()
            } else {
                vec![literal(value)]
            };
            let statement = format!("ALTER SYSTEM SET {name} = {}", parts.join(","));
            (statement, format!("set {name} value"))
        }
        None if known.raw != known.boot => {
            (format!("ALTER SYSTEM RESET {name}"), format!("reset {name}"))
        }
        _ => return Ok(()),
    };
    session
        .connection
        .run(&statement)
        .map_err(|error| Failure::new(format!("Unable to {what} due to : {error}")))?;
    session.queries.push(statement.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_compared_by_their_bytes() {
        assert_eq!(bytes("1GB"), bytes("1024MB"));
        assert_eq!(bytes("16kB"), "16384");
        assert_eq!(bytes("on"), "on");
        assert_eq!(bytes("10min"), "10min");
        assert_eq!(written("16mb"), "16MB");
        assert_eq!(written("True"), "on");
        assert_eq!(written("amb"), "amb");
    }
}
