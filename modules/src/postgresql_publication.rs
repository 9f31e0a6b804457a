//! `postgresql_publication`: what of a database others may copy.

mod state;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, dotted, identifier, literal, warn_default},
    spec::{Json, JsonMap, python_str},
};
use state::{Publication, same_filter};

/// Adds, changes and removes publications of a PostgreSQL database
///
/// # Examples
/// ```yaml
/// - name: Publish two tables
///   community.postgresql.postgresql_publication:
///     login_db: shop
///     name: orders
///     tables: [orders, sales.customers]
///     parameters:
///       publish: insert,update
///
/// - name: Publish all that is in a schema
///   community.postgresql.postgresql_publication:
///     login_db: shop
///     name: sales
///     tables_in_schema: [sales]
/// ```
#[derive(Args)]
#[args(
    collection = "community.postgresql",
    also("community.general.postgresql_publication"),
    mutually_exclusive("tables", "tables_in_schema", "columns"),
    mutually_exclusive("rowfilters", "tables_in_schema")
)]
pub struct Args {
    /// Name of the publication
    name: String,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Tables that are published; all of them when there are no others either
    tables: Option<Vec<String>>,
    /// Schemas of which all tables are published
    tables_in_schema: Option<Vec<String>>,
    /// Tables, and the columns of each that are published
    columns: Option<JsonMap>,
    /// Tables, and what is to be true of the rows of each that are published
    rowfilters: Option<JsonMap>,
    /// Settings, as `publish`
    parameters: Option<JsonMap>,
    /// Role that owns it
    owner: Option<String>,
    /// Whether what needs it is removed, too
    #[arg(default = "false")]
    cascade: bool,
    /// Comment on it
    comment: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// What is to be published, with names as the server has them.
struct Wanted {
    tables: Vec<String>,
    columns: Vec<(String, Vec<String>)>,
    filters: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let parameters = args.parameters.iter().flatten();
    let parameters: Vec<(String, String)> =
        parameters.map(|(key, value)| (key.clone(), python_str(value))).collect();
    let pairs: Vec<String> =
        parameters.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let mut texts = vec![args.name.as_str()];
    texts.extend(args.owner.iter().chain(&args.comment).map(String::as_str));
    texts.extend(args.tables.iter().flatten().chain(&pairs).map(String::as_str));
    check_input(&args.login, &texts)?;
    let tables_given = args.tables.as_ref().is_some_and(|tables| !tables.is_empty());
    let ignored = [
        ("tables", tables_given),
        ("parameters", !parameters.is_empty()),
        ("owner", args.owner.as_ref().is_some_and(|owner| !owner.is_empty())),
    ];
    for (name, _) in ignored.iter().filter(|(_, given)| *given && args.state == State::Absent) {
        host.warn(format!("parameter \"{name}\" is ignored when \"state=absent\""));
    }
    if args.state == State::Present && args.cascade {
        host.warn("parameter \"cascade\" is ignored when \"state=present\"");
    }
    warn_default(host, args.login_db.as_deref().unwrap_or_default());
    let mut session = Session::looking(&args.login, host, args.login_db.as_deref())?;
    supported(&args, session.connection.version())?;
    let known = Publication::look(&mut session, &args.name)?;
    let name = dotted(&args.name, "publication", 1)?;
    let wanted = wanted(&args, parameters)?;
    match (args.state, &known) {
        (State::Present, None) => create(&args, &mut session, &wanted, &name)?,
        (State::Present, Some(known)) => update(&args, &mut session, &wanted, known, &name)?,
        (State::Absent, Some(_)) => {
            let cascade = if args.cascade { " CASCADE" } else { "" };
            session.change(format!("DROP PUBLICATION {name}{cascade}"))?;
        }
        (State::Absent, None) => (),
    }
    let now = Publication::look(&mut session, &args.name)?;
    let mut outcome = Outcome::changed_if(!session.queries.is_empty())
        .with("queries", session.queries)
        .with("exists", now.is_some());
    if args.state == State::Present || host.checking() {
        outcome.values.extend(now.as_ref().map_or_else(state::nothing, Publication::json));
    }
    Ok(outcome)
}

fn supported(args: &Args, version: u32) -> Result<()> {
    let columns = args.columns.as_ref().is_some_and(|columns| !columns.is_empty());
    let message = if version < 100_000 {
        "PostgreSQL server version should be 10.0 or greater"
    } else if version >= 150_000 {
        return Ok(());
    } else if args.tables_in_schema.is_some() {
        "Publication of tables in schema is supported by PostgreSQL 15 or greater"
    } else if columns {
        "Publication of columns is supported by PostgreSQL 15 or greater"
    } else if args.rowfilters.is_some() {
        "Row filtering is supported by PostgreSQL 15 or greater"
    } else {
        return Ok(());
    };
    Err(Failure::new(message))
}

/// A table with its schema, quoted.
fn table(name: &str) -> Result<String> {
    let name = name.trim();
    if name.contains('.') {
        return dotted(name, "table", 3);
    }
    dotted(&format!("public.{name}"), "table", 3)
}

fn wanted(args: &Args, parameters: Vec<(String, String)>) -> Result<Wanted> {
    let given = args.tables.iter().flatten();
    let tables: Result<Vec<String>> = given.map(|name| table(name)).collect();
    let mut columns = Vec::new();
    for (name, list) in args.columns.iter().flatten() {
        let list = match list {
            Json::Array(items) => items.iter().map(python_str).collect(),
            Json::Null => Vec::new(),
            other => vec![python_str(other)],
        };
        let mut list: Vec<String> = list.iter().map(|one: &String| one.trim().to_owned()).collect();
        list.sort_unstable();
        list.dedup();
        columns.push((table(name)?, list));
    }
    let mut filters = Vec::new();
    for (name, filter) in args.rowfilters.iter().flatten() {
        let text = python_str(filter);
        let text = text.trim();
        let bare = match text.split_at_checked(5) {
            Some((word, rest)) if word.eq_ignore_ascii_case("where") => rest.trim(),
            _ => text,
        };
        if !bare.is_empty() {
            filters.push((table(name)?, bare.to_owned()));
        }
    }
    Ok(Wanted { tables: tables?, columns, filters, parameters })
}

impl Wanted {
    fn filter(&self, table: &str) -> Option<&str> {
        let found = self.filters.iter().find(|(name, _)| name == table);
        found.map(|(_, filter)| filter.as_str())
    }

