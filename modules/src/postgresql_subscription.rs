//! `postgresql_subscription`: copies of what another database publishes.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, bare, check_input, identifier, literal},
    spec::{Json, JsonMap, python_str},
};

/// Adds, changes and removes subscriptions of a PostgreSQL database
///
/// # Examples
/// ```yaml
/// - name: Copy what the shop's database publishes
///   community.postgresql.postgresql_subscription:
///     login_db: reports
///     name: orders
///     publications: [orders]
///     connparams:
///       host: db.example.com
///       dbname: shop
///       user: reader
///       password: "{{ reader_password }}"
///
/// - name: Begin to copy tables that were added since
///   community.postgresql.postgresql_subscription:
///     login_db: reports
///     name: orders
///     state: refresh
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_subscription"))]
pub struct Args {
    /// Name of the subscription
    name: String,
    /// Database to log in to, which has it
    #[arg(alias = "db")]
    login_db: String,
    /// Whether it should be there, or look for tables that were added
    #[arg(default = "present")]
    state: State,
    /// Publications that are copied
    publications: Option<Vec<String>>,
    /// How the other server is reached
    connparams: Option<JsonMap>,
    /// Whether what needs it is removed, too
    #[arg(default = "false")]
    cascade: bool,
    /// Role that owns it
    owner: Option<String>,
    /// Settings, as `enabled`, `synchronous_commit`, `slot_name`
    subsparams: Option<JsonMap>,
    /// Comment on it
    comment: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
    Refresh,
}

/// A subscription as it is.
struct Known {
    owner: String,
    enabled: bool,
    /// Pairs of key and value; empty where the server does not tell.
    connection: Vec<(String, String)>,
    slot: Option<String>,
    publications: Vec<String>,
    comment: String,
}

/// Pairs as the server reads them: `host=a port=1`.
fn pairs(map: &JsonMap) -> String {
    let pairs: Vec<String> =
        map.iter().map(|(key, value)| format!("{key}={}", python_str(value))).collect();
    pairs.join(" ")
}

/// Settings as the server reads them: `enabled = false, slot_name = x`.
fn settings(map: &JsonMap) -> String {
    let one = |(key, value): (&String, &Json)| match value {
        Json::Bool(on) => format!("{key} = {on}"),
        other => format!("{key} = {}", python_str(other)),
    };
    map.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let connection = args.connparams.as_ref().map(pairs);
    let parameters = args.subsparams.as_ref().map(settings);
    let mut texts = vec![args.name.as_str()];
    let single = [&args.owner, &connection, &parameters, &args.comment];
    texts.extend(single.into_iter().flatten().map(String::as_str));
    texts.extend(args.publications.iter().flatten().map(String::as_str));
    check_input(&args.login, &texts)?;
    warn(&args, host);
    let mut session = Session::looking(&args.login, host, Some(&args.login_db))?;
    if session.connection.version() < 100_000 {
        return Err(Failure::new("PostgreSQL server version should be 10.0 or greater"));
    }
    let known = look(&args, &mut session)?;
    let initial = known.as_ref().map_or_else(|| serde_json::json!({}), Known::json);
    let name = bare(&args.name);
    match (args.state, &known) {
        (State::Present, _) => present(&args, host, &mut session, known.as_ref(), &name)?,
        (State::Absent, Some(_)) => {
            let cascade = if args.cascade { " CASCADE" } else { "" };
            session.change(format!("DROP SUBSCRIPTION {name}{cascade}"))?;
        }
        (State::Absent, None) => (),
        (State::Refresh, Some(_)) => {
            session.change(format!("ALTER SUBSCRIPTION {name} REFRESH PUBLICATION"))?;
        }
        (State::Refresh, None) => {
            let name = &args.name;
            return Err(Failure::new(format!(
                "Refresh failed: subscription '{name}' does not exist"
            )));
        }
    }
    let now = look(&args, &mut session)?;
    let nothing = || {
        serde_json::json!({
            "owner": null, "enabled": null, "synccommit": null, "conninfo": {}, "slotname": null,
            "publications": [], "comment": null,
        })
    };
    Ok(Outcome::changed_if(!session.queries.is_empty())
        .with("name", args.name)
        .with("exists", now.is_some())
        .with("queries", session.queries)
        .with("initial_state", initial)
        .with("final_state", now.as_ref().map_or_else(nothing, Known::json)))
}

fn warn(args: &Args, host: &Host) {
    if args.state == State::Present {
        if args.cascade {
            host.warn("parameter \"cascade\" is ignored when state is not absent");
        }
        return;
    }
    let given = [
        ("owner", args.owner.as_ref().is_some_and(|owner| !owner.is_empty())),
        ("publications", args.publications.as_ref().is_some_and(|list| !list.is_empty())),
        ("connparams", args.connparams.as_ref().is_some_and(|map| !map.is_empty())),
        ("subsparams", args.subsparams.as_ref().is_some_and(|map| !map.is_empty())),
        ("comment", args.comment.is_some()),
    ];
    for (name, _) in given.iter().filter(|(_, given)| *given) {
        host.warn(format!("parameter '{name}' is ignored when state is not 'present'"));
    }
}

