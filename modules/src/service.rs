//! `service`: services under whatever starts them: systemd, `OpenRC`, or scripts of System V.

mod script;

use windlass_macros::Args;

use crate::{
    facts,
    host::{Failure, Host, Outcome, Result},
    systemd_service,
    systemd_service::State,
    sysvinit,
};

/// Manages services
///
/// # Examples
/// ```yaml
/// - name: Have the web server running, now and after each boot
///   ansible.builtin.service:
///     name: nginx
///     state: started
///     enabled: true
///
/// - name: Have it read its configuration again
///   ansible.builtin.service:
///     name: nginx
///     state: reloaded
///
/// - name: Start a service on OpenRC in the runlevel for booting
///   ansible.builtin.service:
///     name: chronyd
///     enabled: true
///     runlevel: boot
///     use: openrc
/// ```
#[derive(Args)]
pub struct Args {
    /// Name of the service; only systemd does without
    name: Option<String>,
    /// How the service should be; `restarted` and `reloaded` always act
    state: Option<State>,
    /// Whether the service starts at boot
    enabled: Option<bool>,
    /// Seconds to wait between stopping and starting; not with systemd
    sleep: Option<u64>,
    /// Text that a running process' command line has, for scripts without `status`
    pattern: Option<String>,
    /// Runlevel of `OpenRC` in which the service starts
    #[arg(default = "default")]
    runlevel: String,
    /// Further words for the service's script
    #[arg(default = "", alias = "args")]
    arguments: String,
    /// What manages services; found out when `auto`
    #[arg(name = "use", default = "auto")]
    manager: String,
    /// What is handed on to the module of systemd
    #[arg(hidden, alias = "daemon-reload")]
    daemon_reload: Option<bool>,
    /// The same
    #[arg(hidden, alias = "daemon-reexec")]
    daemon_reexec: Option<bool>,
    /// The same
    #[arg(hidden)]
    masked: Option<bool>,
    /// The same
    #[arg(hidden)]
    force: Option<bool>,
    /// The same
    #[arg(hidden)]
    no_block: Option<bool>,
    /// The same
    #[arg(hidden)]
    scope: Option<systemd_service::ScopeName>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let manager = match args.manager.as_str() {
        "auto" => detect(host),
        "systemd"
        | "systemd_service"
        | "ansible.builtin.systemd"
        | "ansible.builtin.systemd_service" => Manager::Systemd,
        "openrc" if host.which("rc-service").is_some() => Manager::OpenRc,
        "sysvinit" | "ansible.builtin.sysvinit" => Manager::SystemV,
        // `service` itself, and what nobody knows, is the generic way, as in the reference.
        _ => Manager::Scripts,
    };
    if manager != Manager::Systemd {
        let Some(name) = args.name.clone() else {
            return Err(Failure::new("missing required arguments: name"));
        };
        if args.state.is_none() && args.enabled.is_none() {
            return Err(Failure::new("one of the following is required: state, enabled"));
        }
        if manager == Manager::SystemV {
            let wish = Wish {
                state: args.state,
                enabled: args.enabled,
                sleep: args.sleep,
                pattern: args.pattern.as_deref(),
                arguments: &args.arguments,
            };
            return sysvinit::run(sysvinit::Args::of_service(name, wish), host);
        }
        return script::run(&args, &name, manager, host);
    }
    for (name, given) in [
        ("pattern", args.pattern.is_some()),
        ("sleep", args.sleep.is_some()),
        ("arguments", !args.arguments.is_empty()),
        ("runlevel", args.runlevel != "default"),
    ] {
        if given {
            host.warn(format!("Ignoring \"{name}\" as it is not used in \"systemd\""));
        }
    }
    let needs_name = [
        ("state", args.state.is_some()),
        ("enabled", args.enabled.is_some()),
        ("masked", args.masked.is_some()),
    ];
    if let (None, Some((key, _))) = (&args.name, needs_name.iter().find(|(_, given)| *given)) {
        return Err(Failure::new(format!("missing parameter(s) required by '{key}': name")));
    }
    let unit = systemd_service::Args {
        name: args.name,
        state: args.state,
        enabled: args.enabled,
        daemon_reload: args.daemon_reload.unwrap_or(false),
        daemon_reexec: args.daemon_reexec.unwrap_or(false),
        masked: args.masked,
        force: args.force,
        no_block: args.no_block.unwrap_or(false),
        scope: args.scope.unwrap_or_default(),
    };
    systemd_service::run(unit, host)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Systemd,
    OpenRc,
    Scripts,
    /// By the module `sysvinit`, as the reference has it.
    SystemV,
}