    /// A table as statements name it, with its columns and which rows of it.
    fn part(&self, table: &str, columns: &[String]) -> String {
        let mut part = table.to_owned();
        if !columns.is_empty() {
            let columns: Vec<String> = columns.iter().map(|one| identifier(one)).collect();
            part.push_str(&format!(" ({})", columns.join(", ")));
        }
        if let Some(filter) = self.filter(table) {
            part.push_str(&format!(" WHERE {filter}"));
        }
        part
    }

    fn all_tables(&self) -> String {
        let parts: Vec<String> = self.tables.iter().map(|table| self.part(table, &[])).collect();
        parts.join(", ")
    }

    fn all_columns(&self) -> String {
        let parts: Vec<String> =
            self.columns.iter().map(|(table, columns)| self.part(table, columns)).collect();
        parts.join(", ")
    }
}

fn create(args: &Args, session: &mut Session, wanted: &Wanted, name: &str) -> Result<()> {
    let schemas = args.tables_in_schema.as_deref().unwrap_or_default();
    let what = if !wanted.columns.is_empty() {
        format!("TABLE {}", wanted.all_columns())
    } else if !wanted.tables.is_empty() {
        format!("TABLE {}", wanted.all_tables())
    } else if !schemas.is_empty() {
        let schemas: Vec<String> = schemas.iter().map(|schema| identifier(schema)).collect();
        format!("TABLES IN SCHEMA {}", schemas.join(", "))
    } else {
        "ALL TABLES".to_owned()
    };
    let mut statement = format!("CREATE PUBLICATION {name} FOR {what}");
    if !wanted.parameters.is_empty() {
        let pairs: Vec<String> = wanted
            .parameters
            .iter()
            .map(|(key, value)| format!("{key} = {}", literal(value)))
            .collect();
        statement.push_str(&format!(" WITH ({})", pairs.join(", ")));
    }
    session.change(statement)?;
    if let Some(owner) = args.owner.as_deref().filter(|owner| !owner.is_empty()) {
        session.change(format!("ALTER PUBLICATION {name} OWNER TO {}", identifier(owner)))?;
    }
    if let Some(comment) = &args.comment {
        session.change(format!("COMMENT ON PUBLICATION {name} IS {}", literal(comment)))?;
    }
    Ok(())
}

fn update(
    args: &Args,
    session: &mut Session,
    wanted: &Wanted,
    known: &Publication,
    name: &str,
) -> Result<()> {
    if !wanted.columns.is_empty() {
        update_columns(session, wanted, known, name)?;
    }
    if !wanted.tables.is_empty() {
        update_tables(session, wanted, known, name)?;
    } else if let Some(schemas) = &args.tables_in_schema {
        for schema in schemas.iter().filter(|schema| !known.schemas.contains(schema)) {
            let schema = identifier(schema);
            session.change(format!("ALTER PUBLICATION {name} ADD TABLES IN SCHEMA {schema}"))?;
        }
        for schema in known.schemas.iter().filter(|schema| !schemas.contains(schema)) {
            let schema = identifier(schema);
            session.change(format!("ALTER PUBLICATION {name} DROP TABLES IN SCHEMA {schema}"))?;
        }
    }
    for (key, value) in &wanted.parameters {
        let published = |what: &str| value.split(',').any(|one| one == what);
        let same =
            key == "publish" && known.publish.iter().all(|(what, on)| *on == published(what));
        if !same {
            let value = literal(value);
            session.change(format!("ALTER PUBLICATION {name} SET ({key} = {value})"))?;
        }
    }
    let owner = args.owner.as_deref().filter(|owner| !owner.is_empty() && *owner != known.owner);
    if let Some(owner) = owner {
        session.change(format!("ALTER PUBLICATION {name} OWNER TO {}", identifier(owner)))?;
    }
    if let Some(comment) = args.comment.as_ref().filter(|comment| **comment != known.comment) {
        session.change(format!("COMMENT ON PUBLICATION {name} IS {}", literal(comment)))?;
    }
    Ok(())
}

fn update_columns(
    session: &mut Session,
    wanted: &Wanted,
    known: &Publication,
    name: &str,
) -> Result<()> {
    let mut whole = known.all_tables;
    for (table, columns) in wanted.columns.iter().filter(|(table, _)| known.has(table)) {
        let all = if columns.is_empty() { state::columns(session, table)? } else { Vec::new() };
        let columns = if columns.is_empty() { &all } else { columns };
        let other =
            |filter: &str| known.filter(table).is_some_and(|known| !same_filter(known, filter));
        whole |= known.columns(table) != Some(columns) || wanted.filter(table).is_some_and(other);
    }
    if whole {
        let all = wanted.all_columns();
        return session.change(format!("ALTER PUBLICATION {name} SET TABLE {all}"));
    }
    for (table, columns) in wanted.columns.iter().filter(|(table, _)| !known.has(table)) {
        let part = wanted.part(table, columns);
        session.change(format!("ALTER PUBLICATION {name} ADD TABLE {part}"))?;
    }
    for table in &known.tables {
        if !wanted.columns.iter().any(|(name, _)| name == table) {
            session.change(format!("ALTER PUBLICATION {name} DROP TABLE {table}"))?;
        }
    }
    Ok(())
}

fn update_tables(
    session: &mut Session,
    wanted: &Wanted,
    known: &Publication,
    name: &str,
) -> Result<()> {
    if known.all_tables {
        let all = wanted.all_tables();
        return session.change(format!("ALTER PUBLICATION {name} SET TABLE {all}"));
    }
    for table in &wanted.tables {
        let (now, then) = (known.filter(table), wanted.filter(table));
        let same = match (now, then) {
            (None, None) => true,
            (Some(now), Some(then)) => same_filter(now, then),
            _ => false,
        };
        if known.has(table) && same {
            continue;
        }
        if known.has(table) {
            session.change(format!("ALTER PUBLICATION {name} DROP TABLE {table}"))?;
        }
        let part = wanted.part(table, &[]);
        session.change(format!("ALTER PUBLICATION {name} ADD TABLE {part}"))?;
    }
    for table in known.tables.iter().filter(|table| !wanted.tables.contains(table)) {
        session.change(format!("ALTER PUBLICATION {name} DROP TABLE {table}"))?;
    }
    Ok(())
}
