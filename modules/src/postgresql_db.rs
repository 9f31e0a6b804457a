//! `postgresql_db`: databases.

mod dump;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Answer, Connection, Login, check_input, identifier, literal},
    spec::{ArgPath, Json},
};

/// Adds, changes, removes, dumps and restores PostgreSQL databases
///
/// # Examples
/// ```yaml
/// - name: Have a database for the application
///   community.postgresql.postgresql_db:
///     name: app
///     owner: app
///     encoding: UTF-8
///
/// - name: Save it
///   community.postgresql.postgresql_db:
///     name: app
///     state: dump
///     target: /var/backups/app.sql.gz
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_db"))]
#[expect(clippy::struct_field_names, reason = "the names are the reference's")]
pub struct Args {
    /// Name of the database
    #[arg(name = "db", alias = "name")]
    name: String,
    /// What should be; `rename` takes the new name from `target`
    #[arg(default = "present")]
    state: State,
    /// Role that owns it
    #[arg(default = "")]
    owner: String,
    /// Database that it is made from
    #[arg(default = "")]
    template: String,
    /// Encoding, which cannot be changed later
    #[arg(default = "")]
    encoding: String,
    /// Order of texts, which cannot be changed later
    #[arg(default = "")]
    lc_collate: String,
    /// Kinds of characters, which cannot be changed later
    #[arg(default = "")]
    lc_ctype: String,
    /// Locale of ICU
    #[arg(default = "")]
    icu_locale: String,
    /// Who provides locales: `icu` or `libc`
    #[arg(default = "")]
    locale_provider: String,
    /// How many may be connected at a time
    #[arg(default = "")]
    conn_limit: String,
    /// Tablespace of the database
    #[arg(default = "")]
    tablespace: ArgPath,
    /// Comment on the database
    comment: Option<String>,
    /// File to dump to or restore from; for `rename` the new name
    #[arg(default = "")]
    target: ArgPath,
    /// Options for the programs that dump and restore
    #[arg(default = "")]
    target_opts: String,
    /// Further arguments for `pg_dump`
    dump_extra_args: Option<String>,
    /// Database to log in to
    #[arg(default = "postgres")]
    maintenance_db: String,
    /// Whether those who are connected are thrown out when it is removed
    #[arg(default = "false")]
    force: bool,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Dump,
    Present,
    Rename,
    Restore,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let texts = [
        &args.name,
        &args.owner,
        &args.template,
        &args.encoding,
        &args.conn_limit,
        &args.tablespace.0,
    ];
    check_input(&args.login, &texts.map(String::as_str))?;
    if args.state == State::Rename {
        if args.target.is_empty() {
            return Err(Failure::new(
                "The \"target\" option must be defined when the \"rename\" option is used.",
            ));
        }
        if *args.target == args.name {
            return Err(Failure::new(
                "The \"name/db\" option and the \"target\" option cannot be the same.",
            ));
        }
        if args.maintenance_db == args.name {
            return Err(Failure::new(
                "The \"maintenance_db\" option and the \"name/db\" option cannot be the same.",
            ));
        }
    }
    if matches!(args.state, State::Dump | State::Restore) {
        return dump::run(&args, host);
    }
    let mut connection = args.login.connect(host, &args.maintenance_db)?;
    let mut work =
        Work { args: &args, host, done: Vec::new(), predicted: false, connection: &mut connection };
    let changed = match args.state {
        State::Absent => work.remove()?,
        State::Rename => work.rename()?,
        _ => work.keep()?,
    };
    let done = work.done;
    Ok(Outcome::changed_if(changed).with("db", args.name.as_str()).with("executed_commands", done))
}

struct Work<'a> {
    args: &'a Args,
    host: &'a Host,
    done: Vec<Json>,
    /// Whether something would be done.
    predicted: bool,
    connection: &'a mut Connection,
}

/// What a database is.
struct Database {
    owner: String,
    encoding: String,
    collate: String,
    ctype: String,
    /// Who provides locales, as the argument names it.
    provider: &'static str,
    icu_locale: String,
    conn_limit: String,
    tablespace: String,
    comment: Option<String>,
}

