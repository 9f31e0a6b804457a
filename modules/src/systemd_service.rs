//! `systemd_service`: units of systemd.
//!
//! Invariant: a unit that is as wanted is only asked about over systemd's socket; `systemctl` runs for changes.

use windlass_macros::{Args, Choice};

use crate::{
    facts::chroot::is_chroot,
    host::{Command, Failure, Host, Outcome, Output, Result, Scope, glob_matches},
    spec::{Json, JsonMap},
};

/// Manages units of systemd
///
/// # Examples
/// ```yaml
/// - name: Have the shop running, now and after each boot
///   ansible.builtin.systemd_service:
///     name: shop
///     state: started
///     enabled: true
///     daemon_reload: true
///
/// - name: Run a nightly job by its timer
///   ansible.builtin.systemd_service:
///     name: report.timer
///     state: started
///     enabled: true
///
/// - name: Have nobody start the print service
///   ansible.builtin.systemd_service:
///     name: cups
///     state: stopped
///     masked: true
/// ```
#[derive(Args, Default)]
#[args(
    also("systemd"),
    required_by("state", "name"),
    required_by("enabled", "name"),
    required_by("masked", "name")
)]
pub struct Args {
    /// Name of the unit; `.service` when it has no type
    #[arg(alias = "service", alias = "unit")]
    pub(crate) name: Option<String>,
    /// How the unit should be; `restarted` and `reloaded` always act
    pub(crate) state: Option<State>,
    /// Whether the unit starts at boot
    pub(crate) enabled: Option<bool>,
    /// Whether existing links of the unit are replaced
    pub(crate) force: Option<bool>,
    /// Whether the unit cannot be started at all
    pub(crate) masked: Option<bool>,
    /// Whether systemd reads its files again first
    #[arg(default = "false", alias = "daemon-reload")]
    pub(crate) daemon_reload: bool,
    /// Whether systemd starts itself anew first
    #[arg(default = "false", alias = "daemon-reexec")]
    pub(crate) daemon_reexec: bool,
    /// Which manager: the system's, the user's own, or that of all users
    #[arg(default = "system")]
    pub(crate) scope: ScopeName,
    /// Whether not to wait until the change is done
    #[arg(default = "false")]
    pub(crate) no_block: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Reloaded,
    Restarted,
    Started,
    Stopped,
}

#[derive(Choice, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ScopeName {
    #[default]
    System,
    User,
    Global,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let systemctl = Systemctl::of(&args, host)?;
    if let Some(name) = &args.name
        && let Some(sign) = ["*", "?", "["].into_iter().find(|sign| name.contains(sign))
    {
        return Err(Failure::new(format!(
            "This module does not currently support using glob patterns, found '{sign}' in service name: {name}"
        )));
    }
    for (wanted, verb) in
        [(args.daemon_reload, "daemon-reload"), (args.daemon_reexec, "daemon-reexec")]
    {
        if !wanted || args.scope == ScopeName::Global {
            continue;
        }
        if let Some(output) = systemctl.change(&[verb])?.filter(|output| !output.success()) {
            let message =
                format!("failure {} during {verb}: {}", output.status, output.error_text());
            // Without a running manager there is nothing to read again.
            if !host.systemd_runs() {
                host.warn(message);
                continue;
            }
            return Err(Failure::new(message));
        }
    }
    let Some(name) = args.name.clone() else {
        let outcome = Outcome::changed_if(false).with("name", Json::Null);
        return Ok(outcome.with("changed", Json::Null).with("status", JsonMap::new()));
    };
    Unit::find(name, systemctl)?.bring(&args)
}

/// `systemctl` with the options that the arguments ask for.
struct Systemctl<'a> {
    host: &'a Host,
    program: String,
    options: Vec<&'static str>,
    scope: Scope,
}

