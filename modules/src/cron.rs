//! `cron`: jobs and variables of a crontab.

pub(crate) mod place;
mod table;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Diff, Failure, Host, Outcome, Result},
    spec::ArgPath,
    text,
};
use place::{Place, keep};
use table::{Table, Wanted};

/// Makes sure that a crontab has a job or variable, or has it no more
///
/// # Examples
/// ```yaml
/// - name: Save the database every night
///   ansible.builtin.cron:
///     name: dump of the shop
///     user: postgres
///     minute: "15"
///     hour: "2"
///     job: pg_dump -Fc shop > /var/backups/shop.dump
///
/// - name: Have whoever reads mail hear of jobs that fail
///   ansible.builtin.cron:
///     name: MAILTO
///     env: true
///     job: ops@example.com
///     user: postgres
///
/// - name: Renew certificates, from a file of its own
///   ansible.builtin.cron:
///     name: certbot
///     cron_file: certbot
///     user: root
///     special_time: daily
///     job: certbot renew --quiet
/// ```
#[derive(Args)]
#[args(mutually_exclusive("insertafter", "insertbefore"))]
pub struct Args {
    /// Name of the job, which stands above it in a comment, or of the variable
    name: String,
    /// User whose crontab it is, who runs the task when absent; with `cron_file`, who runs the job
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
    /// Time by a name, in place of the five fields
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
    let file = args.cron_file.as_ref().map(|file| file.0.as_str());
    let place = Place::of(file, args.user.as_deref());
    let before = place.read(host, || Failure::new("Unable to read crontab"))?;
    let mut table = Table::of(before.as_deref().unwrap_or_default());
    let mut backup = None;
    let changed = change(&args, &mut table)?;
    if args.backup && changed && !host.checking() {
        backup = Some(keep(host, "crontab", before.as_deref().unwrap_or_default())?);
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
            before_header: place.header(args.user.as_deref()),
            after_header: if remove {
                "/dev/null".to_owned()
            } else {
                place.header(args.user.as_deref())
            },
        });
    }
    if !host.checking() {
        if remove {
            place.remove(host)?;
        } else if changed {
            place.write(host, &after, |output, file| {
                Failure::new(format!("Failed to install new cronfile: {file}"))
                    .with("rc", output.status)
                    .with("stdout", output.text())
                    .with("stderr", output.error_text())
            })?;
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

#[cfg(test)]
mod tests;
