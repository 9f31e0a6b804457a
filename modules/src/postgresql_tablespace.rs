//! `postgresql_tablespace`: places for the files of databases.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, identifier, literal},
    spec::{ArgPath, Json, JsonMap, python_str},
};

/// Adds, changes and removes tablespaces of a PostgreSQL server
///
/// # Examples
/// ```yaml
/// - name: Have a place on the fast disk
///   community.postgresql.postgresql_tablespace:
///     name: fast
///     location: /srv/fast/postgresql
///     owner: app
///
/// - name: Let reading from it be cheap
///   community.postgresql.postgresql_tablespace:
///     name: fast
///     set:
///       random_page_cost: 1.1
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_tablespace"))]
pub struct Args {
    /// Name of the tablespace
    #[arg(alias = "name")]
    tablespace: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Folder of its files
    #[arg(alias = "path")]
    location: Option<ArgPath>,
    /// Role that owns it
    owner: Option<String>,
    /// Settings, and their values or `reset`
    set: Option<JsonMap>,
    /// New name
    rename_to: Option<String>,
    /// Comment on it
    comment: Option<String>,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// A tablespace as it is.
#[derive(Default)]
struct Known {
    owner: String,
    settings: JsonMap,
    location: String,
    comment: Option<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let location = args.location.as_deref().filter(|path| !path.is_empty());
    let (owner, rename) = (filled(&args.owner), filled(&args.rename_to));
    let settings = args.set.clone().unwrap_or_default();
    let given = location.is_some() || owner.is_some() || rename.is_some() || !settings.is_empty();
    if args.state == State::Absent && given {
        return Err(Failure::new(
            "state=absent is mutually exclusive location, owner, rename_to, and set",
        ));
    }
    let pairs: Vec<String> =
        settings.iter().map(|(key, value)| format!("{key} = {}", python_str(value))).collect();
    let texts = [Some(args.tablespace.as_str()), location, owner.as_deref(), rename.as_deref()];
    let texts = texts.into_iter().chain([args.comment.as_deref()]).flatten();
    check_input(&args.login, &texts.chain(pairs.iter().map(String::as_str)).collect::<Vec<_>>())?;
    let mut session = Session::looking(&args.login, host, args.login_db.as_deref())?;
    let mut known = look(&args, &mut session)?;
    let name = identifier(&args.tablespace);
    if let (Some(known), Some(location)) = (&known, location)
        && known.location != location
    {
        return Err(Failure::new(format!(
            "Tablespace '{}' exists with different location '{}'",
            args.tablespace, known.location
        )));
    }
    let mut renamed = None;
    match (&known, args.state) {
        (None, State::Present) => {
            if rename.is_some() {
                let tablespace = &args.tablespace;
                return Err(Failure::new(format!(
                    "Tablespace {tablespace} does not exist, nothing to rename"
                )));
            }
            let location = location.ok_or_else(|| {
                Failure::new(
                    "'location' parameter must be passed with state=present if the tablespace doesn't exist",
                )
            })?;
            session.change(format!("CREATE TABLESPACE {name} LOCATION {}", literal(location)))?;
        }
        (Some(_), State::Absent) => session.change(format!("DROP TABLESPACE {name}"))?,
        (Some(_), State::Present) => {
            session.begin()?;
            renamed = rename.filter(|new| *new != args.tablespace);
            if let Some(new) = &renamed {
                session.change(format!("ALTER TABLESPACE {name} RENAME TO {}", identifier(new)))?;
            }
        }
        (None, State::Absent) => (),
    }
    if args.state == State::Present {
        // One that has another name now is told as it was.
        if let Some(now) = look(&args, &mut session)? {
            change(&args, &mut session, &now, owner.as_deref(), &settings)?;
            let had = now.settings;
            known = look(&args, &mut session)?;
            // What was taken back is told without a value.
            let reset = |key: &String| settings.get(key).is_some_and(|value| value == "reset");
            if let Some(known) = &mut known {
                let gone = had.into_iter().filter(|(key, _)| reset(key));
                known.settings.extend(gone.map(|(key, _)| (key, Json::Null)));
            }
        }
    }
    session.end()?;
    let known = known.unwrap_or_default();
    Ok(Outcome::changed_if(!session.queries.is_empty())
        .with("state", args.state.as_str())
        .with("tablespace", args.tablespace)
        .with("owner", known.owner)
        .with("queries", session.queries)
        .with("options", known.settings)
        .with("location", known.location)
        .with("comment", known.comment)
        .with_some("newname", renamed))
}

fn look(args: &Args, session: &mut Session) -> Result<Option<Known>> {
    let answer = session.rows(&format!(
        "SELECT pg_get_userbyid(spcowner), array_to_string(spcoptions, chr(1)), \
         pg_tablespace_location(oid), shobj_description(oid, 'pg_tablespace') \
         FROM pg_catalog.pg_tablespace WHERE spcname = {}",
        literal(&args.tablespace)
    ))?;
    let Some(row) = answer.rows.into_iter().next() else { return Ok(None) };
    let [owner, options, location, comment] = row.try_into().unwrap_or_default();
    let options = options.unwrap_or_default();
    let pairs = options.split('\u{1}').filter_map(|pair| pair.split_once('='));
    Ok(Some(Known {
        owner: owner.unwrap_or_default(),
        settings: pairs.map(|(key, value)| (key.to_owned(), value.into())).collect(),
        location: location.unwrap_or_default(),
        comment: Some(comment.unwrap_or_default()),
    }))
}

fn change(
    args: &Args,
    session: &mut Session,
    known: &Known,
    owner: Option<&str>,
    settings: &JsonMap,
) -> Result<()> {
    let name = identifier(&args.tablespace);
    if let Some(owner) = owner.filter(|owner| *owner != known.owner) {
        session.change(format!("ALTER TABLESPACE {name} OWNER TO {}", identifier(owner)))?;
    }
    for (key, value) in settings {
        let now = known.settings.get(key).and_then(Json::as_str);
        let value = python_str(value);
        if value == "reset" {
            if now.is_some() {
                session.change(format!("ALTER TABLESPACE {name} RESET ({key})"))?;
            }
        } else if now != Some(value.as_str()) {
            let value = literal(&value);
            session.change(format!("ALTER TABLESPACE {name} SET ({key} = {value})"))?;
        }
    }
    if let Some(comment) =
        args.comment.as_ref().filter(|comment| known.comment.as_ref() != Some(comment))
    {
        session.change(format!("COMMENT ON TABLESPACE {name} IS {}", literal(comment)))?;
    }
    Ok(())
}