impl<'a> Systemctl<'a> {
    fn of(args: &Args, host: &'a Host) -> Result<Systemctl<'a>> {
        let scope = match args.scope {
            ScopeName::System => Scope::System,
            ScopeName::User => Scope::User,
            ScopeName::Global => Scope::Global,
        };
        let mut options: Vec<&'static str> = scope.option().into_iter().collect();
        options.extend(args.no_block.then_some("--no-block"));
        options.extend((args.force == Some(true)).then_some("--force"));
        // Where systemd runs, its tool is there; asking costs as little as using it.
        let program = host.required("systemctl")?;
        Ok(Systemctl { host, program, options, scope })
    }

    fn command(&self, words: &[&str]) -> Command {
        let options = self.options.iter().copied().chain(words.iter().copied());
        let command = Command::new(std::iter::once(self.program.as_str()).chain(options));
        if self.scope == Scope::System || self.host.env("XDG_RUNTIME_DIR").is_some() {
            return command;
        }
        let uid = rustix::process::geteuid().as_raw();
        command.env("XDG_RUNTIME_DIR", &format!("/run/user/{uid}"))
    }

    fn run(&self, words: &[&str]) -> Result<Output> {
        self.host.run(&self.command(words))
    }

    fn change(&self, words: &[&str]) -> Result<Option<Output>> {
        self.host.change(&self.command(words))
    }
}

/// Returns whether the name is that of a template: `name@`, or `name@.service`.
fn is_template(name: &str) -> bool {
    name.ends_with('@') || name.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with('@'))
}

/// A unit and what systemd says about it.
struct Unit<'a> {
    name: String,
    status: JsonMap,
    systemctl: Systemctl<'a>,
    /// Whether a script of System V has this name.
    has_script: bool,
}