/// What is handed on to `sysvinit`.
pub(crate) struct Wish<'a> {
    pub(crate) state: Option<State>,
    pub(crate) enabled: Option<bool>,
    pub(crate) sleep: Option<u64>,
    pub(crate) pattern: Option<&'a str>,
    pub(crate) arguments: &'a str,
}

/// Finds out what starts services here, as the fact of it says; what that does not know is left to scripts.
fn detect(host: &Host) -> Manager {
    match facts::service_mgr::manager(host).as_str() {
        "systemd" => Manager::Systemd,
        "sysvinit" => Manager::SystemV,
        _ if host.which("rc-service").is_some() => Manager::OpenRc,
        _ => Manager::Scripts,
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

    fn service(host: &TestHost, given: Json) -> JsonMap {
        let Json::Object(given) = given else { unreachable!() };
        find("service").unwrap().run(&given, host)
    }

    #[test]
    fn systemd_has_them_where_it_runs() {
        let host = TestHost::with(&[("/bin/systemctl", ""), ("/run/systemd/system/x", "")])
            .executable(&["/bin/systemctl"])
            .answer(
                "systemctl show -- a",
                0,
                "Id=a.service\nLoadState=loaded\nActiveState=active\n",
            );
        let result = service(&host, json!({"name": "a", "state": "started", "sleep": 1}));
        assert_eq!((&result["changed"], &result["state"]), (&json!(false), &json!("started")));
        assert_eq!(
            result["warnings"],
            json!(["Ignoring \"sleep\" as it is not used in \"systemd\""])
        );
    }

    #[test]
    fn scripts_are_asked_and_told() {
        let host = TestHost::with(&[("/etc/init.d/a", ""), ("/etc/rc2.d/S01a", "")])
            .executable(&["/etc/init.d/a"])
            .answer("/etc/init.d/a status", 3, "")
            .answer("/etc/init.d/a start", 0, "");
        let result = service(
            &host,
            json!({"name": "a", "state": "started", "enabled": true, "use": "service"}),
        );
        assert_eq!(
            Json::Object(result),
            json!({"changed": true, "name": "a", "enabled": true, "state": "started"})
        );
        let host = host.answer("/etc/init.d/a status", 0, "");
        let given = json!({"name": "a", "state": "started", "use": "service"});
        assert_eq!(service(&host, given)["changed"], false);
    }

    #[test]
    fn what_says_of_itself_that_it_is_system_v_goes_by_that_module() {
        let host = TestHost::with(&[("/proc/1/comm", "init\n"), ("/etc/init.d/a", "")]);
        let result = service(&host, json!({"name": "b", "state": "started"}));
        assert_eq!(result["msg"], "Could not find the requested service b: ");
    }

    #[test]
    fn openrc_has_runlevels() {
        let host = TestHost::with(&[
            ("/sbin/openrc", ""),
            ("/sbin/rc-service", ""),
            ("/sbin/rc-update", ""),
            ("/etc/init.d/a", ""),
        ])
        .executable(&["/sbin/rc-service", "/sbin/rc-update", "/etc/init.d/a"])
        .answer("rc-update add a boot", 0, "")
        .answer("rc-service a status", 0, "")
        .answer("rc-service a stop", 0, "");
        let given = json!({"name": "a", "state": "stopped", "enabled": true, "runlevel": "boot"});
        assert_eq!(service(&host, given)["changed"], true);
    }

    #[test]
    fn what_is_missing_is_named() {
        let host = TestHost::with(&[]);
        let result = service(&host, json!({"name": "a", "state": "started"}));
        assert_eq!(result["msg"], "Could not find the requested service a: host");
        assert_eq!(service(&host, json!({"name": "a"}))["failed"], true);
    }
}
