//! `postgresql_sequence`: sequences of a database.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, identifier, literal, warn_default},
};

/// Adds, changes and removes sequences of a PostgreSQL database
///
/// # Examples
/// ```yaml
/// - name: Have a sequence for numbers of orders
///   community.postgresql.postgresql_sequence:
///     login_db: shop
///     name: orders
///     start: 1000
///     owner: shop
///
/// - name: Put it into another schema
///   community.postgresql.postgresql_sequence:
///     login_db: shop
///     name: orders
///     newschema: sales
/// ```
#[derive(Args)]
#[args(
    collection = "community.postgresql",
    also("community.general.postgresql_sequence"),
    mutually_exclusive("rename_to", "data_type"),
    mutually_exclusive("rename_to", "increment"),
    mutually_exclusive("rename_to", "minvalue"),
    mutually_exclusive("rename_to", "maxvalue"),
    mutually_exclusive("rename_to", "start"),
    mutually_exclusive("rename_to", "cache"),
    mutually_exclusive("rename_to", "cycle"),
    mutually_exclusive("rename_to", "cascade"),
    mutually_exclusive("rename_to", "owner"),
    mutually_exclusive("rename_to", "newschema"),
    mutually_exclusive("cascade", "data_type"),
    mutually_exclusive("cascade", "increment"),
    mutually_exclusive("cascade", "minvalue"),
    mutually_exclusive("cascade", "maxvalue"),
    mutually_exclusive("cascade", "start"),
    mutually_exclusive("cascade", "cache"),
    mutually_exclusive("cascade", "cycle"),
    mutually_exclusive("cascade", "owner"),
    mutually_exclusive("cascade", "newschema")
)]
pub struct Args {
    /// Name of the sequence
    #[arg(alias = "name")]
    sequence: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Type of its numbers
    data_type: Option<DataType>,
    /// Step from one number to the next
    increment: Option<i64>,
    /// Smallest number
    #[arg(alias = "min")]
    minvalue: Option<i64>,
    /// Largest number
    #[arg(alias = "max")]
    maxvalue: Option<i64>,
    /// First number
    start: Option<i64>,
    /// How many numbers are taken at once
    cache: Option<i64>,
    /// Whether it begins again after the last one
    #[arg(default = "false")]
    cycle: bool,
    /// Schema that it is in
    #[arg(default = "public")]
    schema: String,
    /// Whether what needs it is removed, too
    #[arg(default = "false")]
    cascade: bool,
    /// New name
    rename_to: Option<String>,
    /// Role that owns it
    owner: Option<String>,
    /// Schema to put it into
    newschema: Option<String>,
    /// Database to log in to
    #[arg(default = "", alias = "db", alias = "database")]
    login_db: String,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum DataType {
    Bigint,
    Integer,
    Smallint,
}

/// What results tell of a sequence: owner, type, first, smallest and largest number, step, whether it begins again.
type Known = Vec<String>;
const TOLD: [&str; 7] =
    ["owner", "data_type", "start", "minvalue", "maxvalue", "increment", "cycle"];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let texts = [
        Some(&args.sequence),
        Some(&args.schema),
        args.rename_to.as_ref(),
        args.owner.as_ref(),
        args.newschema.as_ref(),
    ];
    let texts: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
    check_input(&args.login, &texts)?;
    warn_default(host, &args.login_db);
    let mut session = Session::looking(&args.login, host, Some(&args.login_db))?;
    // Each statement holds for itself, but where it is only tried.
    if host.checking() {
        session.begin()?;
    }
    let mut known = look(&args, &mut session)?;
    let name = format!("{}.{}", identifier(&args.schema), identifier(&args.sequence));
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (rename, new_schema) = (filled(&args.rename_to), filled(&args.newschema));
    match (args.state, &known) {
        (State::Present, None) => {
            let sequence = &args.sequence;
            if rename.is_some() {
                let reason = "nothing to rename";
                return Err(Failure::new(format!(
                    "Sequence '{sequence}' does not exist, {reason}"
                )));
            }
            if new_schema.is_some() {
                let reason = "change of schema not possible";
                return Err(Failure::new(format!(
                    "Sequence '{sequence}' does not exist, {reason}"
                )));
            }
            session.change(create(&args, &name))?;
        }
        (State::Absent, Some(_)) => {
            let cascade = if args.cascade { " CASCADE" } else { "" };
            session.change(format!("DROP SEQUENCE {name}{cascade}"))?;
        }
        _ => (),
    }
    let renamed = rename.filter(|new| known.is_some() && *new != args.sequence);
    if let Some(new) = &renamed {
        session.change(format!("ALTER SEQUENCE {name} RENAME TO {}", identifier(new)))?;
    }
    let mut moved = None;
    if args.state == State::Present {
        let found = look(&args, &mut session)?;
        // One that has another name now is told as it was.
        let is_there = found.is_some();
        known = found.or(known);
        if let Some(now) = known.as_ref().filter(|_| is_there) {
            if let Some(owner) = filled(&args.owner).filter(|owner| *owner != now[0]) {
                session.change(format!("ALTER SEQUENCE {name} OWNER TO {}", identifier(&owner)))?;
            }
            moved = new_schema.filter(|new| *new != args.schema);
            if let Some(new) = &moved {
                session.change(format!("ALTER SEQUENCE {name} SET SCHEMA {}", identifier(new)))?;
            }
        }
    }
    session.end()?;
    let mut outcome = Outcome::changed_if(!session.queries.is_empty())
        .with("state", args.state.as_str())
        .with("sequence", args.sequence)
        .with("schema", args.schema)
        .with("queries", session.queries)
        .with_some("newname", renamed)
        .with_some("newschema", moved);
    for (at, key) in TOLD.iter().enumerate() {
        let value = known.as_ref().map(|known| known[at].clone());
        outcome = outcome.with(key, value.unwrap_or_default());
    }
    Ok(outcome)
}

fn look(args: &Args, session: &mut Session) -> Result<Option<Known>> {
    let answer = session.rows(&format!(
        "SELECT pg_get_userbyid(c.relowner), s.data_type::regtype, s.start_value, s.minimum_value, \
         s.maximum_value, s.increment, s.cycle_option FROM information_schema.sequences s \
         JOIN pg_catalog.pg_namespace n ON n.nspname = s.sequence_schema \
         JOIN pg_catalog.pg_class c ON c.relname = s.sequence_name AND c.relnamespace = n.oid \
         WHERE c.relkind = 'S' AND s.sequence_name = {} AND s.sequence_schema = {}",
        literal(&args.sequence),
        literal(&args.schema)
    ))?;
    let row = answer.rows.into_iter().next();
    Ok(row.map(|row| row.into_iter().map(Option::unwrap_or_default).collect()))
}

fn create(args: &Args, name: &str) -> String {
    let mut statement = format!("CREATE SEQUENCE {name}");
    if let Some(kind) = args.data_type {
        statement.push_str(&format!(" AS {}", kind.as_str()));
    }
    for (words, value) in [
        ("INCREMENT BY", args.increment),
        ("MINVALUE", args.minvalue),
        ("MAXVALUE", args.maxvalue),
        ("START WITH", args.start),
        ("CACHE", args.cache),
    ] {
        // A zero is as good as none, as in the reference.
        if let Some(value) = value.filter(|value| *value != 0) {
            statement.push_str(&format!(" {words} {value}"));
        }
    }
    if args.cycle {
        statement.push_str(" CYCLE");
    }
    statement
}
