//! `redis`: settings, role and content of a Redis server.

mod wire;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    spec::Json,
};
use wire::{Login, Server};

/// Configures, flushes or replicates a Redis server
///
/// # Examples
/// ```yaml
/// - name: Let the server have 256 MB
///   community.general.redis:
///     command: config
///     name: maxmemory
///     value: 256MB
///
/// - name: Follow another server
///   community.general.redis:
///     command: replica
///     master_host: redis1
///     master_port: 6379
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// What to do: change a setting, remove keys, or follow another server
    command: Option<Task>,
    /// Server to follow
    master_host: Option<String>,
    /// Its port
    master_port: Option<i64>,
    /// Whether it follows another server, or none
    #[arg(default = "replica", alias = "slave_mode")]
    replica_mode: Mode,
    /// Number of the database whose keys are removed
    db: Option<i64>,
    /// Whether the keys of one database are removed, or of all
    #[arg(default = "all")]
    flush_mode: FlushMode,
    /// Name of the setting
    name: Option<String>,
    /// Its value; sizes may have units
    value: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Task {
    Config,
    Flush,
    Replica,
    Slave,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Master,
    Replica,
    Slave,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum FlushMode {
    All,
    Db,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    match args.command {
        Some(Task::Replica | Task::Slave) => replicate(&args, host),
        Some(Task::Flush) => flush(&args, host),
        Some(Task::Config) => configure(&args, host),
        None => Err(Failure::new("A valid command must be provided")),
    }
}

/// Connects, and sees that the server answers.
fn connected(args: &Args, db: Option<i64>, host: &Host) -> Result<Server> {
    Server::reach(&args.login, db, host)
        .map_err(|reason| Failure::new(format!("unable to connect to database: {reason}")))
}

fn replicate(args: &Args, host: &Host) -> Result<Outcome> {
    let (name, port) = (args.master_host.as_deref().unwrap_or_default(), args.master_port);
    let port = port.unwrap_or_default().to_string();
    let is_master = args.replica_mode == Mode::Master;
    if !is_master && name.is_empty() {
        return Err(Failure::new("In replica mode master host must be provided"));
    }
    if !is_master && port == "0" {
        return Err(Failure::new("In replica mode master port must be provided"));
    }
    let mut server = connected(args, None, host)?;
    let info = server.ask(&["INFO"]).map_err(Failure::raised)?;
    let has = |key: &str, value: &str| {
        let mut pairs = info.lines().filter_map(|line| line.split_once(':'));
        pairs.any(|(this, has)| this == key && has.trim_end() == value)
    };
    let told = |changed| {
        let mode = if is_master {
            Json::from("master")
        } else {
            serde_json::json!({
                "status": "replica", "master_host": name, "master_port": args.master_port,
            })
        };
        Ok(Outcome::changed_if(changed).with("mode", mode))
    };
    let same = if is_master {
        has("role", "master")
    } else {
        has("role", "slave") && has("master_host", name) && has("master_port", &port)
    };
    if same || host.checking() {
        return told(!same);
    }
    let words = if is_master { ["SLAVEOF", "NO", "ONE"] } else { ["SLAVEOF", name, &port] };
    if server.ask(&words).is_err() {
        let mode = if is_master { "master" } else { "replica" };
        return Err(Failure::new(format!("Unable to set {mode} mode")));
    }
    told(true)
}

fn flush(args: &Args, host: &Host) -> Result<Outcome> {
    let one = args.flush_mode == FlushMode::Db;
    if one && args.db.is_none() {
        return Err(Failure::new("In db mode the db number must be provided"));
    }
    let mut server = connected(args, args.db, host)?;
    if !host.checking() && server.ask(&[if one { "FLUSHDB" } else { "FLUSHALL" }]).is_err() {
        let db = args.db.unwrap_or_default();
        return Err(Failure::new(if one {
            format!("Unable to flush '{db}' database")
        } else {
            "Unable to flush all databases".to_owned()
        }));
    }
    let outcome = Outcome::changed_if(true).with("flushed", true);
    Ok(if one { outcome.with("db", args.db) } else { outcome })
}

fn configure(args: &Args, host: &Host) -> Result<Outcome> {
    let Some(value) = args.value.as_deref() else {
        return Err(Failure::raised("'NoneType' object has no attribute 'upper'"));
    };
    let value = bytes(value).unwrap_or_else(|| value.to_owned());
    let mut server = connected(args, None, host)?;
    let Some(name) = args.name.as_deref() else {
        let reason =
            "Invalid input of type: 'NoneType'. Convert to a bytes, string, int or float first.";
        return Err(Failure::new(format!("unable to read config: {reason}")));
    };
    let now = server
        .ask(&["CONFIG", "GET", name])
        .and_then(|said| {
            let mut lines = said.split('\n');
            lines.find(|line| *line == name).ok_or_else(|| format!("'{name}'"))?;
            Ok(lines.collect::<Vec<_>>().join("\n"))
        })
        .map_err(|reason| Failure::new(format!("unable to read config: {reason}")))?;
    let changed = now != value;
    if changed && !host.checking() {
        server
            .ask(&["CONFIG", "SET", name, &value])
            .map_err(|reason| Failure::new(format!("unable to write config: {reason}")))?;
    }
    Ok(Outcome::changed_if(changed).with("name", name).with("value", value))
}

/// A size with or without a unit, in bytes; `None` for what is none.
fn bytes(text: &str) -> Option<String> {
    let text = text.trim().to_uppercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim_start();
    let (prefix, rest) = unit.split_at_checked(1).unwrap_or(("B", ""));
    let power = "BKMGTPEZY".find(prefix)?;
    let is_byte = rest.is_empty() || rest.starts_with('B') || unit.contains("BYTE");
    if !is_byte || !unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let power = i32::try_from(power).ok()?;
    Some(format!("{:.0}", (number * 1024_f64.powi(power)).round_ties_even()))
}

#[cfg(test)]
mod tests;
