//! `cron`: jobs and variables of a crontab.

mod table;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Diff, Failure, FileAttributes, Host, Outcome, Result, Rewrite, errno_about},
    spec::ArgPath,
    text,
};
use table::{Table, Wanted};

/// Makes sure that a crontab has a job or variable, or has it no more
#[derive(Args)]
#[args(mutually_exclusive("insertafter", "insertbefore"))]
pub struct Args {
    /// Name of the job, which stands above it in a comment, or of the variable
    name: String,
    /// Whose crontab; in a file of `cron_file` who runs the job
    user: Option<String>,
    /// Command to run, or value of the variable
    #[arg(alias = "value")]
    job: Option<String>,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// File in `/etc/cron.d`, or its path, instead of a user's crontab
    cron_file: Option<ArgPath>,
    /// Whether the crontab is kept as it was in a file whose name the result has
    #[arg(default = "false")]
    backup: bool,
    /// Minutes, as crontabs have them
    #[arg(default = "*")]
    minute: String,
    /// Hours, as crontabs have them
    #[arg(default = "*")]
    hour: String,
    /// Days of the month, as crontabs have them
    #[arg(default = "*", alias = "dom")]
    day: String,
    /// Months, as crontabs have them
    #[arg(default = "*")]
    month: String,
    /// Days of the week, as crontabs have them
    #[arg(default = "*", alias = "dow")]
    weekday: String,
    /// Time by a name
    special_time: Option<Special>,
    /// Whether the job stands there as a comment
    #[arg(default = "false")]
    disabled: bool,
    /// Whether this is about a variable
    #[arg(default = "false")]
    env: bool,
    /// Variable after which a new one goes
    insertafter: Option<String>,
    /// Variable before which a new one goes
    insertbefore: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Special {
    Reboot,
    Yearly,
    Annually,
    Monthly,
    Weekly,
    Daily,
    Hourly,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    args.cron_file.take_if(|file| file.0.is_empty());
    check(&args, host)?;
    let place = Place::of(&args);
    let before = place.read(host)?;
    let mut table = Table::of(before.as_deref().unwrap_or_default());
    let mut backup = None;
    let changed = change(&args, &mut table)?;
    if args.backup && changed && !host.checking() {
        backup = Some(keep(host, before.as_deref().unwrap_or_default())?);
    }
    let after = table.text();
    // A file of its own that has nothing left goes.
    let remove = args.state == State::Absent
        && before.is_some()
        && matches!(place, Place::File(_))
        && table.is_empty();
    if host.diffing() && (changed || remove) {
        host.record_diff(Diff::Text {
            before: before.clone().map(|text| text::shown(&text)).unwrap_or_default(),
            after: if remove { String::new() } else { text::shown(&after) },
            before_header: place.header(&args),
            after_header: if remove { "/dev/null".to_owned() } else { place.header(&args) },
        });
    }
    if !host.checking() {
        if remove {
            place.remove(host)?;
        } else if changed {
            place.write(host, &after)?;
        }
    }
    let mut outcome = Outcome::changed_if(changed || remove);
    // As it was given, not where it is.
    outcome = outcome.with_some("cron_file", args.cron_file.as_ref().map(|file| file.0.as_str()));
    if remove {
        return Ok(outcome.with("state", "absent"));
    }
    outcome = outcome.with("jobs", table.jobs()).with("envs", table.variables());
    Ok(outcome.with_some("backup_file", backup))
}

fn check(args: &Args, host: &Host) -> Result<()> {
    if args.cron_file.as_ref().is_some_and(|file| file.0 == "/etc/crontab") {
        return Err(Failure::new("Will not manage /etc/crontab via cron_file, see documentation."));
    }
    host.required("crontab")?;
    let present = args.state == State::Present;
    let plain_time = [&args.minute, &args.hour, &args.day, &args.month, &args.weekday]
        .iter()
        .all(|field| *field == "*");
    if args.special_time.is_some() && !plain_time {
        return Err(Failure::new(
            "You cannot combine special_time with any of the time or day/date parameters.",
        ));
    }
    if args.cron_file.is_some() && present && args.user.as_deref().unwrap_or_default().is_empty() {
        return Err(Failure::new(
            "To use cron_file=... parameter you must specify user=... as well",
        ));
    }
    if args.job.is_none() && present {
        return Err(Failure::new("You must specify 'job' to install a new cron job or variable"));
    }
    if (args.insertafter.is_some() || args.insertbefore.is_some()) && !args.env && present {
        return Err(Failure::new(
            "Insertafter and insertbefore parameters are valid only with env=yes",
        ));
    }
    Ok(())
}

/// Changes the table; returns whether it was not so already.
fn change(args: &Args, table: &mut Table) -> Result<bool> {
    let present = args.state == State::Present;
    if args.env {
        if args.name.contains(' ') {
            return Err(Failure::new("Invalid name for environment variable"));
        }
        if !present {
            return Ok(table.remove_variable(&args.name));
        }
        let line = format!("{}=\"{}\"", args.name, args.job.as_deref().unwrap_or_default());
        let neighbour = match (&args.insertafter, &args.insertbefore) {
            (Some(after), _) => Some((after.as_str(), true)),
            (None, Some(before)) => Some((before.as_str(), false)),
            (None, None) => None,
        };
        return table.set_variable(&args.name, &line, neighbour).map_err(Failure::new);
    }
    if !present {
        return Ok(table.remove_job(&args.name));
    }
    let job = args.job.as_deref().unwrap_or_default().trim_matches(['\r', '\n']);
    let user = match (&args.cron_file, &args.user) {
        (Some(_), Some(user)) => format!("{user} "),
        (Some(_), None) => "root ".to_owned(),
        _ => String::new(),
    };
    let disabled = if args.disabled { "#" } else { "" };
    let line = match args.special_time {
        Some(special) => format!("{disabled}@{} {user}{job}", special.as_str()),
        None => format!(
            "{disabled}{} {} {} {} {} {user}{job}",
            args.minute, args.hour, args.day, args.month, args.weekday
        ),
    };
    Ok(table.set_job(&Wanted { name: &args.name, line: &line }))
}

/// Keeps a crontab in a temporary file.
fn keep(host: &Host, before: &str) -> Result<String> {
    let failed = |error: &std::io::Error| Failure::io("cannot keep the crontab", error);
    let path =
        host.create_temporary("/tmp", "crontab", "", false).map_err(|error| failed(&error))?;
    host.replace(&path, None, |file| std::io::Write::write_all(file, &text::to_bytes(before)))?;
    Ok(path)
}

/// Where the crontab is.
enum Place {
    /// A file with who runs each job.
    File(String),
    /// That of a user; `None` is who we are.
    User(Option<String>),
}

impl Place {
    fn of(args: &Args) -> Place {
        match &args.cron_file {
            Some(file) if file.0.starts_with('/') => Place::File(file.0.clone()),
            Some(file) => Place::File(format!("/etc/cron.d/{}", file.0)),
            None => Place::User(args.user.clone().filter(|user| !user.is_empty())),
        }
    }

