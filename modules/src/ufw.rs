//! `ufw`: the uncomplicated firewall.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Output, Result, join_words};

/// Manages the uncomplicated firewall
#[derive(Args)]
#[args(
    collection = "community.general",
    required_one_of("state", "default", "rule", "logging"),
    mutually_exclusive("name", "proto", "logging"),
    mutually_exclusive("interface", "interface_in"),
    mutually_exclusive("interface", "interface_out")
)]
pub struct Args {
    /// Whether the firewall is on
    state: Option<State>,
    /// What happens to traffic without a rule
    #[arg(alias = "policy")]
    default: Option<Policy>,
    /// How much is logged
    logging: Option<Logging>,
    /// Direction of the rule or of the default
    direction: Option<Direction>,
    /// Place of the rule
    insert: Option<i64>,
    /// What the place counts from
    #[arg(default = "zero")]
    insert_relative_to: Relative,
    /// What happens to traffic that fits
    rule: Option<Rule>,
    /// Whether packets that fit are logged
    #[arg(default = "false")]
    log: bool,
    /// Address from which traffic comes
    #[arg(default = "any", alias = "from", alias = "src")]
    from_ip: String,
    /// Port from which traffic comes
    from_port: Option<String>,
    /// Address to which traffic goes
    #[arg(default = "any", alias = "dest", alias = "to")]
    to_ip: String,
    /// Port to which traffic goes
    #[arg(alias = "port")]
    to_port: Option<String>,
    /// Protocol
    #[arg(alias = "protocol")]
    proto: Option<Proto>,
    /// Profile of an application
    #[arg(alias = "app")]
    name: Option<String>,
    /// Whether the rule is taken away
    #[arg(default = "false")]
    delete: bool,
    /// Interface of the rule
    #[arg(alias = "if")]
    interface: Option<String>,
    /// Interface at which traffic comes in
    #[arg(alias = "if_in")]
    interface_in: Option<String>,
    /// Interface at which traffic goes out
    #[arg(alias = "if_out")]
    interface_out: Option<String>,
    /// Whether the rule is about traffic that passes through
    #[arg(default = "false")]
    route: bool,
    /// Text that stands with the rule
    comment: Option<String>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Enabled,
    Disabled,
    Reloaded,
    Reset,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Allow,
    Deny,
    Reject,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Logging {
    On,
    Off,
    Low,
    Medium,
    High,
    Full,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
    Incoming,
    Outgoing,
    Routed,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Allow,
    Deny,
    Reject,
    Limit,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Relative {
    Zero,
    #[choice("first-ipv4")]
    FirstIpv4,
    #[choice("last-ipv4")]
    LastIpv4,
    #[choice("first-ipv6")]
    FirstIpv6,
    #[choice("last-ipv6")]
    LastIpv6,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Proto {
    Ah,
    Any,
    Esp,
    Ipv6,
    Tcp,
    Udp,
    Gre,
    Igmp,
    Vrrp,
}

/// Files that may have the rules.
const RULES: [&str; 6] = [
    "/lib/ufw/user.rules",
    "/lib/ufw/user6.rules",
    "/etc/ufw/user.rules",
    "/etc/ufw/user6.rules",
    "/var/lib/ufw/user.rules",
    "/var/lib/ufw/user6.rules",
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if args.default.is_some()
        && !matches!(
            args.direction,
            None | Some(Direction::Incoming | Direction::Outgoing | Direction::Routed)
        )
    {
        return Err(Failure::new(
            "For default, direction must be one of \"outgoing\", \"incoming\" and \"routed\", or direction must not be specified.",
        ));
    }
    let plain = !matches!(args.direction, Some(Direction::In | Direction::Out));
    if args.rule.is_some() && args.interface.is_some() && plain {
        return Err(Failure::new(
            "Direction must be specified when creating a rule on an interface.",
        ));
    }
    let mut firewall = Firewall { tool: host.required("ufw")?, host, commands: Vec::new() };
    let status_before = firewall.status()?;
    let rules_before = rules(host);
    let mut changed = false;
    if let Some(state) = args.state {
        changed |= firewall.set_state(state, &status_before)?;
    }
    if let Some(logging) = args.logging {
        let output = firewall.change(&["logging", logging.as_str()])?;
        changed |= output.is_none() && !has_logging(&status_before, logging);
    }
    if let Some(policy) = args.default {
        let mut words = vec!["default", policy.as_str()];
        words.extend(args.direction.map(|direction| match direction {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::Incoming => "incoming",
            Direction::Outgoing => "outgoing",
            Direction::Routed => "routed",
        }));
        let output = firewall.change(&words)?;
        let which = args.direction.map_or("incoming", |direction| direction.as_str());
        let now = format!("{} ({which})", policy.as_str());
        changed |=
            output.is_none() && status_before.contains("Default:") && !status_before.contains(&now);
    }
    if let Some(rule) = args.rule {
        changed |= firewall.rule(&args, rule, &rules_before)?;
    }
    let status = firewall.status()?;
    if !host.checking() {
        changed |= status != status_before || rules(host) != rules_before;
    }
    Ok(Outcome::changed_if(changed)
        .with("commands", firewall.commands)
        .with("msg", status.trim_end()))
}

/// Returns the lines that describe the rules.
fn rules(host: &Host) -> Vec<String> {
    let lines = RULES.iter().filter_map(|path| host.text(path)).collect::<String>();
    lines.lines().filter(|line| line.starts_with("### tuple")).map(ToOwned::to_owned).collect()
}

fn has_logging(status: &str, logging: Logging) -> bool {
    let line = status.lines().find(|line| line.starts_with("Logging:")).unwrap_or_default();
    match logging {
        Logging::On => line.starts_with("Logging: on"),
        Logging::Off => line.starts_with("Logging: off"),
        other => line.contains(&format!("({})", other.as_str())),
    }
}

struct Firewall<'a> {
    tool: String,
    host: &'a Host,
    commands: Vec<String>,
}

impl Firewall<'_> {
    fn command(&mut self, words: &[&str]) -> Command {
        let words = std::iter::once(self.tool.as_str()).chain(words.iter().copied());
        let command = Command::new(words).env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8");
        self.commands.push(join_words(&command.argv));
        command
    }

    fn status(&mut self) -> Result<String> {
        let command = self.command(&["status", "verbose"]);
        let output = self.host.run(&command)?;
        checked(&output)?;
        Ok(output.text())
    }

    /// Runs a command; in check mode it is only named.
    fn change(&mut self, words: &[&str]) -> Result<Option<Output>> {
        let command = self.command(words);
        let output = self.host.change(&command)?;
        if let Some(output) = &output {
            checked(output)?;
        }
        Ok(output)
    }

    fn set_state(&mut self, state: State, status: &str) -> Result<bool> {
        let active = status.contains("Status: active");
        let verb = match state {
            State::Enabled => "enable",
            State::Disabled => "disable",
            State::Reloaded => "reload",
            State::Reset => "reset",
        };
        self.change(&["-f", verb])?;
        Ok(match state {
            State::Reloaded | State::Reset => true,
            State::Enabled => self.host.checking() && !active,
            State::Disabled => self.host.checking() && active,
        })
    }

    fn rule(&mut self, args: &Args, rule: Rule, before: &[String]) -> Result<bool> {
        let mut words: Vec<String> = Vec::new();
        let mut push = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        if self.host.checking() {
            push(&["--dry-run"]);
        }
        if args.route {
            push(&["route"]);
        }
        if args.delete {
            push(&["delete"]);
        }
        if let Some(place) = args.insert.filter(|_| !args.delete) {
            let place = place_of(place, args.insert_relative_to, before);
            if let Some(place) = place {
                push(&["insert", &place.to_string()]);
            }
        }
        push(&[rule.as_str()]);
        if let Some(direction) = args.direction {
            push(&[direction.as_str()]);
        }
        for (prefix, value) in
            [("", &args.interface), ("in", &args.interface_in), ("out", &args.interface_out)]
        {
            if let Some(interface) = value {
                if !prefix.is_empty() {
                    push(&[prefix]);
                }
                push(&["on", interface]);
            }
        }
        if args.log {
            push(&["log"]);
        }
        push(&["from", &args.from_ip]);
        if let Some(port) = &args.from_port {
            push(&["port", port]);
        }
        push(&["to", &args.to_ip]);
        if let Some(port) = &args.to_port {
            push(&["port", port]);
        }
        if let Some(proto) = args.proto {
            push(&["proto", proto.as_str()]);
        }
        if let Some(name) = &args.name {
            push(&["app", name]);
        }
        if let Some(comment) = args.comment.as_ref().filter(|_| !args.delete) {
            push(&["comment", comment]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = self.command(&words);
        let output = self.host.run(&command)?;
        checked(&output)?;
        if !self.host.checking() {
            return Ok(false);
        }
        let text = output.text();
        if text.contains("Skipping") || text.contains("non-existent") {
            return Ok(false);
        }
        let mut planned: Vec<&str> =
            text.lines().filter(|line| line.starts_with("### tuple")).collect();
        let mut known: Vec<&str> = before.iter().map(String::as_str).collect();
        planned.sort_unstable();
        known.sort_unstable();
        Ok(planned != known)
    }
}

/// Returns the number of the place among all rules; nothing where the rule goes to the end.
fn place_of(place: i64, relative: Relative, rules: &[String]) -> Option<i64> {
    let is_v6 =
        |line: &&String| line.contains("::/0") || line.contains(" v6") || line.contains(':');
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let v6 = count(rules.iter().filter(is_v6).count());
    let v4 = count(rules.len()) - v6;
    let at = match relative {
        Relative::Zero => return Some(place),
        Relative::FirstIpv4 => 1,
        Relative::LastIpv4 => v4.max(1),
        Relative::FirstIpv6 => v4 + 1,
        Relative::LastIpv6 => (v4 + v6).max(v4 + 1),
    };
    let place = at + place;
    (place <= v4 + v6).then_some(place.max(1))
}

fn checked(output: &Output) -> Result<()> {
    if output.success() {
        return Ok(());
    }
    let message = if output.stderr.is_empty() { output.text() } else { output.error_text() };
    Err(Failure::new(message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    const RULES: &str = "/etc/ufw/user.rules";
    const TUPLE: &str = "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in";

    fn host() -> TestHost {
        TestHost::with(&[("/sbin/ufw", ""), (RULES, &format!("{TUPLE}\nx\n"))])
            .executable(&["/sbin/ufw"])
            .answer("/sbin/ufw status verbose", 0, "Status: active\n")
            .answer("/sbin/ufw status verbose", 0, "Status: active\n")
    }

    fn ufw(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("ufw").unwrap().run(&given, host))
    }

    #[test]
    fn a_rule_that_is_there_changes_nothing() {
        let host = host().answer(
            "/sbin/ufw allow from any to any port 22 proto tcp",
            0,
            "Skipping adding existing rule\n",
        );
        let result = ufw(&host, json!({"rule": "allow", "port": 22, "proto": "tcp"}));
        assert_eq!((&result["changed"], &result["msg"]), (&json!(false), &json!("Status: active")));
        assert_eq!(result["commands"][1], "/sbin/ufw allow from any to any port 22 proto tcp");
    }

    #[test]
    fn check_mode_compares_what_ufw_would_write() {
        let line = "/sbin/ufw --dry-run delete deny in on eth0 log from 10.0.0.1 to any";
        let host = host().check().answer(line, 0, "### tuple ### other\n");
        let given = json!({
            "rule": "deny", "delete": true, "interface": "eth0", "direction": "in", "log": true, "src": "10.0.0.1",
        });
        assert_eq!(ufw(&host, given)["changed"], true);
    }

    #[test]
    fn the_firewall_is_turned_on_and_off() {
        let host = host().answer("/sbin/ufw -f enable", 0, "").answer(
            "/sbin/ufw default deny incoming",
            0,
            "",
        );
        let given = json!({"state": "enabled", "default": "deny", "direction": "incoming"});
        assert_eq!(ufw(&host, given)["changed"], false);
        let host = self::host().answer("/sbin/ufw -f reload", 0, "");
        assert_eq!(ufw(&host, json!({"state": "reloaded"}))["changed"], true);
    }

    #[test]
    fn nonsense_is_named() {
        let message = |given: Json| ufw(&host(), given)["msg"].clone();
        assert_eq!(
            message(json!({})),
            "one of the following is required: state, default, rule, logging"
        );
        assert_eq!(
            message(json!({"rule": "allow", "interface": "eth0"})),
            "Direction must be specified when creating a rule on an interface."
        );
        let host = host().answer("/sbin/ufw allow from any to any port x", 1, "ERROR: Bad port\n");
        assert_eq!(ufw(&host, json!({"rule": "allow", "port": "x"}))["msg"], "ERROR: Bad port\n");
    }
}