impl<'a> Unit<'a> {
    fn find(name: String, systemctl: Systemctl<'a>) -> Result<Unit<'a>> {
        let host = systemctl.host;
        // `systemctl` takes a name with a dash in front for options, so the reference finds none of these.
        let is_option = name.starts_with('-');
        let status = if !is_option && (host.systemd_runs() || systemctl.scope != Scope::System) {
            match host.systemd_unit(&name, systemctl.scope) {
                Ok(status) => status,
                // What has no instance is no unit, and yet can be enabled.
                Err(_) if is_template(&name) => JsonMap::new(),
                Err(failure) if systemctl.scope == Scope::System => return Err(failure),
                // The manager of a user need not run.
                Err(_) => JsonMap::new(),
            }
        } else {
            JsonMap::new()
        };
        let script =
            if name.starts_with('/') { name.clone() } else { format!("/etc/init.d/{name}") };
        let has_script = host.exists(script);
        let unit = Unit { name, status, systemctl, has_script };
        if unit.is_offline() && !unit.has_file()? {
            // Says why nothing is known of units where systemd has never run.
            unit.systemctl.run(&[])?.checked(&unit.systemctl.command(&[]))?;
        }
        Ok(unit)
    }

    fn property(&self, name: &str) -> &str {
        self.status.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    fn exists(&self) -> Result<bool> {
        match self.property("LoadState") {
            "" | "not-found" => Ok(self.has_script || self.has_file()?),
            _ => Ok(true),
        }
    }

    /// Returns whether the system's manager does not run: there are only files then.
    fn is_offline(&self) -> bool {
        self.systemctl.scope == Scope::System && !self.systemctl.host.systemd_runs()
    }

    /// Returns whether a file of the unit is there although no manager has it loaded.
    fn has_file(&self) -> Result<bool> {
        if self.systemctl.scope == Scope::System && !self.is_offline() {
            return Ok(
                is_template(&self.name) && !matches!(self.file_state()?.as_str(), "" | "not-found")
            );
        }
        if self.is_offline() && !matches!(self.file_state()?.as_str(), "" | "not-found") {
            return Ok(true);
        }
        let output = self.systemctl.run(&["list-unit-files", "--no-legend", &self.name])?;
        Ok(output.success() && output.text().lines().any(|line| self.is_named_in(line)))
    }

    fn is_named_in(&self, line: &str) -> bool {
        let listed = line.split_whitespace().next().unwrap_or_default();
        listed == self.name || listed == format!("{}.service", self.name)
    }

    fn must_exist(&self) -> Result<()> {
        if self.exists()? {
            return Ok(());
        }
        let name = &self.name;
        Err(Failure::new(format!("Could not find the requested service {name}: host")))
    }

    /// Makes the unit as the arguments want it, and tells what it was like.
    fn bring(self, args: &Args) -> Result<Outcome> {
        let mut outcome =
            Outcome::changed_if(false).with("name", self.name.as_str()).with("changed", Json::Null);
        if matches!(self.property("LoadState"), "error" | "bad-setting") {
            return Err(Failure::new(format!(
                "Error loading unit file '{}': {}",
                self.name,
                self.property("LoadError")
            )));
        }
        if self.has_script && self.property("LoadState") == "not-found" {
            let name = &self.name;
            self.systemctl.host.warn(format!(
                "The service ({name}) is actually an init script but the system is managed by systemd"
            ));
        }
        if let Some(masked) = args.masked {
            outcome.changed |= self.mask(masked)?;
        }
        if let Some(enabled) = args.enabled {
            self.must_exist()?;
            let changed = self.enable(enabled)?;
            outcome = Outcome { changed: outcome.changed || changed, ..outcome };
            outcome = outcome.with("enabled", enabled);
        }
        if let Some(state) = args.state {
            self.must_exist()?;
            outcome = self.set_state(state, outcome)?;
        }
        Ok(outcome.with("status", self.status))
    }

    /// Returns what `systemctl is-enabled` says, from what is known already where that will do.
    fn file_state(&self) -> Result<String> {
        let known = self.property("UnitFileState");
        let own_name = self.property("Id") == self.name
            || self.property("Id") == format!("{}.service", self.name);
        // Under another name the unit is an alias, and that is what counts.
        if own_name && !matches!(known, "" | "alias" | "indirect") {
            return Ok(known.to_owned());
        }
        let output = self.systemctl.run(&["is-enabled", &self.name, "-l"])?;
        Ok(output.text().trim().to_owned())
    }

    fn mask(&self, masked: bool) -> Result<bool> {
        let is_masked = match self.property("LoadState") {
            "masked" => true,
            "loaded" => self.property("UnitFileState").starts_with("masked"),
            _ => self.file_state()? == "masked",
        };
        if is_masked == masked {
            return Ok(false);
        }
        let verb = if masked { "mask" } else { "unmask" };
        if let Some(output) =
            self.systemctl.change(&[verb, &self.name])?.filter(|output| !output.success())
        {
            self.must_exist()?;
            let reason = output.error_text();
            let message =
                format!("Failed to {verb} the service ({}): {}", self.name, reason.trim());
            return Err(Failure::new(message));
        }
        Ok(true)
    }

    fn enable(&self, enabled: bool) -> Result<bool> {
        let state = self.file_state()?;
        let mut lines = state.lines();
        let is_enabled = match lines.next().unwrap_or_default() {
            "generated" if self.has_script => self.script_is_enabled(),
            "enabled" | "static" | "generated" | "transient" => true,
            // Alone they say that nothing is installed; the places follow where something is.
            "alias" | "indirect" => lines.next().is_some(),
            _ => false,
        };
        if is_enabled == enabled {
            return Ok(false);
        }
        let verb = if enabled { "enable" } else { "disable" };
        if let Some(output) =
            self.systemctl.change(&[verb, &self.name])?.filter(|output| !output.success())
        {
            let printed = output.text() + &output.error_text();
            let message = format!("Unable to {verb} service {}: {printed}", self.name);
            return Err(Failure::new(message));
        }
        Ok(true)
    }

    /// Returns whether a runlevel of System V starts the script.
    fn script_is_enabled(&self) -> bool {
        let host = self.systemctl.host;
        let pattern = format!("S??{}", self.name);
        (2..=5).any(|level| {
            let names = host.list(format!("/etc/rc{level}.d")).unwrap_or_default();
            names.iter().any(|name| glob_matches(&pattern, name))
        })
    }

    fn set_state(&self, state: State, outcome: Outcome) -> Result<Outcome> {
        let active = self.property("ActiveState");
        if active.is_empty() {
            let host = self.systemctl.host;
            if !is_chroot(host) && host.env("SYSTEMD_OFFLINE").as_deref() != Some("1") {
                return Err(
                    Failure::new("Service is in unknown state").with("status", self.status.clone())
                );
            }
            host.warn(
                "Target is a chroot or systemd is offline. This can lead to false positives or prevent the init system tools from working.",
            );
            return Ok(outcome.with("state", state.as_str()));
        }
        let running = matches!(active, "active" | "activating" | "reloading");
        let verb = match state {
            State::Started if running => None,
            State::Stopped if !running && active != "deactivating" => None,
            State::Stopped => Some("stop"),
            State::Restarted if running => Some("restart"),
            State::Reloaded if running => Some("reload"),
            State::Started | State::Restarted | State::Reloaded => Some("start"),
        };
        let now = if state == State::Stopped { "stopped" } else { "started" };
        let outcome = outcome.with("state", now);
        let Some(verb) = verb else { return Ok(outcome) };
        if let Some(output) =
            self.systemctl.change(&[verb, &self.name])?.filter(|output| !output.success())
        {
            let reason = output.error_text();
            let message = format!("Unable to {verb} service {}: {reason}", self.name);
            return Err(Failure::new(message));
        }
        Ok(Outcome { changed: true, ..outcome })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        find,
        host::TestHost,
        spec::{Json, JsonMap},
    };

    fn host() -> TestHost {
        TestHost::with(&[("/bin/systemctl", ""), ("/run/systemd/system/x", "")])
            .executable(&["/bin/systemctl"])
    }

    fn unit(host: TestHost, name: &str, properties: &str) -> TestHost {
        host.answer(&format!("systemctl show -- {name}"), 0, properties)
    }

    fn service(host: &TestHost, given: Json) -> JsonMap {
        let Json::Object(given) = given else { unreachable!() };
        find("systemd_service").unwrap().run(&given, host)
    }

    const RUNNING: &str =
        "Id=a.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n";
    const STOPPED: &str =
        "Id=a.service\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n";

    #[test]
    fn a_unit_that_is_as_wanted_is_left_alone() {
        let host = unit(host(), "a", RUNNING);
        let result = service(
            &host,
            json!({"name": "a", "state": "started", "enabled": true, "masked": false}),
        );
        assert_eq!(
            Json::Object(result),
            json!({
                "changed": false, "name": "a", "enabled": true, "state": "started",
                "status": {"Id": "a.service", "LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled"},
            })
        );
    }

    #[test]
    fn what_differs_is_changed_after_the_files_were_read_again() {
        let host = host().answer("/bin/systemctl daemon-reload", 0, "");
        let host = unit(host, "a", STOPPED).answer("/bin/systemctl enable a", 0, "").answer(
            "/bin/systemctl start a",
            0,
            "",
        );
        let result = service(
            &host,
            json!({"name": "a", "state": "started", "enabled": true, "daemon_reload": true}),
        );
        assert_eq!(
            (&result["changed"], &result["state"], &result["enabled"]),
            (&json!(true), &json!("started"), &json!(true))
        );
        let host = unit(host, "a", RUNNING).answer("/bin/systemctl --no-block restart a", 0, "");
        assert_eq!(
            service(&host, json!({"name": "a", "state": "restarted", "no_block": true}))["state"],
            "started"
        );
        let host = unit(host, "a", STOPPED).answer("/bin/systemctl start a", 0, "");
        assert_eq!(service(&host, json!({"name": "a", "state": "reloaded"}))["changed"], true);
    }

    #[test]
    fn check_mode_predicts() {
        let host = unit(host().check(), "a", STOPPED);
        let result = service(
            &host,
            json!({"name": "a", "state": "started", "enabled": true, "daemon_reload": true}),
        );
        assert_eq!((&result["changed"], &result["state"]), (&json!(true), &json!("started")));
    }

    #[test]
    fn missing_units_and_failing_changes_are_told_in_the_words_of_the_reference() {
        let gone = "Id=a.service\nLoadState=not-found\nActiveState=inactive\n";
        let host = unit(unit(host(), "a", gone), "a", gone);
        assert_eq!(
            service(&host, json!({"name": "a", "state": "started"}))["msg"],
            "Could not find the requested service a: host"
        );
        assert_eq!(service(&host, json!({"name": "a"}))["changed"], false);
        assert_eq!(
            service(&host, json!({"state": "started"}))["msg"],
            "missing parameter(s) required by 'state': name"
        );
        let host = unit(host, "a", STOPPED).answer("/bin/systemctl start a", 1, "");
        assert_eq!(
            service(&host, json!({"name": "a", "state": "started"}))["msg"],
            "Unable to start service a: "
        );
        let message = service(&host, json!({"name": "a*"}))["msg"].clone();
        assert_eq!(
            message,
            "This module does not currently support using glob patterns, found '*' in service name: a*"
        );
    }

    #[test]
    fn units_are_masked_once() {
        let masked = "Id=a.service\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked\n";
        let host =
            unit(unit(host(), "a", masked), "a", STOPPED).answer("/bin/systemctl mask a", 0, "");
        assert_eq!(service(&host, json!({"name": "a", "masked": true}))["changed"], false);
        assert_eq!(service(&host, json!({"name": "a", "masked": true}))["changed"], true);
    }
}
