//! Services that scripts start: System V's, and those of `OpenRC`.

use std::time::Duration;

use super::{Args, Manager};
use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, glob_matches, split_words},
    systemd_service::State,
};

/// Makes the service as the arguments want it.
pub(super) fn run(args: &Args, name: &str, manager: Manager, host: &Host) -> Result<Outcome> {
    let script = format!("/etc/init.d/{name}");
    if !host.is_executable(&script) {
        let message = format!("Could not find the requested service {name}: host");
        return Err(Failure::new(message));
    }
    let service = Service { args, name, manager, script, host };
    let mut outcome = Outcome::changed_if(false).with("name", name);
    if let Some(enabled) = args.enabled {
        outcome.changed |= service.enable(enabled)?;
        outcome = outcome.with("enabled", enabled);
    }
    if let Some(state) = args.state {
        let changed = service.bring(state)?;
        if changed && host.checking() {
            return Ok(Outcome::changed_if(true).with("msg", "service state changed"));
        }
        outcome.changed |= changed;
        let now = if state == State::Stopped { "stopped" } else { "started" };
        outcome = outcome.with("state", now);
    }
    Ok(outcome)
}

struct Service<'a> {
    args: &'a Args,
    name: &'a str,
    manager: Manager,
    script: String,
    host: &'a Host,
}

impl Service<'_> {
    fn command(&self, verb: &str) -> Result<Command> {
        let mut words = match self.manager {
            Manager::OpenRc => vec!["rc-service".to_owned(), self.name.to_owned()],
            _ => vec![self.script.clone()],
        };
        words.push(verb.to_owned());
        words.extend(split_words(&self.args.arguments).map_err(Failure::new)?);
        Ok(Command::new(words))
    }

    /// Asks the script, and where it gives no clear answer the processes.
    fn is_running(&self) -> Result<bool> {
        if let Some(pattern) = &self.args.pattern {
            return self.host.has_process(pattern);
        }
        let output = self.host.run(&self.command("status")?)?;
        let printed = (output.text() + &output.error_text()).to_lowercase();
        if printed.contains("not running") || printed.contains("stopped") {
            return Ok(false);
        }
        Ok(match output.status {
            0 => true,
            1..=4 | 69 => false,
            _ => printed.contains("running") || self.host.has_process(self.name)?,
        })
    }

    fn bring(&self, state: State) -> Result<bool> {
        let running = self.is_running()?;
        match (state, running) {
            (State::Started, true) | (State::Stopped, false) => return Ok(false),
            (State::Stopped, true) => self.act("stop")?,
            (State::Reloaded, true) => self.act("reload")?,
            (State::Restarted, true) if self.args.sleep.is_some() => {
                self.act("stop")?;
                if !self.host.checking() {
                    self.host.pause(Duration::from_secs(self.args.sleep.unwrap_or(0)));
                }
                self.act("start")?;
            }
            (State::Restarted, true) => self.act("restart")?,
            (State::Started | State::Restarted | State::Reloaded, false) => self.act("start")?,
        }
        Ok(true)
    }

    fn act(&self, verb: &str) -> Result<()> {
        let output = self.host.change(&self.command(verb)?)?;
        self.check(output, verb)
    }

    fn check(&self, output: Option<Output>, verb: &str) -> Result<()> {
        match output.filter(|output| !output.success()) {
            None => Ok(()),
            Some(output) => {
                let reason = output.error_text() + &output.text();
                let message = format!("Unable to {verb} service {}: {reason}", self.name);
                Err(Failure::new(message))
            }
        }
    }

    fn enable(&self, enabled: bool) -> Result<bool> {
        let name = self.name;
        if self.manager == Manager::OpenRc {
            let level = &self.args.runlevel;
            let link = self.host.lstat(format!("/etc/runlevels/{level}/{name}"))?;
            if link.is_some() == enabled {
                return Ok(false);
            }
            let verb = if enabled { "add" } else { "del" };
            let words = ["rc-update", verb, name, level];
            self.check(self.host.change(&Command::new(words))?, verb)?;
            return Ok(true);
        }
        let pattern = format!("S??{name}");
        let is_enabled = (2..=5).any(|level| {
            let names = self.host.list(format!("/etc/rc{level}.d")).unwrap_or_default();
            names.iter().any(|name| glob_matches(&pattern, name))
        });
        if is_enabled == enabled {
            return Ok(false);
        }
        let words = if self.host.which("update-rc.d").is_some() {
            vec!["update-rc.d", name, if enabled { "defaults" } else { "disable" }]
        } else {
            vec!["chkconfig", name, if enabled { "on" } else { "off" }]
        };
        let verb = if enabled { "enable" } else { "disable" };
        self.check(self.host.change(&Command::new(words))?, verb)?;
        Ok(true)
    }
}
