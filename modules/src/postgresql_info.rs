//! `postgresql_info`: what a server has and how it is set.

use windlass_macros::Args;

use crate::{
    host::{Host, Outcome, Result, glob_matches},
    postgres::{Login, Session, check_input, literal, row_json},
    spec::{Json, JsonMap, python_str},
};

/// Tells of a PostgreSQL server: version, databases, roles, settings, replication
///
/// # Examples
/// ```yaml
/// - name: Look which version it is and which roles there are
///   community.postgresql.postgresql_info:
///     filter:
///       - ver*
///       - roles
///   register: server
///
/// - name: Tell of everything but its many settings
///   community.postgresql.postgresql_info:
///     filter: "!settings"
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_info"))]
pub struct Args {
    /// What to tell: names with `*` and `?`, or such after `!` that are left out
    filter: Vec<String>,
    /// Database to log in to
    #[arg(default = "postgres")]
    login_db: String,
    #[arg(flatten)]
    login: Login,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    check_input(&args.login, &[])?;
    let mut session = Session::looking(&args.login, host, Some(&args.login_db))?;
    let version = session.connection.version();
    let wanted = |name: &str| is_wanted(&args.filter, name);
    let mut outcome = Outcome::changed_if(false)
        .with("in_recovery", Json::Null)
        .with("pending_restart_settings", Vec::<Json>::new());
    for name in ["version", "databases", "settings"] {
        outcome = outcome.with(name, JsonMap::new());
    }
    for (name, since, statement) in LISTS {
        let is_told = wanted(name) && version >= since;
        let mut rows = if is_told { keyed(&mut session, statement)? } else { JsonMap::new() };
        if name == "roles" {
            rows.values_mut().for_each(tell_time);
        }
        outcome = outcome.with(name, rows);
    }
    if wanted("version") {
        outcome = outcome.with("version", version_of(&mut session)?);
    }
    if wanted("in_recovery") {
        let answer = session.value("SELECT pg_catalog.pg_is_in_recovery()")?;
        outcome = outcome.with("in_recovery", answer.as_deref() == Some("t"));
    }
    if wanted("settings") {
        let settings = settings(&mut session)?;
        let waiting = settings.iter().filter(|(_, setting)| setting["pending_restart"] == true);
        let waiting: Vec<&str> = waiting.map(|(name, _)| name.as_str()).collect();
        outcome = outcome.with("pending_restart_settings", waiting).with("settings", settings);
    }
    if wanted("databases") {
        outcome = outcome.with("databases", databases(&args.login, host, &mut session)?);
    }
    Ok(outcome)
}

/// Returns whether something is told: names that are left out count where none is asked for.
fn is_wanted(filter: &[String], name: &str) -> bool {
    let (left_out, asked): (Vec<&str>, Vec<&str>) =
        filter.iter().map(String::as_str).partition(|pattern| pattern.starts_with('!'));
    if asked.is_empty() {
        return !left_out.iter().any(|pattern| glob_matches(&pattern[1..], name));
    }
    asked.iter().any(|pattern| glob_matches(pattern, name))
}

/// What is a list of rows, with the version that has it first: a name, and what belongs to it.
const LISTS: [(&str, u32, &str); 4] = [
    (
        "tablespaces",
        0,
        "SELECT spcname, pg_catalog.pg_get_userbyid(spcowner) AS spcowner, COALESCE(spcacl::text, '') AS spcacl, COALESCE(spcoptions, '{}') AS spcoptions FROM pg_catalog.pg_tablespace",
    ),
    (
        "replications",
        0,
        "SELECT pid, usename, application_name AS app_name, client_addr, COALESCE(client_hostname, '') AS client_hostname, backend_start::text, state FROM pg_catalog.pg_stat_replication",
    ),
    (
        "repl_slots",
        90_400,
        "SELECT slot_name, plugin, slot_type, database, active FROM pg_catalog.pg_replication_slots",
    ),
    (
        "roles",
        0,
        "SELECT rolname, rolsuper AS superuser, rolcanlogin AS canlogin, COALESCE(rolvaliduntil::text, '') AS valid_until, ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS member_of FROM pg_catalog.pg_roles r WHERE rolname !~ '^pg_'",
    ),
];

/// Returns rows by what is their first column.
fn keyed(session: &mut Session, statement: &str) -> Result<JsonMap> {
    let answer = session.rows(statement)?;
    let rows = answer.rows.iter().filter_map(|row| {
        let Json::Object(mut values) = row_json(&answer, row) else { return None };
        let key = values.shift_remove(&answer.columns.first()?.0)?;
        Some((python_str(&key), Json::Object(values)))
    });
    Ok(rows.collect())
}

