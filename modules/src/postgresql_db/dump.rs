//! Dumping and restoring, by the programs that PostgreSQL brings.

use super::{Args, State};
use crate::{
    host::{Command, Failure, Host, Outcome, Result, quote_word},
    postgres::literal,
};

pub(super) fn run(args: &Args, host: &Host) -> Result<Outcome> {
    let mut connection = args.login.connect(host, &args.maintenance_db)?;
    let statement =
        format!("SELECT 1 FROM pg_catalog.pg_database WHERE datname = {}", literal(&args.name));
    let known = connection
        .run(&statement)
        .map_err(|error| Failure::new(format!("Database query failed: {error}")))?;
    // What the reference predicts: nothing, as it compares only that the database is there.
    if host.checking() {
        let missing = args.state == State::Restore && known.rows.is_empty();
        return Ok(Outcome::changed_if(missing)
            .with("db", args.name.as_str())
            .with("executed_commands", Vec::<String>::new()));
    }
    let line =
        if args.state == State::Dump { dump_line(args, host)? } else { restore_line(args, host)? };
    let mut command = Command::shell(line.as_str());
    if !args.login.login_password.is_empty() {
        command = command.env("PGPASSWORD", &args.login.login_password);
    }
    // What `psql` says of a packed file's statements is not told.
    let unpacks =
        args.state == State::Restore && matches!(ending(&args.target), "gz" | "bz2" | "xz");
    let output = host.run(&command)?;
    let error = output.error_text();
    let shown = if unpacks { "cmd: ****" } else { line.as_str() }.to_owned();
    if !output.success() {
        return Err(Failure::new(error)
            .with("stdout", output.text())
            .with("rc", output.status)
            .with("cmd", shown));
    }
    Ok(Outcome::changed_if(true)
        .with("msg", if unpacks { String::new() } else { output.text() })
        .with("stderr", error)
        .with("rc", 0)
        .with("cmd", shown)
        .with("executed_commands", if unpacks { Vec::new() } else { vec![line] }))
}

/// How a file is packed, or written, by its ending.
fn ending(target: &str) -> &str {
    target.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// The file; without one it is named after the database, where temporary files are.
fn target(args: &Args, host: &Host) -> String {
    if !args.target.is_empty() {
        return args.target.0.clone();
    }
    let folder = host.env("TMPDIR").unwrap_or_else(|| "/tmp".to_owned());
    format!("{folder}/{}.sql", args.name)
}

fn login_flags(args: &Args) -> String {
    let login = &args.login;
    let place =
        if login.login_host.is_empty() { &login.login_unix_socket } else { &login.login_host };
    let host =
        if place.is_empty() { String::new() } else { format!(" --host={}", quote_word(place)) };
    format!("{host} --port={} --username={}", login.login_port, quote_word(&login.login_user))
}

fn dump_line(args: &Args, host: &Host) -> Result<String> {
    let target = target(args, host);
    let mut line =
        format!("{} {}{}", host.required("pg_dump")?, quote_word(&args.name), login_flags(args));
    let format = match ending(&target) {
        "tar" => " --format=t",
        "pgc" => " --format=c",
        "dir" => " --format=d",
        _ => "",
    };
    line.push_str(format);
    if let Some(more) = args.dump_extra_args.as_ref().filter(|more| !more.is_empty()) {
        line.push_str(&format!(" {more} "));
    }
    if !args.target_opts.is_empty() {
        line.push_str(&format!(" {} ", args.target_opts));
    }
    let file = quote_word(&target);
    Ok(match ending(&target) {
        "dir" => format!("{line} -f {file}"),
        "gz" => packed(&line, &host.required("gzip")?, &file),
        "bz2" => packed(&line, &host.required("bzip2")?, &file),
        "xz" => packed(&line, &host.required("xz")?, &file),
        _ => format!("{line} > {file}"),
    })
}

/// A dump through a packer, whose failure is not hidden by the packer's success.
fn packed(line: &str, packer: &str, target: &str) -> String {
    format!(
        "{{ {{ {line}; echo $? >&3; }} | {packer} > {target}; }} 3>&1 | {{ read status; exit $status; }}"
    )
}

fn restore_line(args: &Args, host: &Host) -> Result<String> {
    let target = target(args, host);
    let format = match ending(&target) {
        "tar" => " --format=Tar",
        "pgc" => " --format=Custom",
        "dir" => " --format=Directory",
        _ => "",
    };
    let program = host.required(if format.is_empty() { "psql" } else { "pg_restore" })?;
    let name = quote_word(&args.name);
    let mut line = format!("{program} --dbname={name}{}{format}", login_flags(args));
    let file = quote_word(&target);
    let unpacked = ending(&target);
    if unpacked == "sql" {
        line.push_str(&format!(" --file={file}"));
    }
    if !args.target_opts.is_empty() {
        line.push_str(&format!(" {} ", args.target_opts));
    }
    Ok(match unpacked {
        "sql" => line,
        "dir" | "pgc" => format!("{line} {file}"),
        "gz" => format!("{} -dc {file} | {line}", host.required("gzip")?),
        "bz2" => format!("{} -dc {file} | {line}", host.required("bzip2")?),
        "xz" => format!("{} -dc {file} | {line}", host.required("xz")?),
        _ => format!("{line} < {file}"),
    })
}
