//! `firewalld`: what firewalld lets through.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{JsonMap, python_str},
};

/// Opens ports and services of firewalld, closes them, and changes its zones
///
/// Where neither `permanent` nor `immediate` is true, only the running firewall changes. What is new in the permanent
/// configuration alone, a zone for one, is there for the running firewall after a reload.
///
/// # Examples
/// ```yaml
/// - name: Let the web in, now and after the next boot
///   ansible.posix.firewalld:
///     service: https
///     permanent: true
///     immediate: true
///     state: enabled
///
/// - name: Let only the monitoring server ask the exporter
///   ansible.posix.firewalld:
///     rich_rule: rule family="ipv4" source address="192.0.2.10" port port="9100" protocol="tcp" accept
///     permanent: true
///     immediate: true
///     state: enabled
///
/// - name: Have a zone of its own for the management network
///   ansible.posix.firewalld:
///     zone: management
///     permanent: true
///     state: present
///   notify: reload firewalld
/// ```
#[derive(Args)]
#[args(
    collection = "ansible.posix",
    mutually_exclusive(
        "icmp_block",
        "icmp_block_inversion",
        "service",
        "protocol",
        "port",
        "port_forward",
        "rich_rule",
        "interface",
        "forward",
        "masquerade",
        "source",
        "target"
    ),
    required_by("interface", "zone"),
    required_by("target", "zone")
)]
pub struct Args {
    /// Kind of ICMP message that is blocked
    icmp_block: Option<String>,
    /// Whether ICMP blocks are meant the other way round
    icmp_block_inversion: Option<bool>,
    /// Service, as firewalld calls it: `https`
    service: Option<String>,
    /// Protocol, by name or number: `gre`
    protocol: Option<String>,
    /// Port or range with its protocol, such as `80/tcp`
    port: Option<String>,
    /// Port that leads elsewhere: its `port`, `proto`, `toport`, `toaddr`
    port_forward: Option<Vec<JsonMap>>,
    /// Rule in firewalld's rich language
    rich_rule: Option<String>,
    /// Address or network from which packets come, such as `192.0.2.0/24`
    source: Option<String>,
    /// Interface, which goes into the zone
    interface: Option<String>,
    /// Zone; the default one when absent
    zone: Option<String>,
    /// Whether it holds after a reload, too
    #[arg(default = "false")]
    permanent: bool,
    /// Whether it holds at once, too
    #[arg(default = "false")]
    immediate: bool,
    /// How it should be: `present` and `absent` are for zones and targets
    state: State,
    /// Seconds after which the running firewall takes it back; never when 0
    #[arg(default = "0")]
    timeout: i64,
    /// Whether packets between interfaces of the zone pass
    forward: Option<bool>,
    /// Whether addresses are masked
    masquerade: Option<bool>,
    /// Whether a firewalld that does not run is changed by its files
    #[arg(default = "false")]
    offline: bool,
    /// What happens to packets that nothing matches
    target: Option<Target>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Disabled,
    Enabled,
    Present,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Default,
    #[choice("ACCEPT")]
    Accept,
    #[choice("DROP")]
    Drop,
    #[choice("%%REJECT%%")]
    Reject,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut permanent = args.permanent;
    let mut immediate = args.immediate;
    let running = host
        .which("firewall-cmd")
        .map(|tool| host.run(&Command::new([tool.as_str(), "--state"])))
        .transpose()?
        .is_some_and(|output| output.success());
    if !running {
        if immediate && args.offline {
            host.warn("The offline and immediate options were both set. Immediate operations need a running firewalld.");
        }
        // What is on the disk can be changed without the daemon.
        if !args.offline && (immediate || !permanent) {
            return Err(Failure::new(
                "firewall is not currently running, unable to perform immediate actions without a running firewall daemon",
            ));
        }
        immediate = false;
        permanent = true;
    }
    if !permanent && !immediate {
        immediate = true;
    }
    let tool = host.required(if running { "firewall-cmd" } else { "firewall-offline-cmd" })?;
    let task = Task { args: &args, tool, running, permanent, immediate, host };
    task.bring()
}

/// One thing to bring: the word in firewalld's options, its value, and what the message says.
struct Thing {
    word: &'static str,
    value: Option<String>,
    wanted: bool,
    message: String,
    /// Whether it can end by itself.
    timed: bool,
}

