//! `mysql_db`: databases of a MySQL or MariaDB server.

mod dump;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    mysql::{Connection, Login, identifier, literal},
    spec::ArgPath,
};

/// Keeps databases of a MySQL or MariaDB server, writes them to files and reads them back
///
/// # Examples
/// ```yaml
/// - name: Have a database
///   community.mysql.mysql_db:
///     name: shop
///     encoding: utf8mb4
///
/// - name: Write it to a file
///   community.mysql.mysql_db:
///     name: shop
///     state: dump
///     target: /var/backups/shop.sql.gz
/// ```
#[derive(Args)]
#[args(collection = "community.mysql", also("community.general.mysql_db"))]
#[expect(clippy::struct_field_names, reason = "the names are the reference's")]
pub struct Args {
    /// Names of the databases; `all` for all when they are written or read
    #[arg(alias = "db")]
    name: Names,
    /// Whether they should be there, or are written or read
    #[arg(default = "present")]
    state: State,
    /// Order of texts in a new one
    #[arg(default = "")]
    collation: String,
    /// Character set of a new one
    #[arg(default = "")]
    encoding: String,
    /// File that is written or read
    target: Option<ArgPath>,
    /// Whether rows are written one by one
    #[arg(default = "true")]
    quick: bool,
    /// Whether they are written as they are at one moment
    #[arg(default = "false")]
    single_transaction: bool,
    /// Tables that are not written
    ignore_tables: Vec<String>,
    /// Whether bytes are written in hexadecimal
    #[arg(default = "false")]
    hex_blob: bool,
    /// Whether it goes on after errors
    #[arg(default = "false")]
    force: bool,
    /// Whether the place in the log of a primary is written: 1 as a statement, 2 as a comment
    #[arg(default = "0")]
    master_data: Place,
    /// Whether tables are not locked
    #[arg(default = "false")]
    skip_lock_tables: bool,
    /// Further arguments of the program that writes
    dump_extra_args: Option<String>,
    /// Whether the password is an argument of the programs, which others can see
    #[arg(default = "false")]
    unsafe_login_password: bool,
    /// Whether a shell starts the program that reads
    #[arg(default = "false")]
    #[expect(dead_code, reason = "a shell starts it in any case")]
    use_shell: bool,
    /// Whether only the file of options counts
    #[arg(default = "false")]
    restrict_config_file: bool,
    /// Whether root without a password is tried first
    #[arg(default = "false")]
    check_implicit_admin: bool,
    /// Whether the file of options goes before defaults
    #[arg(default = "false")]
    #[expect(dead_code, reason = "a file's host and port already go before defaults")]
    config_overrides_defaults: bool,
    /// Folder in which the programs start
    chdir: Option<ArgPath>,
    /// Whether a program in front of a compressor must succeed
    #[arg(default = "false")]
    pipefail: bool,
    /// Whether the server's log has what is done
    #[arg(default = "true")]
    sql_log_bin: bool,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Dump,
    Import,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[choice("0")]
    None,
    #[choice("1")]
    Statement,
    #[choice("2")]
    Comment,
}

/// Names, at least one.
#[derive(Clone, Debug)]
struct Names(Vec<String>);

impl crate::spec::FromArg for Names {
    const KIND: crate::spec::Kind = crate::spec::Kind::List;
    const ELEMENTS: Option<crate::spec::Kind> = Some(crate::spec::Kind::Str);
    fn from_arg(value: &crate::spec::Json) -> std::result::Result<Self, crate::spec::Mismatch> {
        Vec::<String>::from_arg(value).map(Names)
    }
}

