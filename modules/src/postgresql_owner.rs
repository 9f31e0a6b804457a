//! `postgresql_owner`: whose objects are.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, dotted, identifier, literal, warn_default},
};

/// Changes the owner of objects of PostgreSQL
///
/// # Examples
/// ```yaml
/// - name: Give a table to a role
///   community.postgresql.postgresql_owner:
///     login_db: app
///     new_owner: app
///     obj_name: reports.daily
///     obj_type: table
///
/// - name: Give all that two roles own to another
///   community.postgresql.postgresql_owner:
///     login_db: app
///     new_owner: app
///     reassign_owned_by: [alice, bob]
/// ```
#[derive(Args)]
#[args(
    collection = "community.postgresql",
    also("community.general.postgresql_owner"),
    mutually_exclusive("obj_name", "reassign_owned_by"),
    mutually_exclusive("obj_type", "reassign_owned_by"),
    mutually_exclusive("obj_name", "fail_on_role"),
    mutually_exclusive("obj_type", "fail_on_role")
)]
pub struct Args {
    /// Role that owns the objects then
    new_owner: String,
    /// Name of the object
    obj_name: Option<String>,
    /// Kind of the object
    #[arg(alias = "type")]
    obj_type: Option<ObjType>,
    /// Roles whose objects are given away
    reassign_owned_by: Option<Vec<String>>,
    /// Whether one of these roles that there is not fails the task, rather than to be passed over
    #[arg(default = "true")]
    fail_on_role: bool,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum ObjType {
    Aggregate,
    Collation,
    Conversion,
    Database,
    Domain,
    EventTrigger,
    ForeignDataWrapper,
    ForeignTable,
    Function,
    Language,
    LargeObject,
    Matview,
    Procedure,
    Publication,
    Routine,
    Schema,
    Sequence,
    Server,
    Statistics,
    Table,
    Tablespace,
    TextSearchConfiguration,
    TextSearchDictionary,
    Type,
    View,
}

impl ObjType {
    /// Where such objects are listed, the columns of their name and owner, and what else is to be true.
    fn listed(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            ObjType::Table => ("pg_tables", "tablename", "tableowner", ""),
            ObjType::View => ("pg_views", "viewname", "viewowner", ""),
            ObjType::Matview => ("pg_matviews", "matviewname", "matviewowner", ""),
            ObjType::Schema => ("information_schema.schemata", "schema_name", "schema_owner", ""),
            ObjType::Database => ("pg_database", "datname", "datdba", ""),
            ObjType::Aggregate | ObjType::Function | ObjType::Routine | ObjType::Procedure => {
                ("pg_proc", "proname", "proowner", "")
            }
            ObjType::Sequence => ("pg_class", "relname", "relowner", " AND relkind = 'S'"),
            ObjType::ForeignTable => ("pg_class", "relname", "relowner", " AND relkind = 'f'"),
            ObjType::Tablespace => ("pg_tablespace", "spcname", "spcowner", ""),
            ObjType::Domain | ObjType::Type => ("pg_type", "typname", "typowner", ""),
            ObjType::Language => ("pg_language", "lanname", "lanowner", ""),
            ObjType::Collation => ("pg_collation", "collname", "collowner", ""),
            ObjType::Conversion => ("pg_conversion", "conname", "conowner", ""),
            ObjType::TextSearchConfiguration => ("pg_ts_config", "cfgname", "cfgowner", ""),
            ObjType::TextSearchDictionary => ("pg_ts_dict", "dictname", "dictowner", ""),
            ObjType::ForeignDataWrapper => ("pg_foreign_data_wrapper", "fdwname", "fdwowner", ""),
            ObjType::Server => ("pg_foreign_server", "srvname", "srvowner", ""),
            ObjType::EventTrigger => ("pg_event_trigger", "evtname", "evtowner", ""),
            ObjType::LargeObject => ("pg_largeobject_metadata", "oid", "lomowner", ""),
            ObjType::Publication => ("pg_publication", "pubname", "pubowner", ""),
            ObjType::Statistics => ("pg_statistic_ext", "stxname", "stxowner", ""),
        }
    }

