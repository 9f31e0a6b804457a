//! `postgresql_table`: tables of a database.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, dotted, identifier, literal, warn_default},
};

/// Adds, changes and removes tables of a PostgreSQL database
///
/// # Examples
/// ```yaml
/// - name: Have a table of users
///   community.postgresql.postgresql_table:
///     login_db: app
///     name: users
///     owner: app
///     columns:
///       - id bigserial primary key
///       - name text not null
///     storage_params: [fillfactor=70]
///
/// - name: Have one of the same columns
///   community.postgresql.postgresql_table:
///     login_db: app
///     name: old_users
///     like: users
///     including: comments, indexes
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_table"))]
pub struct Args {
    /// Name of the table, with its schema where that is another than `public`
    #[arg(alias = "name")]
    table: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Database to log in to
    #[arg(default = "", alias = "db")]
    login_db: String,
    /// Tablespace that it is in
    tablespace: Option<String>,
    /// Role that owns it
    owner: Option<String>,
    /// Whether its changes are kept out of the log
    #[arg(default = "false")]
    unlogged: bool,
    /// Table whose columns it gets
    like: Option<String>,
    /// What else it gets of that table, separated by commas
    including: Option<String>,
    /// New name
    rename: Option<String>,
    /// Whether all rows are removed
    #[arg(default = "false")]
    truncate: bool,
    /// Columns, as the server reads them
    columns: Option<Vec<String>>,
    /// Settings of how it is stored
    storage_params: Option<Vec<String>>,
    /// Whether what needs it is removed, too
    #[arg(default = "false")]
    cascade: bool,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// A table as it is.
struct Known {
    owner: String,
    tablespace: String,
    storage: Vec<String>,
}

fn has(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

/// Refuses what does not go together.
fn refuse(args: &Args) -> Result<()> {
    let list = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let (columns, storage) = (list(&args.columns), list(&args.storage_params));
    let (like, including, rename) =
        (has(args.like.as_ref()), has(args.including.as_ref()), has(args.rename.as_ref()));
    let shape = columns || like || args.unlogged || storage || including;
    let place = has(args.owner.as_ref()) || has(args.tablespace.as_ref());
    let message = if args.state == State::Absent && (args.truncate || rename || shape || place) {
        "state=absent is mutually exclusive with: truncate, rename, columns, tablespace, including, like, storage_params, unlogged, owner"
    } else if args.truncate && (rename || shape || place) {
        "truncate is mutually exclusive with: rename, columns, like, unlogged, including, storage_params, owner, tablespace"
    } else if rename && (shape || place) {
        "rename is mutually exclusive with: columns, like, unlogged, including, storage_params, owner, tablespace"
    } else if like && columns {
        "like and columns params are mutually exclusive"
    } else if including && !like {
        "including param needs like param specified"
    } else {
        return Ok(());
    };
    Err(Failure::new(format!("{}: {message}", args.table)))
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let single = [&args.tablespace, &args.owner, &args.like, &args.including, &args.rename];
    let mut texts = vec![args.table.as_str()];
    texts.extend(single.into_iter().flatten().map(String::as_str));
    let lists = args.storage_params.iter().chain(&args.columns);
    texts.extend(lists.flatten().map(String::as_str));
    check_input(&args.login, &texts)?;
    if args.state == State::Present && args.cascade {
        host.warn("cascade=true is ignored when state=present");
    }
    refuse(&args)?;
    warn_default(host, &args.login_db);
    let mut session = Session::trying(&args.login, host, Some(&args.login_db))?;
    let known = look(&mut session, &args.table)?;
    let name = dotted(&args.table, "table", 3)?;
    let mut shown = args.table.as_str();
    if args.state == State::Absent {
        if known.is_some() {
            let cascade = if args.cascade { " CASCADE" } else { "" };
            session.change(format!("DROP TABLE {name}{cascade}"))?;
        }
    } else if args.truncate {
        session.change(format!("TRUNCATE TABLE {name}"))?;
    } else if let Some(new) = args.rename.as_deref().filter(|new| !new.is_empty()) {
        session.change(format!("ALTER TABLE {name} RENAME TO {}", dotted(new, "table", 3)?))?;
        shown = new;
    } else {
        match &known {
            Some(known) if !has(args.like.as_ref()) => alter(&args, &mut session, known, &name)?,
            _ => create(&args, &mut session, &name)?,
        }
    }
    session.end()?;
    let changed = !session.queries.is_empty();
    let now = if changed { look(&mut session, shown)? } else { None };
    let state = match &now {
        None if changed => "absent",
        None if known.is_none() => "",
        _ => "present",
    };
    let mut outcome = Outcome::changed_if(changed)
        .with("table", args.table.as_str())
        .with("state", state)
        .with("queries", session.queries);
    // Of a table that is gone it is told how it was.
    if let Some(known) = now.or(known) {
        outcome = outcome
            .with("owner", known.owner)
            .with("tablespace", known.tablespace)
            .with("storage_params", known.storage);
    }
    Ok(outcome)
}

fn look(session: &mut Session, table: &str) -> Result<Option<Known>> {
    let mut parts = table.rsplit('.');
    let name = parts.next().unwrap_or_default();
    let schema = parts.next().unwrap_or("public");
    let answer = session.rows(&format!(
        "SELECT t.tableowner, t.tablespace, array_to_string(c.reloptions, chr(1)) \
         FROM pg_tables AS t JOIN pg_class AS c ON c.relname = t.tablename \
         JOIN pg_namespace AS n ON t.schemaname = n.nspname AND c.relnamespace = n.oid \
         WHERE t.tablename = {} AND n.nspname = {}",
        literal(name),
        literal(schema)
    ))?;
    let Some(row) = answer.rows.into_iter().next() else { return Ok(None) };
    let [owner, tablespace, options] = row.try_into().unwrap_or_default();
    let options = options.unwrap_or_default();
    Ok(Some(Known {
        owner: owner.unwrap_or_default(),
        tablespace: tablespace.unwrap_or_default(),
        storage: options.split('\u{1}').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
    }))
}

fn alter(args: &Args, session: &mut Session, known: &Known, name: &str) -> Result<()> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(tablespace) = filled(&args.tablespace).filter(|one| *one != known.tablespace) {
        session.change(format!("ALTER TABLE {name} SET TABLESPACE {}", identifier(&tablespace)))?;
    }
    if let Some(owner) = filled(&args.owner).filter(|owner| *owner != known.owner) {
        session.change(format!("ALTER TABLE {name} OWNER TO {}", identifier(&owner)))?;
    }
    let given = args.storage_params.as_deref().unwrap_or_default().join(",");
    let is_new = |one: &str| !known.storage.iter().any(|known| known == one.trim_matches(' '));
    if !given.is_empty() && given.split(',').any(is_new) {
        session.change(format!("ALTER TABLE {name} SET ({given})"))?;
    }
    Ok(())
}

fn create(args: &Args, session: &mut Session, name: &str) -> Result<()> {
    let unlogged = if args.unlogged { "UNLOGGED " } else { "" };
    let columns = args.columns.as_deref().unwrap_or_default().join(",");
    let mut statement = format!("CREATE {unlogged}TABLE {name} ({columns})");
    let like = args.like.as_deref().filter(|like| !like.is_empty());
    if let Some(like) = like {
        let including = args.including.as_deref().filter(|text| !text.is_empty());
        let parts = including.into_iter().flat_map(|text| text.split(','));
        let parts: Vec<String> = parts.map(|part| format!(" INCLUDING {part}")).collect();
        let like = dotted(like, "table", 3)?;
        statement = format!("CREATE {unlogged}TABLE {name} (LIKE {like}{})", parts.concat());
    }
    let storage = args.storage_params.as_deref().unwrap_or_default().join(",");
    if !storage.is_empty() {
        statement.push_str(&format!(" WITH ({storage})"));
    }
    if let Some(tablespace) = args.tablespace.as_deref().filter(|text| !text.is_empty()) {
        statement.push_str(&format!(" TABLESPACE {}", identifier(tablespace)));
    }
    session.change(statement)?;
    // The reference leaves the owner of a table like another one alone.
    if let Some(owner) = args.owner.as_deref().filter(|owner| !owner.is_empty() && like.is_none()) {
        session.change(format!("ALTER TABLE {name} OWNER TO {}", identifier(owner)))?;
    }
    Ok(())
}