fn look(args: &Args, session: &mut Session) -> Result<Option<Known>> {
    let readable = session.value(
        "SELECT has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'SELECT')",
    )?;
    let connection = if readable.as_deref() == Some("t") { "s.subconninfo" } else { "NULL" };
    let answer = session.rows(&format!(
        "SELECT pg_get_userbyid(s.subowner), s.subenabled, {connection}, s.subslotname, \
         array_to_string(s.subpublications, chr(1)), obj_description(s.oid, 'pg_subscription') \
         FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON s.subdbid = d.oid \
         WHERE s.subname = {} AND d.datname = {}",
        literal(&args.name),
        literal(&args.login_db)
    ))?;
    let Some(row) = answer.rows.into_iter().next() else { return Ok(None) };
    let [owner, enabled, connection, slot, publications, comment] =
        row.try_into().unwrap_or_default();
    let connection = connection.unwrap_or_default();
    let pairs = connection.split(' ').filter_map(|pair| pair.split_once('='));
    let publications = publications.unwrap_or_default();
    Ok(Some(Known {
        owner: owner.unwrap_or_default(),
        enabled: enabled.as_deref() == Some("t"),
        connection: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        slot,
        publications: publications.split('\u{1}').map(str::to_owned).collect(),
        comment: comment.unwrap_or_default(),
    }))
}

impl Known {
    fn json(&self) -> Json {
        let number = |value: &str| value.parse::<i64>().map_or_else(|_| value.into(), Json::from);
        let connection: JsonMap =
            self.connection.iter().map(|(key, value)| (key.clone(), number(value))).collect();
        serde_json::json!({
            "owner": self.owner,
            "enabled": self.enabled,
            "synccommit": self.enabled,
            "conninfo": connection,
            "slotname": self.slot,
            "publications": self.publications,
            "comment": self.comment,
        })
    }
}

fn present(
    args: &Args,
    host: &Host,
    session: &mut Session,
    known: Option<&Known>,
    name: &str,
) -> Result<()> {
    let publications = args.publications.as_deref().unwrap_or_default();
    let listed: Vec<String> = publications.iter().map(|one| bare(one)).collect();
    let listed = listed.join(", ");
    match known {
        None => {
            // As the reference writes it where there is none.
            let connection = args.connparams.as_ref().map_or_else(|| "None".to_owned(), pairs);
            let mut statement = format!(
                "CREATE SUBSCRIPTION {name} CONNECTION {} PUBLICATION {listed}",
                literal(&connection)
            );
            if let Some(map) = args.subsparams.as_ref().filter(|map| !map.is_empty()) {
                statement.push_str(&format!(" WITH ({})", settings(map)));
            }
            session.change(statement)?;
        }
        Some(known) => {
            update_connection(args, host, session, known, name)?;
            let sorted = |list: &[String]| {
                let mut list = list.to_vec();
                list.sort_unstable();
                list
            };
            if !publications.is_empty() && sorted(publications) != sorted(&known.publications) {
                session.change(format!("ALTER SUBSCRIPTION {name} SET PUBLICATION {listed}"))?;
            }
            update_settings(args, host, session, known, name)?;
        }
    }
    let owner = args.owner.as_deref().filter(|owner| !owner.is_empty());
    if let Some(owner) = owner.filter(|owner| known.is_none_or(|known| known.owner != *owner)) {
        session.change(format!("ALTER SUBSCRIPTION {name} OWNER TO {}", identifier(owner)))?;
    }
    let said = known.map(|known| known.comment.as_str());
    if let Some(comment) = args.comment.as_deref().filter(|comment| said != Some(*comment)) {
        let name = identifier(&args.name);
        session.change(format!("COMMENT ON SUBSCRIPTION {name} IS {}", literal(comment)))?;
    }
    Ok(())
}

fn update_connection(
    args: &Args,
    host: &Host,
    session: &mut Session,
    known: &Known,
    name: &str,
) -> Result<()> {
    if known.connection.is_empty() {
        host.warn(
            "'connparams' is ignored because pg_subscription.subconninfo is not accessible in your instance.",
        );
        return Ok(());
    }
    let Some(map) = args.connparams.as_ref().filter(|map| !map.is_empty()) else { return Ok(()) };
    let same = map.len() == known.connection.len()
        && known
            .connection
            .iter()
            .all(|(key, value)| map.get(key).is_some_and(|wanted| python_str(wanted) == *value));
    if same {
        return Ok(());
    }
    session.change(format!("ALTER SUBSCRIPTION {name} CONNECTION {}", literal(&pairs(map))))
}

fn update_settings(
    args: &Args,
    host: &Host,
    session: &mut Session,
    known: &Known,
    name: &str,
) -> Result<()> {
    let mut changes = Vec::new();
    for (key, value) in args.subsparams.iter().flatten() {
        match (key.as_str(), value) {
            ("enabled", Json::Bool(on)) => {
                if *on != known.enabled {
                    let verb = if *on { "ENABLE" } else { "DISABLE" };
                    session.change(format!("ALTER SUBSCRIPTION {name} {verb}"))?;
                }
            }
            ("synchronous_commit", Json::Bool(on)) => {
                // What is enabled counts as what commits at once, as in the reference.
                if *on != known.enabled {
                    changes.push(format!("{key} = {on}"));
                }
            }
            ("enabled" | "synchronous_commit", _) => (),
            ("slot_name", value) => {
                let value = python_str(value);
                if known.slot.as_ref().is_some_and(|slot| *slot != value) {
                    changes.push(format!("{key} = {value}"));
                }
            }
            _ => host.warn(format!(
                "Parameter '{key}' is not in params supported for update '('synchronous_commit', 'enabled', 'slot_name')', ignored..."
            )),
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    session.change(format!("ALTER SUBSCRIPTION {name} SET ({})", changes.join(", ")))
}