    fn path(&self) -> &str {
        match self {
            Place::File(path) => path,
            Place::User(_) => "",
        }
    }

    fn header(&self, args: &Args) -> String {
        match (self, &args.user) {
            (Place::File(path), _) => path.clone(),
            (Place::User(_), Some(user)) => format!("crontab for user \"{user}\""),
            (Place::User(_), None) => "crontab".to_owned(),
        }
    }

    /// The text; `None` where there is no crontab.
    fn read(&self, host: &Host) -> Result<Option<String>> {
        match self {
            Place::File(path) if host.is_folder(path) => Ok(None),
            Place::File(path) => Ok(host.read(path)?.map(text::from_bytes)),
            Place::User(user) => match spooled(host, user.as_deref()) {
                Some(text) => Ok(text.map(|text| without_header(&text))),
                None => listed(host, user.as_deref()),
            },
        }
    }

    fn write(&self, host: &Host, after: &str) -> Result<()> {
        match self {
            Place::File(path) => {
                let folder = path.rfind('/').map_or("/", |at| &path[..at.max(1)]);
                if !host.is_folder(folder) {
                    let reason = errno_about(&std::io::Error::from_raw_os_error(2), path);
                    return Err(Failure::raised(reason.replace(": '", ": b'")));
                }
                if host.is_folder(path) {
                    let reason = errno_about(&std::io::Error::from_raw_os_error(21), path);
                    return Err(Failure::raised(reason));
                }
                let attributes = FileAttributes::default();
                let how =
                    Rewrite { validate: None, attributes: &attributes, create_folders: false };
                host.rewrite(path, &text::to_bytes(after), &how)
            }
            Place::User(user) => {
                let mut argv = vec![host.required("crontab")?];
                argv.extend(user.iter().flat_map(|user| ["-u".to_owned(), user.clone()]));
                // In a file, because that is what `crontab` names where it complains.
                let file = keep(host, after)?;
                argv.push(file.clone());
                let output = host.run(&Command::new(argv));
                let removed = host.unlink(&file);
                let output = output?;
                if !output.success() {
                    return Err(Failure::new(format!("Failed to install new cronfile: {file}"))
                        .with("rc", output.status)
                        .with("stdout", output.text())
                        .with("stderr", output.error_text()));
                }
                removed.map_err(|error| Failure::io(format!("cannot remove `{file}`"), &error))
            }
        }
    }