    /// What statements call it.
    fn words(self) -> String {
        match self {
            ObjType::Matview => "MATERIALIZED VIEW".to_owned(),
            other => other.as_str().replace('_', " ").to_uppercase(),
        }
    }

    /// Whether its name is no plain name: it has arguments, or is a number.
    fn has_own_name(self) -> bool {
        matches!(
            self,
            ObjType::Aggregate | ObjType::Function | ObjType::Language | ObjType::LargeObject
        )
    }

    fn needs_version_11(self) -> bool {
        matches!(
            self,
            ObjType::Routine
                | ObjType::Procedure
                | ObjType::EventTrigger
                | ObjType::Publication
                | ObjType::Statistics
        )
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut texts = vec![args.new_owner.as_str()];
    texts.extend(args.obj_name.as_deref());
    texts.extend(args.reassign_owned_by.iter().flatten().map(String::as_str));
    check_input(&args.login, &texts)?;
    warn_default(host, args.login_db.as_deref().unwrap_or_default());
    let mut session = Session::trying(&args.login, host, args.login_db.as_deref())?;
    let missing = |role: &str| format!("Role '{role}' does not exist");
    if !exists(&mut session, &args.new_owner)? {
        return Err(Failure::new(missing(&args.new_owner)));
    }
    if let Some(name) = args.obj_name.as_deref().filter(|name| !name.is_empty()) {
        let kind = args.obj_type.ok_or_else(|| {
            Failure::new("obj_type is needed to know of which kind the object is")
        })?;
        set_owner(&args, &mut session, kind, name)?;
    } else {
        let mut roles = Vec::new();
        for role in args.reassign_owned_by.iter().flatten() {
            if exists(&mut session, role)? {
                roles.push(identifier(role));
            } else if args.fail_on_role {
                return Err(Failure::new(missing(role)));
            } else {
                host.warn(format!("{}, pass", missing(role)));
            }
        }
        if !roles.is_empty() {
            let (old, new) = (roles.join(","), identifier(&args.new_owner));
            session.change(format!("REASSIGN OWNED BY {old} TO {new}"))?;
        }
    }
    session.end()?;
    Ok(Outcome::changed_if(!session.queries.is_empty()).with("queries", session.queries))
}

fn exists(session: &mut Session, role: &str) -> Result<bool> {
    let statement = format!("SELECT 1 FROM pg_roles WHERE rolname = {}", literal(role));
    Ok(session.value(&statement)?.is_some())
}

fn set_owner(args: &Args, session: &mut Session, kind: ObjType, name: &str) -> Result<()> {
    if kind.needs_version_11() && session.connection.version() < 110_000 {
        let kind = kind.as_str();
        return Err(Failure::new(format!("PostgreSQL version must be >= 11 for obj_type={kind}.")));
    }
    let (list, column, owner, more) = kind.listed();
    // Lists for people have the owner's name, catalogues its number.
    let owner =
        if matches!(kind, ObjType::Table | ObjType::View | ObjType::Matview | ObjType::Schema) {
            owner.to_owned()
        } else {
            format!("pg_get_userbyid({owner})")
        };
    let is_call = matches!(kind, ObjType::Procedure | ObjType::Routine);
    let plain = if kind.has_own_name() || is_call {
        name.split('(').next().unwrap_or_default()
    } else {
        name
    };
    let known = session.value(&format!(
        "SELECT 1 FROM {list} WHERE {column} = {} AND {owner} = {}{more}",
        literal(plain),
        literal(&args.new_owner)
    ))?;
    if known.is_some() {
        return Ok(());
    }
    let name = if kind.has_own_name() {
        name.to_owned()
    } else if matches!(kind, ObjType::Database | ObjType::Schema | ObjType::Tablespace) {
        identifier(name)
    } else {
        dotted(name, "table", 3)?
    };
    let (words, owner) = (kind.words(), identifier(&args.new_owner));
    session.change(format!("ALTER {words} {name} OWNER TO {owner}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_called_as_statements_do() {
        assert_eq!(ObjType::TextSearchDictionary.words(), "TEXT SEARCH DICTIONARY");
        assert_eq!(ObjType::Matview.words(), "MATERIALIZED VIEW");
    }
}
