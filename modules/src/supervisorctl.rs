//! `supervisorctl`: programs that supervisord looks after.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, join_words},
    spec::ArgPath,
};

/// Starts, stops and adds programs of supervisord
///
/// The host needs `supervisorctl`.
///
/// # Examples
/// ```yaml
/// - name: Restart the workers
///   community.general.supervisorctl:
///     name: 'workers:'
///     state: restarted
///
/// - name: Make a program known that was configured just now
///   community.general.supervisorctl:
///     name: mailer
///     state: present
///
/// - name: Have it open its logs again
///   community.general.supervisorctl:
///     name: mailer
///     state: signalled
///     signal: USR2
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_if("state", "signalled", "signal"))]
pub struct Args {
    /// Program, or group with a colon behind it; `all` is every one
    name: String,
    /// File of supervisord's settings
    config: Option<ArgPath>,
    /// Address at which supervisord listens
    server_url: Option<String>,
    /// User of that address
    username: Option<String>,
    /// Password of that address
    #[arg(secret)]
    password: Option<String>,
    /// How it should be
    state: State,
    /// Whether a program that is removed is stopped before
    #[arg(default = "false")]
    stop_before_removing: bool,
    /// Signal for the state `signalled`
    signal: Option<String>,
    /// The program that asks supervisord
    supervisorctl_path: Option<ArgPath>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Started,
    Restarted,
    Stopped,
    Absent,
    Signalled,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let program = match &args.supervisorctl_path {
        Some(path) if host.is_executable(&path.0) => path.0.clone(),
        Some(path) => {
            return Err(Failure::new(format!(
                "Provided path to supervisorctl does not exist or isn't executable: {}",
                path.0
            )));
        }
        None => host.required("supervisorctl")?,
    };
    let mut words = vec![program];
    for (flag, value) in [
        ("-c", args.config.as_ref().map(|path| path.0.as_str())),
        ("-s", args.server_url.as_deref()),
        ("-u", args.username.as_deref()),
        ("-p", args.password.as_deref()),
    ] {
        if let Some(value) = value {
            words.extend([flag.to_owned(), value.to_owned()]);
        }
    }
    let (name, is_group) = match args.name.strip_suffix(':') {
        Some(group) => (group, true),
        None => (args.name.as_str(), false),
    };
    Task { args: &args, name, is_group, words, host }.bring()
}

/// A program and its status: `web:one RUNNING pid 12, uptime 0:01:00`.
type Member = (String, String);

struct Task<'a> {
    args: &'a Args,
    /// The program's or the group's, without the colon that tells a group.
    name: &'a str,
    is_group: bool,
    words: Vec<String>,
    host: &'a Host,
}