    fn remove(&self, host: &Host) -> Result<()> {
        host.unlink(self.path())
            .map_err(|error| Failure::io(format!("cannot remove `{}`", self.path()), &error))
    }
}

#[expect(clippy::option_option, reason = "not being allowed to look is not the same as nothing")]
/// A user's crontab as `cron` keeps it, where this user may look there: `Some(None)` when there is none.
fn spooled(host: &Host, user: Option<&str>) -> Option<Option<String>> {
    let me = rustix::process::geteuid();
    if !me.is_root() {
        return None;
    }
    let user = user.unwrap_or("root");
    if user.contains('/') || user.starts_with('.') {
        return None;
    }
    let folders = ["/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs"];
    let folder = folders.into_iter().find(|folder| host.is_folder(folder))?;
    // Who does not exist has no crontab: `crontab` says so.
    host.user(user)?;
    Some(host.read(format!("{folder}/{user}")).ok()?.map(text::from_bytes))
}

/// What `crontab -l` says; a status of one is no crontab.
fn listed(host: &Host, user: Option<&str>) -> Result<Option<String>> {
    let mut argv = vec![host.required("crontab")?];
    argv.extend(user.iter().flat_map(|user| ["-u".to_owned(), (*user).to_owned()]));
    argv.push("-l".to_owned());
    let output = host.run(&Command::new(argv))?;
    match output.status {
        0 => Ok(Some(without_header(&text::from_bytes(output.stdout)))),
        1 => Ok(None),
        _ => Err(Failure::new("Unable to read crontab")),
    }
}

/// The text without the lines that `crontab` puts above it.
fn without_header(text: &str) -> String {
    let is_header = |line: &str| {
        line.starts_with("# DO NOT EDIT THIS FILE - edit the master and reinstall.")
            || (line.starts_with("# (") && line.contains(" installed on "))
            || (line.starts_with("# (") && line.contains("version "))
    };
    let mut lines = text.split_inclusive('\n').enumerate();
    lines.by_ref().filter(|(at, line)| *at > 2 || !is_header(line)).map(|(_, line)| line).collect()
}

#[cfg(test)]
mod tests;