struct Task<'a> {
    args: &'a Args,
    tool: String,
    running: bool,
    permanent: bool,
    immediate: bool,
    host: &'a Host,
}

impl Task<'_> {
    fn call(&self, permanent: bool, words: &[String]) -> Result<crate::host::Output> {
        let mut all = vec![self.tool.clone()];
        if permanent && self.running {
            all.push("--permanent".to_owned());
        }
        all.extend(words.iter().cloned());
        self.host.run(&Command::new(all))
    }

    fn zone(&self) -> Result<String> {
        if let Some(zone) = &self.args.zone {
            return Ok(zone.clone());
        }
        let output = self.call(false, &["--get-default-zone".to_owned()])?;
        Ok(output.text().trim().to_owned())
    }

    fn failed(&self, output: &crate::host::Output) -> Failure {
        // A running daemon is told by D-Bus what went wrong, and so is the reference.
        let said = if output.stderr.is_empty() { output.text() } else { output.error_text() };
        let said = said.trim().trim_start_matches("Error: ");
        // Rules are read before anybody is asked.
        let kind = if self.running && !said.starts_with("INVALID_RULE") {
            "org.fedoraproject.FirewallD1.Exception: "
        } else {
            ""
        };
        Failure::new(format!("ERROR: Exception caught: {kind}{said}"))
    }

    fn bring(&self) -> Result<Outcome> {
        let args = self.args;
        let zone = self.zone()?;
        let first = match (self.permanent, self.immediate) {
            (true, true) => "Permanent and Non-Permanent(immediate) operation",
            (true, false) => "Permanent operation",
            _ => "Non-permanent operation",
        };
        let mut messages = vec![first.to_owned()];
        let changed = if let Some(thing) = self.thing(&zone)? {
            if !matches!(args.state, State::Enabled | State::Disabled) {
                return Err(Failure::new(
                    "absent and present state can only be used in zone level operations",
                ));
            }
            let changed = self.bring_thing(&zone, &thing, first)?;
            if changed {
                messages.push(thing.message);
            }
            changed
        } else if let Some(target) = args.target {
            let changed = self.bring_target(&zone, target)?;
            if changed {
                messages.push(if matches!(args.state, State::Absent | State::Disabled) {
                    format!("Reset zone {zone} target to default")
                } else {
                    format!("Set zone {zone} target to {}", target.as_str())
                });
            }
            changed
        } else if matches!(args.state, State::Enabled | State::Disabled) {
            messages.clear();
            false
        } else {
            let changed = self.bring_zone(&zone)?;
            if changed {
                let word = if args.state == State::Present { "Added" } else { "Removed" };
                messages.push(format!("{word} zone {zone}"));
                messages.push(format!("Changed zone {zone} to {}", args.state.as_str()));
            }
            changed
        };
        if changed && self.host.checking() {
            return Ok(Outcome::changed_if(true));
        }
        if !self.running {
            messages.push("(offline operation: only on-disk configs were altered)".to_owned());
        }
        Ok(Outcome::changed_if(changed).with("msg", messages.join(", ")))
    }

    #[expect(clippy::too_many_lines, reason = "one setting after the other")]
    fn thing(&self, zone: &str) -> Result<Option<Thing>> {
        let args = self.args;
        let wanted = args.state == State::Enabled;
        let state = args.state.as_str();
        let thing = |word, value: &str, message: String, timed| Thing {
            word,
            value: Some(value.to_owned()),
            wanted,
            message,
            timed,
        };
        let flag = |word, message: &str, on: bool| {
            let wanted = on == wanted;
            let verb = if wanted { "Added" } else { "Removed" };
            let to = if wanted { "to" } else { "from" };
            Thing {
                word,
                value: None,
                wanted,
                message: format!("{verb} {message} {to} zone {zone}"),
                timed: false,
            }
        };
        Ok(Some(if let Some(kind) = &args.icmp_block {
            thing("icmp-block", kind, format!("Changed icmp-block {kind} to {state}"), true)
        } else if let Some(on) = args.icmp_block_inversion {
            let mut one = flag("icmp-block-inversion", "icmp-block-inversion", on);
            one.message = format!(
                "Changed icmp-block-inversion {} to {state}",
                if on { "True" } else { "False" }
            );
            one
        } else if let Some(service) = &args.service {
            thing("service", service, format!("Changed service {service} to {state}"), true)
        } else if let Some(source) = &args.source {
            let message = if wanted {
                format!("Added {source} to zone {zone}")
            } else {
                format!("Removed {source} from zone {zone}")
            };
            thing("source", source, message, false)
        } else if let Some(protocol) = &args.protocol {
            thing("protocol", protocol, format!("Changed protocol {protocol} to {state}"), true)
        } else if let Some(port) = &args.port {
            let Some((_, protocol)) = port.split_once('/') else {
                return Err(Failure::new("improper port format (missing protocol?)"));
            };
            if protocol.is_empty() {
                return Err(Failure::new("improper port format (missing protocol?)"));
            }
            thing("port", port, format!("Changed port {port} to {state}"), true)
        } else if let Some(forwards) = &args.port_forward {
            let [forward] = &forwards[..] else {
                return Err(Failure::new("Only one port forward supported at a time"));
            };
            let text =
                |key: &str| forward.get(key).filter(|value| !value.is_null()).map(python_str);
            if text("proto").is_none() {
                return Err(Failure::new("proto udp/tcp must be specified for port forward"));
            }
            let (Some(port), Some(proto), Some(toport)) =
                (text("port"), text("proto"), text("toport"))
            else {
                return Err(Failure::new("port, proto and toport must be given in port_forward"));
            };
            let mut value = format!("port={port}:proto={proto}:toport={toport}");
            if let Some(address) = text("toaddr") {
                value.push_str(&format!(":toaddr={address}"));
            }
            let address = text("toaddr").unwrap_or_default();
            let message = format!(
                "Changed port_forward port={port}:proto={proto}:toport={toport}:toaddr={address} to {state}"
            );
            thing("forward-port", &value, message, true)
        } else if let Some(rule) = &args.rich_rule {
            thing("rich-rule", rule, format!("Changed rich_rule {rule} to {state}"), true)
        } else if let Some(interface) = &args.interface {
            let message = if wanted {
                format!("Changed {interface} to zone {zone}")
            } else {
                format!("Removed {interface} from zone {zone}")
            };
            thing("interface", interface, message, false)
        } else if let Some(on) = args.forward {
            flag("forward", "forward", on)
        } else if let Some(on) = args.masquerade {
            flag("masquerade", "masquerade", on)
        } else {
            return Ok(None);
        }))
    }

    /// Brings one thing; `operation` is what a failure to change it says, too.
    fn bring_thing(&self, zone: &str, thing: &Thing, operation: &str) -> Result<bool> {
        let mut changed = false;
        for permanent in [true, false] {
            if !(if permanent { self.permanent } else { self.immediate }) {
                continue;
            }
            let words = |verb: &str| {
                // The plain name is of the options that the offline tool has from an older one.
                let word = match (thing.word, verb) {
                    ("service", "remove") if !self.running => "service-from-zone",
                    (word, _) => word,
                };
                let option = match &thing.value {
                    Some(value) => format!("--{verb}-{word}={value}"),
                    None => format!("--{verb}-{word}"),
                };
                vec![format!("--zone={zone}"), option]
            };
            let asked = self.call(permanent, &words("query"))?;
            if !matches!(asked.status, 0 | 1) {
                return Err(self.failed(&asked));
            }
            if asked.success() == thing.wanted {
                continue;
            }
            changed = true;
            if self.host.checking() {
                continue;
            }
            let verb = match (thing.wanted, thing.word) {
                (true, "interface" | "source") => "change",
                (true, _) => "add",
                (false, _) => "remove",
            };
            let mut words = words(verb);
            if thing.timed && thing.wanted && !permanent && self.args.timeout > 0 {
                words.push(format!("--timeout={}", self.args.timeout));
            }
            let output = self.call(permanent, &words)?;
            if !output.success() {
                let mut failure = self.failed(&output);
                failure.message.push_str(&format!(" {operation}"));
                if thing.word == "service" {
                    failure.message.push_str(", Services are defined by port/tcp relationship and named as they are in /etc/services (on most systems)");
                }
                return Err(failure);
            }
        }
        Ok(changed)
    }

    fn bring_target(&self, zone: &str, target: Target) -> Result<bool> {
        if !self.permanent {
            return Err(Failure::new(
                "Zone operations must be permanent. Make sure you didn't set the 'permanent' flag to 'false' or the 'immediate' flag to 'true'.",
            ));
        }
        let wanted = if matches!(self.args.state, State::Absent | State::Disabled) {
            "default"
        } else {
            target.as_str()
        };
        let zone = format!("--zone={zone}");
        let now = self.call(true, &[zone.clone(), "--get-target".to_owned()])?;
        if !now.success() {
            return Err(self.failed(&now));
        }
        if now.text().trim() == wanted {
            return Ok(false);
        }
        if !self.host.checking() {
            let output = self.call(true, &[zone, format!("--set-target={wanted}")])?;
            if !output.success() {
                return Err(self.failed(&output));
            }
        }
        Ok(true)
    }

    fn bring_zone(&self, zone: &str) -> Result<bool> {
        let args = self.args;
        if args.zone.is_none() {
            return Ok(false);
        }
        if !self.permanent || self.immediate {
            return Err(Failure::new(
                "Zone operations must be permanent. Make sure you didn't set the 'permanent' flag to 'false' or the 'immediate' flag to 'true'.",
            ));
        }
        let zones = self.call(true, &["--get-zones".to_owned()])?;
        let exists = zones.text().split_whitespace().any(|one| one == zone);
        let wanted = args.state == State::Present;
        if exists == wanted {
            return Ok(false);
        }
        if !self.host.checking() {
            let verb = if wanted { "new" } else { "delete" };
            let output = self.call(true, &[format!("--{verb}-zone={zone}")])?;
            if !output.success() {
                return Err(self.failed(&output));
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        TestHost::with(&[("/usr/bin/firewall-cmd", ""), ("/usr/bin/firewall-offline-cmd", "")])
            .executable(&["/usr/bin/firewall-cmd", "/usr/bin/firewall-offline-cmd"])
    }

    fn running() -> TestHost {
        host().answer("/usr/bin/firewall-cmd --state", 0, "running\n")
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("firewalld").unwrap().run(&given, host))
    }

    #[test]
    fn a_service_is_opened_at_once_and_for_good() {
        let args = json!({"service": "https", "zone": "public", "permanent": true, "immediate": true, "state": "enabled"});
        let host = running()
            .answer(
                "/usr/bin/firewall-cmd --permanent --zone=public --query-service=https",
                1,
                "no\n",
            )
            .answer(
                "/usr/bin/firewall-cmd --permanent --zone=public --add-service=https",
                0,
                "success\n",
            )
            .answer("/usr/bin/firewall-cmd --zone=public --query-service=https", 0, "yes\n");
        assert_eq!(
            run(&host, args.clone()),
            json!({"changed": true, "msg": "Permanent and Non-Permanent(immediate) operation, Changed service https to enabled"})
        );
        let host = running()
            .answer(
                "/usr/bin/firewall-cmd --permanent --zone=public --query-service=https",
                0,
                "yes\n",
            )
            .answer("/usr/bin/firewall-cmd --zone=public --query-service=https", 0, "yes\n");
        assert_eq!(run(&host, args)["changed"], false);
    }

    #[test]
    fn one_that_does_not_run_is_changed_by_its_files_only_where_that_is_wanted() {
        let stopped = || host().answer("/usr/bin/firewall-cmd --state", 252, "");
        let args = json!({"port": "80/tcp", "zone": "public", "state": "enabled"});
        let message = run(&stopped(), args)["msg"].as_str().unwrap().to_owned();
        assert!(message.starts_with("firewall is not currently running"), "{message}");
        let host = stopped()
            .answer("/usr/bin/firewall-offline-cmd --zone=public --query-port=80/tcp", 1, "no\n")
            .check();
        let args = json!({"port": "80/tcp", "zone": "public", "state": "enabled", "offline": true});
        assert_eq!(run(&host, args), json!({"changed": true}));
    }

    #[test]
    fn mistakes_are_refused() {
        let host = running();
        let message = run(&host, json!({"port": "80", "zone": "public", "state": "enabled"}));
        assert_eq!(message["msg"], "improper port format (missing protocol?)");
        let both = run(
            &running(),
            json!({"port": "80/tcp", "service": "x", "zone": "public", "state": "enabled"}),
        );
        assert!(both["msg"].as_str().unwrap().starts_with("parameters are mutually exclusive: "));
    }
}
