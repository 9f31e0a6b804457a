//! `postgresql_slot`: slots for replication.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, literal, warn_default},
};

/// Adds and removes slots for replication of a PostgreSQL server
///
/// # Examples
/// ```yaml
/// - name: Have a slot for the standby
///   community.postgresql.postgresql_slot:
///     name: standby1
///
/// - name: Have one for changes as rows
///   community.postgresql.postgresql_slot:
///     login_db: app
///     name: feed
///     slot_type: logical
///     output_plugin: pgoutput
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_slot"))]
pub struct Args {
    /// Name of the slot
    #[arg(alias = "slot_name")]
    name: String,
    /// Whether it is for the server's files, or for changes as rows
    #[arg(default = "physical")]
    slot_type: SlotType,
    /// Whether what it needs is kept from now on
    #[arg(default = "false")]
    immediately_reserve: bool,
    /// What makes changes of rows
    #[arg(default = "test_decoding")]
    output_plugin: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum SlotType {
    Logical,
    Physical,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    check_input(&args.login, &[])?;
    if args.slot_type == SlotType::Logical {
        if args.immediately_reserve {
            return Err(Failure::new(
                "Module parameters immediately_reserve and slot_type=logical are mutually exclusive",
            ));
        }
        warn_default(host, args.login_db.as_deref().unwrap_or_default());
    }
    let mut session = Session::looking(&args.login, host, args.login_db.as_deref())?;
    let name = literal(&args.name);
    let kind = session
        .value(&format!("SELECT slot_type FROM pg_replication_slots WHERE slot_name = {name}"))?;
    match (args.state, kind) {
        (State::Absent, Some(_)) => session.change_by(
            format!("SELECT pg_drop_replication_slot({name})"),
            "SELECT pg_drop_replication_slot(%(name)s)",
        )?,
        (State::Present, None) => match args.slot_type {
            SlotType::Physical => session.change_by(
                format!(
                    "SELECT pg_create_physical_replication_slot({name}, {})",
                    args.immediately_reserve
                ),
                "SELECT pg_create_physical_replication_slot(%(name)s, %(i_reserve)s)",
            )?,
            SlotType::Logical => session.change_by(
                format!(
                    "SELECT pg_create_logical_replication_slot({name}, {})",
                    literal(&args.output_plugin)
                ),
                "SELECT pg_create_logical_replication_slot(%(name)s, %(o_plugin)s)",
            )?,
        },
        (State::Present, Some(kind)) if kind != args.slot_type.as_str() => {
            let name = &args.name;
            host.warn(format!(
                "slot with name '{name}' already exists but has another type '{kind}'"
            ));
        }
        _ => (),
    }
    let changed = !session.queries.is_empty();
    // What would be done is not told.
    let queries = if host.checking() { Vec::new() } else { session.queries };
    Ok(Outcome::changed_if(changed).with("name", args.name).with("queries", queries))
}
