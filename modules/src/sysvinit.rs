//! `sysvinit`: services that scripts of System V start.

use std::time::Duration;

use serde_json::json;
use windlass_macros::{Args, Choice};
use windlass_protocol::{Json, JsonMap};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, glob_matches, split_words},
    systemd_service,
};

/// Manages services that scripts of System V start
///
/// # Examples
/// ```yaml
/// - name: Have an old daemon running, now and after each boot
///   ansible.builtin.sysvinit:
///     name: legacyd
///     state: started
///     enabled: true
///
/// - name: Restart one that cannot tell its state, and give it time to end
///   ansible.builtin.sysvinit:
///     name: meterd
///     state: restarted
///     pattern: /opt/meter/bin/meterd
///     sleep: 5
/// ```
#[derive(Args)]
pub struct Args {
    /// Name of the script
    #[arg(alias = "service")]
    name: String,
    /// How the service should be; `restarted` and `reloaded` always act
    state: Option<State>,
    /// Whether the service starts at boot
    enabled: Option<bool>,
    /// Seconds to wait between stopping and starting
    #[arg(default = "1")]
    sleep: u64,
    /// Text that a running process' command line has, for scripts without `status`
    pattern: Option<String>,
    /// Runlevels in which it is enabled or disabled; the script's own when absent
    runlevels: Option<Vec<String>>,
    /// Further words for the script
    #[arg(alias = "args")]
    arguments: Option<String>,
    /// Whether the script is run in the background, for those that do not do so themselves
    #[arg(default = "false")]
    daemonize: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Started,
    Stopped,
    Restarted,
    Reloaded,
}

impl Args {
    /// Returns the arguments that `service` hands on.
    pub(crate) fn of_service(name: String, given: crate::service::Wish<'_>) -> Args {
        let state = given.state.map(|state| match state {
            systemd_service::State::Started => State::Started,
            systemd_service::State::Stopped => State::Stopped,
            systemd_service::State::Restarted => State::Restarted,
            systemd_service::State::Reloaded => State::Reloaded,
        });
        Args {
            name,
            state,
            enabled: given.enabled,
            sleep: given.sleep.unwrap_or(1),
            pattern: given.pattern.map(ToOwned::to_owned),
            runlevels: None,
            arguments: Some(given.arguments.to_owned()),
            daemonize: false,
        }
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if args.state.is_none() && args.enabled.is_none() {
        return Err(Failure::new("one of the following is required: state, enabled"));
    }
    let script = format!("/etc/init.d/{}", args.name);
    if args.name.contains('/') || !host.exists(&script) {
        return Err(Failure::new(format!("Could not find the requested service {}: ", args.name)));
    }
    let service = Service { args: &args, script, host };
    let mut changed = false;
    let enabled = match args.enabled {
        Some(enabled) => {
            let (acted, output) = service.enable(enabled)?;
            changed |= acted;
            told(acted, output, args.runlevels.as_deref())
        }
        None => {
            // The reference takes the absence for `false`, and the service would not start at the next boot.
            if args.runlevels.as_ref().is_some_and(|levels| !levels.is_empty()) {
                host.warn("`runlevels` changes nothing without `enabled`");
            }
            told(false, None, None)
        }
    };
    let (name, brought) = match args.state {
        Some(state) => {
            let (acted, output) = service.bring(state)?;
            changed |= acted;
            (state.as_str(), told(acted, output, None))
        }
        // What is not asked for has no name, and is told all the same.
        None => ("null", told(false, None, None)),
    };
    let status = JsonMap::from_iter([("enabled".to_owned(), enabled), (name.to_owned(), brought)]);
    let outcome = Outcome::changed_if(changed).with("name", args.name.as_str());
    Ok(outcome.with("status", status))
}

fn told(changed: bool, output: Option<Output>, runlevels: Option<&[String]>) -> Json {
    let mut told = json!({
        "changed": changed,
        "rc": output.as_ref().map(|output| output.status),
        "stdout": output.as_ref().map(Output::text),
        "stderr": output.as_ref().map(Output::error_text),
    });
    if let Some(levels) = runlevels {
        told["runlevels"] = json!(levels);
    }
    told
}

struct Service<'a> {
    args: &'a Args,
    script: String,
    host: &'a Host,
}