impl Task<'_> {
    fn call(&self, command: &str, name: Option<&str>) -> Result<Output> {
        let words = self.words.iter().map(String::as_str).chain([command]).chain(name);
        self.host.run(&Command::new(words))
    }

    /// Returns the programs that the name means.
    fn members(&self) -> Result<Vec<Member>> {
        let name = self.name;
        let output = self.call("status", None)?;
        let mut found = Vec::new();
        for line in output.text().lines() {
            let mut fields = line.split_whitespace();
            let (Some(one), Some(status)) = (fields.next(), fields.next()) else { continue };
            let is_it = if self.is_group {
                one.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
            } else {
                name == "all" || one == name
            };
            if is_it {
                found.push((one.to_owned(), status.to_owned()));
            }
        }
        Ok(found)
    }

    fn outcome(&self, changed: bool) -> Outcome {
        Outcome::changed_if(changed).with("name", self.name).with("state", self.args.state.as_str())
    }

    fn bring(&self) -> Result<Outcome> {
        let (args, checking) = (self.args, self.host.checking());
        let name = self.name;
        match args.state {
            State::Restarted => {
                if !checking {
                    self.done("update", None)?;
                }
                let members = self.matching()?;
                self.act("restart", &members, |_| true, "started")
            }
            State::Absent => {
                let members = self.members()?;
                if members.is_empty() {
                    return Ok(self.outcome(false));
                }
                if args.stop_before_removing && !checking {
                    self.act(
                        "stop",
                        &members,
                        |status| matches!(status, "RUNNING" | "STARTING"),
                        "stopped",
                    )?;
                }
                if checking {
                    return Ok(Outcome::changed_if(true));
                }
                self.done("reread", None)?;
                let output = self.call("remove", Some(name))?;
                if output.text().contains(&format!("{name}: removed process group")) {
                    return Ok(self.outcome(true));
                }
                Err(self.failed(&output.text()))
            }
            State::Present => {
                if !self.members()?.is_empty() {
                    return Ok(self.outcome(false));
                }
                if checking {
                    return Ok(Outcome::changed_if(true));
                }
                self.done("reread", None)?;
                let output = self.call("add", Some(name))?;
                if output.text().contains(&format!("{name}: added process group")) {
                    return Ok(self.outcome(true));
                }
                Err(self.failed(&output.text()))
            }
            State::Started => {
                let members = self.matching()?;
                self.act(
                    "start",
                    &members,
                    |status| !matches!(status, "RUNNING" | "STARTING"),
                    "started",
                )
            }
            State::Stopped => {
                let members = self.matching()?;
                self.act(
                    "stop",
                    &members,
                    |status| matches!(status, "RUNNING" | "STARTING"),
                    "stopped",
                )
            }
            State::Signalled => {
                let members = self.matching()?;
                let signal = format!("signal {}", args.signal.as_deref().unwrap_or_default());
                self.act(&signal, &members, |status| status == "RUNNING", "signalled")
            }
        }
    }

    fn matching(&self) -> Result<Vec<Member>> {
        let members = self.members()?;
        if members.is_empty() {
            return Err(Failure::new("ERROR (no such process)").with("name", self.name));
        }
        Ok(members)
    }

    /// Does something with those members that need it.
    fn act(
        &self,
        action: &str,
        members: &[Member],
        needs: impl Fn(&str) -> bool,
        expected: &str,
    ) -> Result<Outcome> {
        let todo: Vec<&Member> = members.iter().filter(|(_, status)| needs(status)).collect();
        if todo.is_empty() {
            return Ok(self.outcome(false));
        }
        if self.host.checking() {
            return Ok(Outcome::changed_if(true));
        }
        let mut affected = Vec::new();
        for (name, _) in todo {
            let output = self.done(action, Some(name))?;
            if !output.text().contains(&format!("{name}: {expected}")) {
                return Err(self.failed(&output.text()));
            }
            affected.push(name.as_str());
        }
        Ok(self.outcome(true).with("affected", affected))
    }

    /// Asks supervisord for something that must succeed.
    fn done(&self, command: &str, name: Option<&str>) -> Result<Output> {
        let output = self.call(command, name)?;
        if output.success() {
            return Ok(output);
        }
        let words = self.words.iter().map(String::as_str).chain([command]).chain(name);
        let words: Vec<String> = words.map(str::to_owned).collect();
        Err(Failure::new(output.error_text().trim_end())
            .with("cmd", join_words(&words))
            .with("rc", output.status)
            .with("stdout", output.text())
            .with("stderr", output.error_text()))
    }

    fn failed(&self, said: &str) -> Failure {
        Failure::new(said).with("name", self.name).with("state", self.args.state.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const STATUS: &str =
        "web:one   RUNNING   pid 1\nweb:two   STOPPED   Not started\nsolo   RUNNING   pid 2\n";

    fn host() -> TestHost {
        TestHost::with(&[("/usr/bin/supervisorctl", "")])
            .executable(&["/usr/bin/supervisorctl"])
            .answer("/usr/bin/supervisorctl status", 3, STATUS)
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("supervisorctl").unwrap().run(&given, host))
    }

    #[test]
    fn what_runs_is_left_alone() {
        let result = run(&host(), json!({"name": "solo", "state": "started"}));
        assert_eq!(result, json!({"changed": false, "name": "solo", "state": "started"}));
    }

    #[test]
    fn a_group_is_its_members() {
        let started =
            host().answer("/usr/bin/supervisorctl start web:two", 0, "web:two: started\n");
        assert_eq!(run(&started, json!({"name": "web:", "state": "started"}))["changed"], true);
        let checking = host().check();
        assert_eq!(run(&checking, json!({"name": "web:", "state": "started"}))["changed"], true);
    }

    #[test]
    fn mistakes_are_refused() {
        let message = |args| run(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(message(json!({"name": "none", "state": "started"})), "ERROR (no such process)");
        assert_eq!(
            message(json!({"name": "solo", "state": "signalled"})),
            "state is signalled but all of the following are missing: signal"
        );
    }
}