#[expect(clippy::too_many_lines, reason = "one setting after the other")]
pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let names: Vec<String> = args.name.0.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().any(|name| name == "all") {
        if names.len() > 1 {
            return Err(Failure::new("name=all cannot be combined with other names"));
        }
        if matches!(args.state, State::Present | State::Absent) {
            return Err(Failure::new(
                "name is not allowed to equal 'all' unless state equals import, or dump.",
            ));
        }
    }
    if matches!(args.state, State::Dump | State::Import) && args.target.is_none() {
        return Err(Failure::new(format!("with state={} target is required", args.state.as_str())));
    }
    if args.state == State::Import && names.len() > 1 {
        return Err(Failure::new("Multiple databases are not supported with state=import"));
    }
    let mut connection = connect(&args, host)?;
    if !args.sql_log_bin {
        tell(&mut connection, "SET SQL_LOG_BIN=0;")?;
    }
    let all = names.first().is_some_and(|name| name == "all");
    let mut there = Vec::new();
    for name in names.iter().filter(|_| !all) {
        let found =
            tell(&mut connection, &format!("SHOW DATABASES LIKE {}", literal(&like(name))))?;
        if !found.rows.is_empty() {
            there.push(name.clone());
        }
    }
    let missing: Vec<String> =
        names.iter().filter(|name| !all && !there.contains(name)).cloned().collect();
    let mut commands = Vec::new();
    let outcome = |changed: bool, commands: Vec<String>| {
        let found =
            Outcome::changed_if(changed).with("db", names.join(" ")).with("db_list", names.clone());
        if host.checking() { found } else { found.with("executed_commands", commands) }
    };
    match args.state {
        State::Absent => {
            for name in &there {
                let statement = format!("DROP DATABASE {}", identifier(name));
                if !host.checking() {
                    tell(&mut connection, &statement).map_err(|error| {
                        Failure::new(format!("error deleting database: {error}"))
                    })?;
                    commands.push(statement);
                }
            }
            Ok(outcome(!there.is_empty(), commands))
        }
        State::Present => {
            for name in &missing {
                let statement = create(&args, name);
                if !host.checking() {
                    tell(&mut connection, &statement).map_err(|error| {
                        Failure::new(format!("error creating database: {error}"))
                    })?;
                    commands.push(statement);
                }
            }
            Ok(outcome(!missing.is_empty(), commands))
        }
        State::Dump => {
            if !missing.is_empty() {
                return Err(Failure::new(format!(
                    "Cannot dump database(s) '{}' - not found",
                    missing.join(", ")
                )));
            }
            if host.checking() {
                return Ok(outcome(true, commands));
            }
            let (command, told) = dump::write(&args, host, &names, all)?;
            commands.push(command);
            Ok(outcome(true, commands).with("msg", told))
        }
        State::Import => {
            if host.checking() {
                return Ok(outcome(true, commands));
            }
            for name in &missing {
                let statement = create(&args, name);
                tell(&mut connection, &statement)
                    .map_err(|error| Failure::new(format!("error creating database: {error}")))?;
                commands.push(statement);
            }
            let (command, told) = dump::read(&args, host, &names, all)?;
            commands.push(command);
            Ok(outcome(true, commands).with("msg", told))
        }
    }
}

fn create(args: &Args, name: &str) -> String {
    let mut statement = format!("CREATE DATABASE {}", identifier(name));
    if !args.encoding.is_empty() {
        statement.push_str(&format!(" CHARACTER SET {}", literal(&args.encoding)));
    }
    if !args.collation.is_empty() {
        statement.push_str(&format!(" COLLATE {}", literal(&args.collation)));
    }
    statement
}

/// A name as a pattern that only fits it.
fn like(name: &str) -> String {
    name.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%")
}

fn tell(connection: &mut Connection, statement: &str) -> Result<crate::mysql::Answer> {
    connection.run(statement).map_err(|error| Failure::new(error.to_string()))
}

fn connect(args: &Args, host: &Host) -> Result<Connection> {
    if args.check_implicit_admin
        && let Ok(connection) = args.login.as_root(host)
    {
        return Ok(connection);
    }
    args.login.try_connect(host, None).map_err(|error| {
        let path = &*args.login.config_file;
        let about = if host.exists(path) {
            format!("unable to connect to database, check login_user and login_password are correct or {path} has the credentials.")
        } else {
            format!("unable to find {path}.")
        };
        Failure::new(format!("{about} Exception message: {error}"))
    })
}
