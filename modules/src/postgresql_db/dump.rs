//! Dumping and restoring, by the programs that PostgreSQL brings.

use super::{Args, State};
use crate::{
    host::{Command, Failure, Host, Outcome, Result, quote_word},
    postgres::literal,
};

pub(super) fn run(args: &Args, host: &Host) -> Result<Outcome> {
    if args.target.is_empty() {
        return Err(Failure::new("parameter 'target' must be set when state is dump or restore"));
    }
    let mut connection = args.login.connect(host, &args.maintenance_db)?;
    let known = connection
        .run(&format!(
            "SELECT 1 FROM pg_catalog.pg_database WHERE datname = {}",
            literal(&args.name)
        ))
        .map_err(|error| Failure::new(format!("Database query failed: {error}")))?;
    let there = !known.rows.is_empty();
    if args.state == State::Dump && !there {
        return Err(Failure::new(format!("source database \"{}\" does not exist", args.name)));
    }
    let line = if args.state == State::Dump { dump_line(args) } else { restore_line(args) };
    let shown = line.clone();
    let mut command = Command::shell(line);
    if !args.login.login_password.is_empty() {
        command = command.env("PGPASSWORD", &args.login.login_password);
    }
    let Some(output) = host.change(&command)? else {
        return Ok(Outcome::changed_if(true)
            .with("db", args.name.as_str())
            .with("executed_commands", vec![shown]));
    };
    let error = output.error_text();
    if !output.success() || error.contains("ERROR:") && args.state == State::Restore {
        return Err(Failure::new(error.clone())
            .with("stdout", output.text())
            .with("stderr", error)
            .with("rc", output.status.max(1))
            .with("cmd", shown.clone())
            .with("executed_commands", vec![shown]));
    }
    let message = if args.state == State::Dump { output.text() } else { String::new() };
    Ok(Outcome::changed_if(true)
        .with("msg", message)
        .with("stderr", error)
        .with("rc", 0)
        .with("cmd", shown.as_str())
        .with("db", args.name.as_str())
        .with("executed_commands", vec![shown]))
}

fn login_flags(args: &Args) -> String {
    let login = &args.login;
    let place =
        if login.login_host.is_empty() { &login.login_unix_socket } else { &login.login_host };
    let mut flags = format!(" --dbname={}", quote_word(&args.name));
    if !place.is_empty() {
        flags.push_str(&format!(" --host={}", quote_word(place)));
    }
    flags.push_str(&format!(
        " --port={} --username={}",
        login.login_port,
        quote_word(&login.login_user)
    ));
    flags
}

fn dump_line(args: &Args) -> String {
    let target = args.target.as_str();
    let mut line = format!("pg_dump{}", login_flags(args));
    let ending = target.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "tar" => line.push_str(" --format=t"),
        "pgc" => line.push_str(" --format=c"),
        "dir" => line.push_str(" --format=d"),
        _ => (),
    }
    for more in [args.dump_extra_args.as_deref().unwrap_or_default(), &args.target_opts] {
        if !more.is_empty() {
            line.push_str(&format!(" {more}"));
        }
    }
    let target = quote_word(target);
    match ending {
        "dir" => format!("{line} -f {target}"),
        "gz" => packed(&line, "gzip", &target),
        "bz2" => packed(&line, "bzip2", &target),
        "xz" => packed(&line, "xz", &target),
        _ => format!("{line} > {target}"),
    }
}

/// A dump through a packer, whose failure is not hidden by the packer's success.
fn packed(line: &str, packer: &str, target: &str) -> String {
    format!(
        "{{ {{ {line}; echo $? >&3; }} | {packer} > {target}; }} 3>&1 | {{ read status; exit $status; }}"
    )
}

fn restore_line(args: &Args) -> String {
    let target = args.target.as_str();
    let ending = target.rsplit_once('.').map_or("", |(_, ending)| ending);
    let program = if matches!(ending, "tar" | "pgc" | "dir") { "pg_restore" } else { "psql" };
    let mut line = format!("{program}{}", login_flags(args));
    match ending {
        "tar" => line.push_str(" --format=Tar"),
        "pgc" => line.push_str(" --format=Custom"),
        "dir" => line.push_str(" --format=Directory"),
        _ => (),
    }
    if !args.target_opts.is_empty() {
        line.push_str(&format!(" {}", args.target_opts));
    }
    let target = quote_word(target);
    match ending {
        "dir" => format!("{line} {target}"),
        "gz" => format!("gzip -dc {target} | {line}"),
        "bz2" => format!("bzip2 -dc {target} | {line}"),
        "xz" => format!("xz -dc {target} | {line}"),
        _ => format!("{line} < {target}"),
    }
}
