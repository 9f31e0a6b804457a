//! `at`: commands for later, once.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Puts commands and scripts into the queue of `at`, and takes them out
///
/// The host needs `at` and its service. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Open the firewall again in twenty minutes, should we lock ourselves out
///   ansible.posix.at:
///     command: nft flush ruleset
///     count: 20
///     units: minutes
///     unique: true
///
/// - name: Take the safety net away
///   ansible.posix.at:
///     command: nft flush ruleset
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix")]
#[args(mutually_exclusive("command", "script_file"), required_one_of("command", "script_file"))]
pub struct Args {
    /// Command to run later
    command: Option<String>,
    /// Script on the host to run later
    script_file: Option<String>,
    /// How many units from now
    count: Option<i64>,
    /// What is counted
    units: Option<Units>,
    /// Whether the job should be in the queue
    #[arg(default = "present")]
    state: State,
    /// Whether a job that is in the queue already is not added again
    #[arg(default = "false")]
    unique: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Units {
    Minutes,
    Hours,
    Days,
    Weeks,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("ansible.posix.at"));
    }
    let at = host.required("at")?;
    if args.state == State::Present && (args.count.is_none() || args.units.is_none()) {
        return Err(Failure::new("present state requires count and units"));
    }
    // What is compared with the queue: the script's text; a script of ours has the command alone.
    let (script, is_ours) = match (&args.command, &args.script_file) {
        (Some(command), _) => (temporary(command, host)?, true),
        (None, Some(path)) => (path.clone(), false),
        (None, None) => {
            return Err(Failure::new("one of the following is required: command, script_file"));
        }
    };
    let outcome = queue(&args, &at, &script, host);
    if is_ours {
        host.remove_file(&script)?;
    }
    outcome
}

/// Writes a script with the command, readable by its owner only.
fn temporary(command: &str, host: &Host) -> Result<String> {
    let path = host
        .create_temporary("/tmp", "at", "", false)
        .map_err(|error| Failure::io("cannot write a script", &error))?;
    let line = format!("{command}\n");
    host.replace(&path, None, |file| std::io::Write::write_all(file, line.as_bytes()))?;
    Ok(path)
}

fn queue(args: &Args, at: &str, script: &str, host: &Host) -> Result<Outcome> {
    if args.state == State::Absent {
        let mut changed = false;
        for job in jobs(at, script, host)? {
            host.must(&Command::new([host.required("atrm")?, job]))?;
            changed = true;
        }
        return Ok(Outcome::changed_if(changed).with("state", "absent"));
    }
    if args.unique && !jobs(at, script, host)?.is_empty() {
        return Ok(Outcome::changed_if(false).with("state", "present"));
    }
    let count = args.count.unwrap_or(0);
    let units = args.units.map_or("minutes", |units| units.as_str());
    let count_text = count.to_string();
    host.must(&Command::new([at, "-f", script, "now", "+", &count_text, units]))?;
    Ok(Outcome::changed_if(true)
        .with("state", "present")
        .with("script_file", script)
        .with("count", count)
        .with("units", units))
}

/// Returns the numbers of the jobs in the queue whose text has the script's.
fn jobs(at: &str, script: &str, host: &Host) -> Result<Vec<String>> {
    let Some(text) = host.read_text(script)? else {
        return Err(Failure::new(format!("cannot read `{script}`: No such file or directory")));
    };
    let text = text.trim();
    let listed = host.must(&Command::new([host.required("atq")?.as_str()]))?;
    let mut found = Vec::new();
    for line in listed.text().lines() {
        let Some(job) = line.split_whitespace().next() else { continue };
        let shown = host.must(&Command::new([at, "-c", job]))?;
        if shown.text().contains(text) {
            found.push(job.to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    const SCRIPT: &str = "/srv/job.sh";

    fn host() -> TestHost {
        let programs = ["/bin/at", "/bin/atq", "/bin/atrm"];
        let files = programs.map(|path| (path, "")).into_iter().chain([(SCRIPT, "echo x\n")]);
        TestHost::with(&files.collect::<Vec<_>>()).executable(&programs)
    }

    fn at(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("at").unwrap().run(&given, host))
    }

    #[test]
    fn a_job_is_added_once() {
        let given = json!({"script_file": SCRIPT, "count": 2, "units": "days", "unique": true});
        let host = host()
            .answer("/bin/atq", 0, "")
            .answer(&format!("/bin/at -f {SCRIPT} now + 2 days"), 0, "")
            .answer("/bin/atq", 0, "7\tMon\n")
            .answer("/bin/at -c 7", 0, "#!/bin/sh\necho x\n");
        assert_eq!(
            at(&host, given.clone()),
            json!({"changed": true, "count": 2, "script_file": SCRIPT, "state": "present", "units": "days"})
        );
        assert_eq!(at(&host, given), json!({"changed": false, "state": "present"}));
    }

    #[test]
    fn a_job_is_taken_out() {
        let host = host()
            .answer("/bin/atq", 0, "7\tMon\n8\tTue\n")
            .answer("/bin/at -c 7", 0, "echo y\n")
            .answer("/bin/at -c 8", 0, "echo x\n")
            .answer("/bin/atrm 8", 0, "");
        let given = json!({"script_file": SCRIPT, "state": "absent"});
        assert_eq!(at(&host, given), json!({"changed": true, "state": "absent"}));
    }

    #[test]
    fn check_mode_is_not_for_it() {
        let given = json!({"script_file": SCRIPT, "count": 2, "units": "days"});
        assert_eq!(at(&host().check(), given)["skipped"], true);
        assert_eq!(
            at(&host(), json!({"script_file": SCRIPT, "count": 1}))["msg"],
            "present state requires count and units"
        );
    }
}
