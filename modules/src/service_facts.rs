//! `service_facts`: which services the host has, and how they are.
//!
//! Invariant: systemd is asked over its own socket; its tools run only where that is not open to us.

use windlass_macros::Args;
use windlass_protocol::{Json, JsonMap};

use crate::host::{Command, Host, Outcome, Result, UnitLine};

/// Tells which services the host has
///
/// The fact is `ansible_facts.services`: each service by its name with its `state`, its `status` and its `source`.
///
/// # Examples
/// ```yaml
/// - name: Learn of the services
///   ansible.builtin.service_facts:
///
/// - name: Learn of them again, when some have been installed
///   ansible.builtin.service_facts:
///   when: packages is changed
/// ```
#[derive(Args)]
pub struct Args {}

pub fn run(_args: Args, host: &Host) -> Result<Outcome> {
    let mut services = JsonMap::new();
    scripts(&mut services, host)?;
    if host.systemd_runs() {
        units(&mut services, host)?;
    }
    open_rc(&mut services, host)?;
    let facts = JsonMap::from_iter([("services".to_owned(), Json::Object(services))]);
    Ok(Outcome::changed_if(false).with("ansible_facts", facts))
}

fn add(services: &mut JsonMap, name: &str, state: &str, status: Option<&str>, source: &str) {
    let mut service = JsonMap::from_iter([
        ("name".to_owned(), Json::from(name)),
        ("state".to_owned(), Json::from(state)),
    ]);
    if let Some(status) = status {
        service.insert("status".to_owned(), Json::from(status));
    }
    service.insert("source".to_owned(), Json::from(source));
    services.insert(name.to_owned(), Json::Object(service));
}

/// Scripts of System V, which only they can tell of: `service --status-all` asks each.
fn scripts(services: &mut JsonMap, host: &Host) -> Result<()> {
    let Some(tool) = host.which("service") else { return Ok(()) };
    if host.which("chkconfig").is_some() && !host.exists("/etc/debian_version") {
        return Ok(());
    }
    if !host.exists("/etc/init.d") {
        return Ok(());
    }
    let output = host.run(&Command::new([tool.as_str(), "--status-all"]))?;
    for line in output.text().lines() {
        let Some((mark, name)) =
            line.trim().strip_prefix('[').and_then(|rest| rest.split_once(']'))
        else {
            continue;
        };
        let state = if mark.trim() == "+" { "running" } else { "stopped" };
        add(services, name.trim(), state, None, "sysv");
    }
    Ok(())
}

fn units(services: &mut JsonMap, host: &Host) -> Result<()> {
    for UnitLine { name, load, active, sub } in host.systemd_units()? {
        if !name.ends_with(".service") {
            continue;
        }
        let state = if sub == "running" { "running" } else { "stopped" };
        let bad = ["not-found", "masked", "failed"];
        let status = [&load, &active, &sub].into_iter().find(|word| bad.contains(&word.as_str()));
        let status = status.unwrap_or(&active);
        add(services, &name, state, Some(status), "systemd");
    }
    for (name, status) in host.systemd_unit_files()? {
        if !name.ends_with(".service") {
            continue;
        }
        if let Some(Json::Object(known)) = services.get_mut(&name) {
            // What is wrong with a unit says more than whether it starts at boot.
            let wrong = known.get("status").and_then(Json::as_str);
            if !wrong.is_some_and(|word| matches!(word, "not-found" | "masked" | "failed")) {
                known.insert("status".to_owned(), Json::from(status));
            }
            continue;
        }
        let state = if name.contains("@.") {
            "unknown".to_owned()
        } else {
            host.systemd_active_state(&name)?
        };
        add(services, &name, &state, Some(&status), "systemd");
    }
    Ok(())
}

/// Services of `OpenRC`: those that a runlevel starts, and whether they run.
fn open_rc(services: &mut JsonMap, host: &Host) -> Result<()> {
    if host.which("rc-status").is_none() || host.which("rc-update").is_none() {
        return Ok(());
    }
    let output = host.run(&Command::new(["rc-status", "-a", "-s", "-m"]))?;
    let listed = output.text() + &host.run(&Command::new(["rc-update", "show", "-v"]))?.text();
    for line in listed.lines() {
        if let Some((name, levels)) = line.split_once('|') {
            let runlevels: Vec<Json> = levels.split_whitespace().map(Json::from).collect();
            let name = name.trim();
            let state = match services.get(name) {
                Some(known) => known["state"].clone(),
                None => Json::from("stopped"),
            };
            let service = JsonMap::from_iter([
                ("name".to_owned(), Json::from(name)),
                ("runlevels".to_owned(), Json::Array(runlevels)),
                ("state".to_owned(), state),
                ("source".to_owned(), Json::from("openrc")),
            ]);
            services.insert(name.to_owned(), Json::Object(service));
        } else if let Some((name, state)) = line.split_once('[') {
            let state = state.trim_end_matches(']').trim();
            let state = if state.starts_with("started") { "running" } else { "stopped" };
            add(services, name.trim(), state, None, "openrc");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::JsonMap};

    fn services(host: &TestHost) -> serde_json::Value {
        let result = find("service_facts").unwrap().run(&JsonMap::new(), host);
        result["ansible_facts"]["services"].clone()
    }

    #[test]
    fn systemd_and_scripts_are_told() {
        let units = "ssh.service loaded active running OpenBSD\n● bad.service loaded failed failed Bad\nx.timer loaded active waiting X\n";
        let files = "ssh.service enabled enabled\nbad.service static -\ngetty@.service enabled enabled\nsshd.service alias -\n";
        let host = TestHost::with(&[
            ("/run/systemd/system/x", ""),
            ("/sbin/service", ""),
            ("/etc/init.d/cron", ""),
        ])
        .executable(&["/sbin/service"])
        .answer("/sbin/service --status-all", 0, " [ + ]  cron\n [ - ]  x11\n")
        .answer(
            "systemctl list-units --no-pager --no-legend --type service --all --plain",
            0,
            units,
        )
        .answer("systemctl list-unit-files --no-pager --no-legend --type service --all", 0, files)
        .answer(
            "systemctl show --property=ActiveState --value -- sshd.service",
            0,
            "active\n",
        );
        assert_eq!(
            services(&host),
            json!({
                "cron": {"name": "cron", "state": "running", "source": "sysv"},
                "x11": {"name": "x11", "state": "stopped", "source": "sysv"},
                "ssh.service": {"name": "ssh.service", "state": "running", "status": "enabled", "source": "systemd"},
                "bad.service": {"name": "bad.service", "state": "stopped", "status": "failed", "source": "systemd"},
                "getty@.service": {"name": "getty@.service", "state": "unknown", "status": "enabled", "source": "systemd"},
                "sshd.service": {"name": "sshd.service", "state": "active", "status": "alias", "source": "systemd"},
            })
        );
    }

    #[test]
    fn openrc_has_runlevels() {
        let host = TestHost::with(&[("/sbin/rc-status", ""), ("/sbin/rc-update", "")])
            .executable(&["/sbin/rc-status", "/sbin/rc-update"])
            .answer("rc-status -a -s -m", 0, " sshd [  started  ]\n")
            .answer("rc-update show -v", 0, "   sshd |      default\n   x |\n");
        assert_eq!(
            services(&host)["sshd"],
            json!({"name": "sshd", "runlevels": ["default"], "state": "running", "source": "openrc"})
        );
    }
}