impl Service<'_> {
    fn command(&self, verb: &str) -> Result<Command> {
        let mut words = vec![self.script.clone(), verb.to_owned()];
        words.extend(
            split_words(self.args.arguments.as_deref().unwrap_or_default())
                .map_err(Failure::new)?,
        );
        Ok(Command::new(words))
    }

    fn is_running(&self) -> Result<bool> {
        if let Some(pattern) = &self.args.pattern {
            return self.host.has_process(pattern);
        }
        // The common tool knows what systemd makes of the script.
        let command = match self.host.which("service") {
            Some(tool) => Command::new([tool.as_str(), &self.args.name, "status"]),
            None => self.command("status")?,
        };
        let output = self.host.run(&command)?;
        let printed = (output.text() + &output.error_text()).to_lowercase();
        Ok(match output.status {
            0 if ["not running", "stopped", "is dead"].iter().any(|one| printed.contains(one)) => {
                false
            }
            0 => true,
            1..=4 | 69 => false,
            _ => self.host.has_process(&self.args.name)?,
        })
    }

    fn bring(&self, state: State) -> Result<(bool, Option<Output>)> {
        let running = self.is_running()?;
        match (state, running) {
            (State::Started, true) | (State::Stopped, false) => Ok((false, None)),
            (State::Started, false) => self.act("start"),
            (State::Stopped, true) => self.act("stop"),
            (State::Reloaded, _) => self.act("reload"),
            (State::Restarted, _) => {
                if running {
                    self.act_as("stop", "restart")?;
                    if !self.host.checking() {
                        self.host.pause(Duration::from_secs(self.args.sleep));
                    }
                }
                self.act_as("start", "restart")
            }
        }
    }

    fn act(&self, verb: &str) -> Result<(bool, Option<Output>)> {
        self.act_as(verb, verb)
    }

    fn act_as(&self, verb: &str, doing: &str) -> Result<(bool, Option<Output>)> {
        let mut command = self.command(verb)?;
        if self.args.daemonize {
            // What does not go into the background itself would hold the task.
            let line = crate::host::join_words(&command.argv);
            command = Command::shell(format!("setsid {line} </dev/null >/dev/null 2>&1 &"));
        }
        let output = self.host.change(&command)?;
        match output {
            Some(output) if !output.success() => {
                let message = format!("Failed to {doing} service: {}", self.args.name);
                Err(Failure::new(message)
                    .with("rc", output.status)
                    .with("stdout", output.text())
                    .with("stderr", output.error_text()))
            }
            output => Ok((true, output)),
        }
    }

    /// Returns whether the script is enabled as it should be: in each of the runlevels that are named, or in any where
    /// none is.
    fn is_as_wanted(&self, enabled: bool) -> bool {
        let pattern = format!("S??{}", self.args.name);
        let starts_in = |level: &str| {
            let names = self.host.list(format!("/etc/rc{level}.d")).unwrap_or_default();
            names.iter().any(|name| glob_matches(&pattern, name))
        };
        match &self.args.runlevels {
            Some(levels) => levels.iter().all(|level| starts_in(level) == enabled),
            None => ["2", "3", "4", "5"].into_iter().any(starts_in) == enabled,
        }
    }

    /// Returns whether the script starts or ends in some runlevel.
    fn has_links(&self) -> bool {
        let pattern = format!("[SK]??{}", self.args.name);
        (0..=6).any(|level| {
            let names = self.host.list(format!("/etc/rc{level}.d")).unwrap_or_default();
            names.iter().any(|name| glob_matches(&pattern, name))
        })
    }

    fn enable(&self, enabled: bool) -> Result<(bool, Option<Output>)> {
        if self.is_as_wanted(enabled) {
            return Ok((false, None));
        }
        let name = &self.args.name;
        let levels = self.args.runlevels.clone().unwrap_or_default();
        let mut calls: Vec<Vec<String>> = Vec::new();
        let call = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        if self.host.which("update-rc.d").is_some() {
            let verb = if enabled { "enable" } else { "disable" };
            // A script without links gets them; those of one that was disabled are turned.
            if enabled && levels.is_empty() && !self.has_links() {
                calls.push(call(&["update-rc.d", name, "defaults"]));
            } else {
                let mut words = call(&["update-rc.d", name, verb]);
                words.extend(levels);
                calls.push(words);
            }
        } else if self.host.which("chkconfig").is_some() {
            calls.push(call(&["chkconfig", "--add", name]));
            let mut words = vec!["chkconfig".to_owned()];
            if !levels.is_empty() {
                words.extend(["--level".to_owned(), levels.concat()]);
            }
            words.extend(call(&[name, if enabled { "on" } else { "off" }]));
            calls.push(words);
        } else {
            return Err(Failure::new(
                "No supported tool was found to enable services: chkconfig or update-rc.d",
            ));
        }
        let mut last = None;
        for words in calls {
            last = self.host.must_change(&Command::new(words))?;
        }
        Ok((true, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{find, host::TestHost};

    fn host(files: &[(&str, &str)]) -> TestHost {
        let base = [("/etc/init.d/a", ""), ("/sbin/update-rc.d", "")];
        let all: Vec<_> = base.into_iter().chain(files.iter().copied()).collect();
        TestHost::with(&all).executable(&["/etc/init.d/a", "/sbin/update-rc.d"])
    }

    fn sysvinit(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("sysvinit").unwrap().run(&given, host))
    }

    #[test]
    fn scripts_are_asked_and_told() {
        let host = host(&[])
            .answer("/etc/init.d/a status", 3, "")
            .answer("/etc/init.d/a start now", 0, "ok\n")
            .answer("update-rc.d a defaults", 0, "")
            .answer("update-rc.d a enable", 0, "")
            .answer("/etc/init.d/a status now", 3, "");
        let given = json!({"name": "a", "state": "started", "enabled": true, "args": "now"});
        let result = sysvinit(&host, given);
        assert_eq!(
            result["status"],
            json!({
                "enabled": {"changed": true, "rc": 0, "stdout": "", "stderr": ""},
                "started": {"changed": true, "rc": 0, "stdout": "ok\n", "stderr": ""},
            })
        );
        let host = host.answer("/etc/init.d/a status", 0, "a is running");
        assert_eq!(sysvinit(&host, json!({"name": "a", "state": "started"}))["changed"], false);
    }

    #[test]
    fn check_mode_predicts() {
        let host = host(&[("/etc/rc3.d/S01a", "")]).check().answer("/etc/init.d/a status", 0, "");
        let given = json!({"name": "a", "state": "stopped", "enabled": false, "runlevels": ["3"]});
        assert_eq!(sysvinit(&host, given)["changed"], true);
    }

    #[test]
    fn failures_are_told() {
        let host = host(&[]).answer("/etc/init.d/a status", 3, "").answer(
            "/etc/init.d/a start",
            7,
            "broken",
        );
        let result = sysvinit(&host, json!({"name": "a", "state": "started"}));
        assert_eq!(result["msg"], "Failed to start service: a");
        assert_eq!(
            sysvinit(&host, json!({"name": "nope", "state": "started"}))["msg"],
            "Could not find the requested service nope: "
        );
        assert_eq!(sysvinit(&host, json!({"name": "a"}))["failed"], true);
    }
}
