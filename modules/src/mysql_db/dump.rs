//! Writing databases to files and reading them back, with the programs of the client.

use super::{Args, Place};
use crate::host::{Command, Failure, Host, Result, quote_word};

/// The arguments that say who logs in and where.
fn login_words(args: &Args, host: &Host) -> Result<Vec<String>> {
    let client = args.login.client(host)?;
    let mut words = Vec::new();
    if client.has_file {
        let option =
            if args.restrict_config_file { "--defaults-file" } else { "--defaults-extra-file" };
        words.push(format!("{option}={}", &*args.login.config_file));
    }
    Ok(words)
}

fn place_words(args: &Args, words: &mut Vec<String>) {
    let login = &args.login;
    if let Some(user) = &login.login_user {
        words.push(format!("--user={user}"));
    }
    if let Some(password) = login.login_password.as_ref().filter(|password| !password.is_empty()) {
        words.push(format!("{PASSWORD}{password}"));
    }
    for (option, path) in [
        ("--ssl-cert", &login.client_cert),
        ("--ssl-key", &login.client_key),
        ("--ssl-ca", &login.ca_cert),
    ] {
        if let Some(path) = path {
            words.push(format!("{option}={}", &**path));
        }
    }
}

const PASSWORD: &str = "--password=";

/// Returns words as a line for the shell, and as results tell it.
fn lines(args: &Args, words: &[String]) -> (String, String) {
    let run = words.iter().filter(|word| args.unsafe_login_password || !word.starts_with(PASSWORD));
    let told = words.iter().map(|word| match word.strip_prefix(PASSWORD) {
        // What the shell might read in it stands in quotes, unless it may stand there as it is.
        Some(password) if args.unsafe_login_password || quote_word(password) == password => {
            format!("{PASSWORD}********")
        }
        Some(_) => format!("{PASSWORD}'********'"),
        None => quote_word(word),
    });
    (
        run.map(|word| quote_word(word)).collect::<Vec<_>>().join(" "),
        told.collect::<Vec<_>>().join(" "),
    )
}

fn socket_words(args: &Args, words: &mut Vec<String>) {
    match &args.login.login_unix_socket {
        Some(socket) => words.push(format!("--socket={socket}")),
        None => {
            words.push(format!("--host={}", args.login.login_host));
            words.push(format!("--port={}", args.login.login_port));
        }
    }
}

/// Returns the program that packs files of this name.
fn packer(host: &Host, target: &str) -> Result<Option<String>> {
    let name = match target.rsplit_once('.').map(|(_, ending)| ending) {
        Some("gz") => "gzip",
        Some("bz2") => "bzip2",
        Some("xz") => "xz",
        Some("zst") => "zstd",
        _ => return Ok(None),
    };
    host.required(name).map(Some)
}

fn program(host: &Host, names: [&str; 2]) -> Result<String> {
    host.which(names[0]).map_or_else(|| host.required(names[1]), Ok)
}

fn command(args: &Args, line: &str) -> Command {
    let mut command = Command::shell(line);
    // Others cannot see it there.
    if let Some(password) =
        args.login.login_password.as_ref().filter(|_| !args.unsafe_login_password)
    {
        command = command.env("MYSQL_PWD", password);
    }
    command.cwd = args.chdir.as_ref().map(|path| path.0.clone().into());
    command
}

/// Writes databases to the file; returns the line that did it and what it said.
pub(super) fn write(
    args: &Args,
    host: &Host,
    names: &[String],
    all: bool,
) -> Result<(String, String)> {
    let target = args.target.as_deref().unwrap_or_default();
    let mut words = vec![program(host, ["mariadb-dump", "mysqldump"])?];
    words.extend(login_words(args, host)?);
    place_words(args, &mut words);
    if args.force {
        words.push("--force".to_owned());
    }
    socket_words(args, &mut words);
    if all {
        words.push("--all-databases".to_owned());
    } else if names.len() > 1 {
        words.push("--databases".to_owned());
        words.extend(names.iter().cloned());
    } else {
        words.extend(names.iter().cloned());
    }
    if args.skip_lock_tables {
        words.push("--skip-lock-tables".to_owned());
    }
    if args.single_transaction {
        words.push("--single-transaction=true".to_owned());
    }
    if args.quick {
        words.push("--quick".to_owned());
    }
    words.extend(args.ignore_tables.iter().map(|table| format!("--ignore-table={table}")));
    if args.hex_blob {
        words.push("--hex-blob".to_owned());
    }
    if args.master_data != Place::None {
        words.push(format!("--master-data={}", args.master_data.as_str()));
    }
    let (run, shown) = lines(args, &words);
    let to = quote_word(target);
    let packer = packer(host, target)?;
    let whole = |line: String| {
        let mut line = if args.pipefail { format!("set -o pipefail && {line}") } else { line };
        if let Some(more) = &args.dump_extra_args {
            line = format!("{line} {more}");
        }
        match &packer {
            Some(packer) => format!("{line} | {packer} > {to}"),
            None => format!("{line} > {to}"),
        }
    };
    let mut command = command(args, &whole(run));
    if args.pipefail {
        "/bin/bash".clone_into(&mut command.argv[0]);
    }
    let output = host.run(&command)?;
    if !output.success() {
        return Err(Failure::new(output.error_text()));
    }
    Ok((whole(shown), output.text()))
}

/// Reads databases from the file; returns the line that did it and what it said.
pub(super) fn read(
    args: &Args,
    host: &Host,
    names: &[String],
    all: bool,
) -> Result<(String, String)> {
    let target = args.target.as_deref().unwrap_or_default();
    let from = args.chdir.as_ref().map(|folder| std::path::Path::new(&folder.0).join(target));
    if !from.map_or_else(|| host.exists(target), |path| host.exists(path)) {
        return Err(Failure::new(format!("target {target} does not exist on the host")));
    }
    let mut words = vec![program(host, ["mariadb", "mysql"])?];
    words.extend(login_words(args, host)?);
    place_words(args, &mut words);
    if args.force {
        words.push("-f".to_owned());
    }
    socket_words(args, &mut words);
    if !all {
        words.push("--one-database".to_owned());
        words.extend(names.first().cloned());
    }
    let (line, told) = lines(args, &words);
    let from = quote_word(target);
    let (run, shown) = match packer(host, target)? {
        Some(packer) => (
            format!("{packer} -dc {from} | {line}"),
            // As the reference tells it.
            format!("{packer} -dc {from} | {}", crate::spec::python_repr(&words.into())),
        ),
        None => (format!("{line} < {from}"), format!("{told} < {from}")),
    };
    let output = host.run(&command(args, &run))?;
    if !output.success() {
        return Err(Failure::new(output.error_text()));
    }
    Ok((shown, output.text()))
}