impl Work<'_> {
    fn ask(&mut self, statement: &str) -> Result<Answer> {
        self.connection
            .run(statement)
            .map_err(|error| Failure::new(format!("Database query failed: {error}")))
    }

    fn change(&mut self, statement: String) -> Result<()> {
        if self.host.checking() {
            self.predicted = true;
        } else {
            self.ask(&statement)?;
            self.done.push(statement.into());
        }
        Ok(())
    }

    fn look(&mut self, name: &str) -> Result<Option<Database>> {
        let locale = match self.connection.version() {
            170_000.. => "datlocprovider, datlocale",
            150_000.. => "datlocprovider, daticulocale",
            _ => "'c', NULL",
        };
        let answer = self.ask(&format!(
            "SELECT rolname, pg_encoding_to_char(encoding), datcollate, datctype, {locale}, datconnlimit, spcname, shobj_description(pg_database.oid, 'pg_database') FROM pg_catalog.pg_database JOIN pg_catalog.pg_roles ON pg_roles.oid = pg_database.datdba JOIN pg_catalog.pg_tablespace ON pg_tablespace.oid = pg_database.dattablespace WHERE datname = {}",
            literal(name)
        ))?;
        Ok(answer.rows.into_iter().next().map(|row| {
            let mut cells = row.into_iter();
            let mut next = || cells.next().flatten();
            let mut text = || next().unwrap_or_default();
            let (owner, encoding, collate, ctype) = (text(), text(), text(), text());
            let provider = match text().as_str() {
                "i" => "icu",
                "b" => "builtin",
                _ => "libc",
            };
            Database {
                owner,
                encoding,
                collate,
                ctype,
                provider,
                icu_locale: text(),
                conn_limit: text(),
                tablespace: text(),
                comment: next(),
            }
        }))
    }

    fn keep(&mut self) -> Result<bool> {
        let args = self.args;
        let Some(now) = self.look(&args.name)? else {
            self.create()?;
            return Ok(true);
        };
        self.refuse_what_stays(&now)?;
        let name = identifier(&args.name);
        if !args.owner.is_empty() && args.owner != now.owner {
            self.change(format!("ALTER DATABASE {name} OWNER TO {}", identifier(&args.owner)))?;
        }
        if !args.conn_limit.is_empty() && args.conn_limit != now.conn_limit {
            self.change(format!(
                "ALTER DATABASE {name} CONNECTION LIMIT {}",
                number(&args.conn_limit)?
            ))?;
        }
        if !args.tablespace.is_empty() && *args.tablespace != now.tablespace {
            self.change(format!(
                "ALTER DATABASE {name} SET TABLESPACE {}",
                identifier(&args.tablespace)
            ))?;
        }
        if args.comment.as_ref().is_some_and(|comment| *comment != now.comment.unwrap_or_default())
        {
            self.comment()?;
        }
        Ok(self.predicted || !self.done.is_empty())
    }

    /// What is given at the creation cannot be changed later.
    fn refuse_what_stays(&mut self, now: &Database) -> Result<()> {
        let args = self.args;
        if !args.encoding.is_empty() {
            let wanted = self.ask(&format!(
                "SELECT pg_encoding_to_char(pg_char_to_encoding({}))",
                literal(&args.encoding)
            ))?;
            let wanted = crate::postgres::scalar(&wanted).unwrap_or_default();
            if wanted != now.encoding {
                return Err(Failure::new(format!(
                    "Changing database encoding is not supported. Current encoding: {}",
                    now.encoding
                )));
            }
        }
        for (wanted, is, name) in [
            (&args.lc_collate, now.collate.as_str(), "LC_COLLATE"),
            (&args.lc_ctype, &now.ctype, "LC_CTYPE"),
            (&args.icu_locale, &now.icu_locale, "ICU_LOCALE"),
            (&args.locale_provider, now.provider, "LOCALE_PROVIDER"),
        ] {
            if !wanted.is_empty() && wanted != is {
                // The reference has no space behind the sentence but for the order of texts.
                let space = if name == "LC_COLLATE" { " " } else { "" };
                return Err(Failure::new(format!(
                    "Changing {name} is not supported.{space}Current {name}: {is}"
                )));
            }
        }
        Ok(())
    }

    fn create(&mut self) -> Result<()> {
        let args = self.args;
        let mut statement = format!("CREATE DATABASE {}", identifier(&args.name));
        let mut add = |word: &str, value: &str, quote: fn(&str) -> String| {
            if !value.is_empty() {
                statement.push_str(&format!(" {word} {}", quote(value)));
            }
        };
        add("OWNER", &args.owner, identifier);
        add("TEMPLATE", &args.template, identifier);
        add("ENCODING", &args.encoding, literal);
        add("LC_COLLATE", &args.lc_collate, literal);
        add("LC_CTYPE", &args.lc_ctype, literal);
        add("ICU_LOCALE", &args.icu_locale, literal);
        add("LOCALE_PROVIDER", &args.locale_provider, literal);
        add("TABLESPACE", &args.tablespace, identifier);
        if !args.conn_limit.is_empty() {
            statement.push_str(&format!(" CONNECTION LIMIT {}", number(&args.conn_limit)?));
        }
        self.change(statement)?;
        if args.comment.is_some() {
            self.comment()?;
        }
        Ok(())
    }

    fn comment(&mut self) -> Result<()> {
        let comment = literal(self.args.comment.as_deref().unwrap_or_default());
        self.change(format!("COMMENT ON DATABASE {} IS {comment}", identifier(&self.args.name)))
    }

    fn remove(&mut self) -> Result<bool> {
        if self.look(&self.args.name)?.is_none() {
            return Ok(false);
        }
        let force = self.args.force && self.connection.version() >= 130_000;
        let force = if force { " WITH (FORCE)" } else { "" };
        self.change(format!("DROP DATABASE {}{force}", identifier(&self.args.name)))?;
        Ok(true)
    }

    fn rename(&mut self) -> Result<bool> {
        let args = self.args;
        let (source, target) =
            (self.look(&args.name)?.is_some(), self.look(&args.target)?.is_some());
        match (source, target) {
            (true, true) => Err(Failure::new("Both the source and the target databases exist.")),
            (false, false) => {
                Err(Failure::new("The source and the target databases do not exist."))
            }
            (false, true) => Ok(false),
            (true, false) => {
                let (from, to) = (identifier(&args.name), identifier(&args.target));
                self.change(format!("ALTER DATABASE {from} RENAME TO {to}"))?;
                Ok(true)
            }
        }
    }
}

fn number(text: &str) -> Result<i64> {
    text.trim().parse().map_err(|_| {
        Failure::new("Database query failed: connection_limit requires an integer value\n")
    })
}