fn version_of(session: &mut Session) -> Result<Json> {
    let raw = session.value("SELECT pg_catalog.version()")?.unwrap_or_default();
    let full = raw.split(' ').nth(1).unwrap_or_default().trim_end_matches(',').to_owned();
    let mut numbers = full.split('.').map(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    Ok(serde_json::json!({
        "major": next(), "minor": next(), "patch": next(), "full": full, "raw": raw,
    }))
}

/// Tells until when a role is valid as a time of its own.
fn tell_time(role: &mut Json) {
    let until = role["valid_until"].as_str().unwrap_or_default();
    let told = match until {
        "infinity" => "9999-12-31T23:59:59.999999+00:00".to_owned(),
        until => with_zone(until),
    };
    role["valid_until"] = told.into();
}

/// Writes `2030-01-01 00:00:00+00` with minutes of the zone, and a letter between day and time.
fn with_zone(time: &str) -> String {
    let short = time.len() > 3 && matches!(time.as_bytes()[time.len() - 3], b'+' | b'-');
    time.replacen(' ', "T", 1) + if short { ":00" } else { "" }
}

fn settings(session: &mut Session) -> Result<JsonMap> {
    let texts = ["unit", "boot_val", "min_val", "max_val", "sourcefile"]
        .map(|column| format!("COALESCE({column}, '') AS {column}"))
        .join(", ");
    let mut settings = keyed(
        session,
        &format!(
            "SELECT name, setting, context, vartype, {texts}, pending_restart, pg_catalog.current_setting(name) AS pretty_val FROM pg_catalog.pg_settings"
        ),
    )?;
    for setting in settings.values_mut() {
        let Some(unit) = bytes_of(setting["unit"].as_str().unwrap_or_default()) else { continue };
        let number = setting["setting"].as_str().and_then(|text| text.parse::<i64>().ok());
        setting["val_in_bytes"] = (number.unwrap_or(0).max(0) * unit).into();
    }
    Ok(settings)
}

/// Returns how many bytes a unit has: `8kB`.
fn bytes_of(unit: &str) -> Option<i64> {
    let letters = unit.trim_start_matches(|c: char| c.is_ascii_digit());
    let factor = match letters {
        "kB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    let digits = &unit[..unit.len() - letters.len()];
    Some(if digits.is_empty() { factor } else { digits.parse::<i64>().ok()? * factor })
}

/// Returns the databases that one can log in to, with what is in each.
fn databases(login: &Login, host: &Host, session: &mut Session) -> Result<JsonMap> {
    let statement = "SELECT datname, pg_catalog.pg_get_userbyid(datdba) AS owner, pg_catalog.pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype, pg_catalog.array_to_string(datacl, E'\\n') AS access_priv, CASE WHEN pg_catalog.has_database_privilege(datname, 'CONNECT') THEN pg_catalog.pg_database_size(datname)::text ELSE 'No Access' END AS size FROM pg_catalog.pg_database WHERE datallowconn";
    let mut databases = keyed(session, statement)?;
    for (name, told) in &mut databases {
        if told["access_priv"].is_null() {
            told["access_priv"] = "".into();
        }
        let mut inside = Session::without_role(login, host, name)?;
        told["namespaces"] = keyed(
            &mut inside,
            "SELECT nspname, pg_catalog.pg_get_userbyid(nspowner) AS nspowner, COALESCE(nspacl::text, '') AS nspacl FROM pg_catalog.pg_namespace",
        )?
        .into();
        told["languages"] = keyed(
            &mut inside,
            "SELECT lanname, pg_catalog.pg_get_userbyid(lanowner) AS lanowner, COALESCE(lanacl::text, '') AS lanacl FROM pg_catalog.pg_language",
        )?
        .into();
        told["extensions"] = extensions(&mut inside)?.into();
        let is_logical = inside.connection.version() >= 100_000;
        for (key, statement) in [
            (
                "publications",
                "SELECT pubname, p.*, pg_catalog.pg_get_userbyid(pubowner) AS ownername FROM pg_catalog.pg_publication p".to_owned(),
            ),
            (
                "subscriptions",
                format!("SELECT subname, s.*, pg_catalog.pg_get_userbyid(subowner) AS ownername FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = subdbid WHERE datname = {}", literal(name)),
            ),
        ] {
            let rows = if is_logical { keyed(&mut inside, &statement)? } else { JsonMap::new() };
            told[key] = rows.into();
        }
    }
    Ok(databases)
}

fn extensions(session: &mut Session) -> Result<JsonMap> {
    let mut extensions = keyed(
        session,
        "SELECT extname, extversion, nspname, pg_catalog.obj_description(e.oid, 'pg_extension') AS description FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = extnamespace",
    )?;
    for extension in extensions.values_mut() {
        extension["extversion"] = extension_version(&python_str(&extension["extversion"]));
    }
    Ok(extensions)
}

/// Reads `1.6`; what begins with other than numbers has none.
fn extension_version(raw: &str) -> Json {
    let mut parts = raw.split('.').map(|part| part.parse::<u32>().ok());
    let (major, minor) = match (parts.next().flatten(), parts.next()) {
        (Some(major), Some(Some(minor))) => (Some(major), Some(minor)),
        (Some(major), None) => (Some(major), None),
        _ => (None, None),
    };
    serde_json::json!({"raw": raw, "major": major, "minor": minor})
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_ask_or_leave_out() {
        let wanted = |filter: &[&str], name: &str| {
            let filter: Vec<String> = filter.iter().map(|one| (*one).to_owned()).collect();
            is_wanted(&filter, name)
        };
        assert!(wanted(&[], "version") && wanted(&["ver*", "!version"], "version"));
        assert!(!wanted(&["ver*", "!roles"], "settings") && !wanted(&["!set*"], "settings"));
        assert!(wanted(&["!set*"], "roles") && !wanted(&["version "], "version"));
    }

    #[test]
    fn versions_times_and_units_are_read() {
        assert_eq!(extension_version("1.2.3"), json!({"raw": "1.2.3", "major": 1, "minor": 2}));
        assert_eq!(extension_version("3")["minor"], json!(null));
        assert_eq!(extension_version("2.x")["major"], json!(null));
        assert_eq!(with_zone("2030-01-01 00:00:00+00"), "2030-01-01T00:00:00+00:00");
        assert_eq!(with_zone("2030-01-01 00:00:00+05:30"), "2030-01-01T00:00:00+05:30");
        assert_eq!((bytes_of("8kB"), bytes_of("ms"), bytes_of("B")), (Some(8192), None, None));
    }
}
