//! `ufw`: the uncomplicated firewall.

use std::net::Ipv6Addr;

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Output, Result, split_words};

/// Manages the uncomplicated firewall
///
/// The host needs `ufw`. Allow SSH before the firewall is enabled.
///
/// # Examples
/// ```yaml
/// - name: Let administrators in, but not too often
///   community.general.ufw:
///     rule: limit
///     port: ssh
///     proto: tcp
///
/// - name: Let the monitoring ask the exporter
///   community.general.ufw:
///     rule: allow
///     from_ip: 192.0.2.10
///     to_port: "9100"
///     proto: tcp
///     comment: monitoring
///
/// - name: Refuse everything else, from now on
///   community.general.ufw:
///     state: enabled
///     default: deny
///     direction: incoming
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    required_by("interface", "direction"),
    required_one_of("state", "default", "rule", "logging"),
    mutually_exclusive("name", "proto", "logging"),
    mutually_exclusive("direction", "interface_in"),
    mutually_exclusive("direction", "interface_out")
)]
pub struct Args {
    /// Whether the firewall is on; `reset` also takes all rules away
    state: Option<State>,
    /// What happens to traffic without a rule
    #[arg(alias = "policy")]
    default: Option<Policy>,
    /// How much is logged
    logging: Option<Logging>,
    /// Direction of the rule or of the default
    direction: Option<Direction>,
    /// Number of the place at which the rule is inserted; at the end when absent
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
    Full,
    High,
    Low,
    Medium,
    Off,
    On,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Incoming,
    Out,
    Outgoing,
    Routed,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Allow,
    Deny,
    Limit,
    Reject,
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
    if args.rule.is_some() && args.direction.is_some() && plain {
        return Err(Failure::new(
            "For rules, direction must be one of \"in\" and \"out\", or direction must not be specified.",
        ));
    }
    if args.rule.is_some() && args.interface.is_some() && plain {
        return Err(Failure::new(
            "Direction must be specified when creating a rule on an interface.",
        ));
    }
    if args.rule.is_some()
        && !args.route
        && args.interface_in.is_some()
        && args.interface_out.is_some()
    {
        return Err(Failure::new("Only route rules can combine interface_in and interface_out"));
    }
    let mut firewall = Firewall { tool: host.required("ufw")?, host, commands: Vec::new() };
    firewall.bring(&args).map_err(|failure| {
        if firewall.commands.is_empty() || failure.is_raised() {
            failure
        } else {
            failure.with("commands", firewall.commands.clone())
        }
    })
}

/// Returns the lines that describe the rules.
fn rules(host: &Host) -> Vec<String> {
    let lines = RULES.iter().filter_map(|path| host.text(path)).collect::<String>();
    lines.lines().filter(|line| line.starts_with(TUPLE)).map(ToOwned::to_owned).collect()
}

/// How a line that describes a rule begins.
const TUPLE: &str = "### tuple";

/// Whether a line that describes a rule is about IPv6.
fn is_v6(line: &str) -> bool {
    let address = |word: &str| word.split('/').next().unwrap_or_default().parse::<Ipv6Addr>();
    line.split_whitespace().any(|word| address(word).is_ok())
}

/// Whether another level of logging would be a change; a firewall that is off does not tell its own.
fn would_log_otherwise(status: &str, logging: Logging) -> bool {
    let Some(now) = status.lines().find_map(|line| line.strip_prefix("Logging: ")) else {
        return true;
    };
    let (is_on, level) = now.split_once(" (").unwrap_or((now, ""));
    match logging {
        Logging::On => is_on != "on",
        Logging::Off => is_on != "off",
        other => is_on != "on" || level.trim_end_matches(')') != other.as_str(),
    }
}

/// Whether another policy would be a change.
fn would_decide_otherwise(status: &str, policy: Policy, direction: Option<Direction>) -> bool {
    let Some(now) = status.lines().find_map(|line| line.strip_prefix("Default: ")) else {
        return true;
    };
    let which = direction.map_or("incoming", |direction| direction.as_str());
    let now = now.split(", ").find_map(|one| one.strip_suffix(&format!(" ({which})")));
    now.is_none_or(|now| now != policy.as_str() && now != "disabled")
}

struct Firewall<'a> {
    tool: String,
    host: &'a Host,
    commands: Vec<String>,
}

impl Firewall<'_> {
    fn bring(&mut self, args: &Args) -> Result<Outcome> {
        let host = self.host;
        let status_before = self.status()?;
        let rules_before = self.rules();
        let mut changed = false;
        if let Some(state) = args.state {
            changed |= self.set_state(state, &status_before)?;
        }
        if let Some(policy) = args.default {
            let words = ["default", policy.as_str()];
            let direction = args.direction.map(|direction| direction.as_str());
            let words: Vec<&str> = words.into_iter().chain(direction).collect();
            let predicted = would_decide_otherwise(&status_before, policy, args.direction);
            changed |= !self.change(&words)? && predicted;
        }
        if let Some(rule) = args.rule {
            changed |= self.rule(args, rule, &rules_before)?;
        }
        if let Some(logging) = args.logging {
            self.change(&["logging", logging.as_str()])?;
            changed |= would_log_otherwise(&status_before, logging);
        }
        if host.checking() {
            return Ok(Outcome::changed_if(changed).with("commands", self.commands.clone()));
        }
        let status = self.status()?;
        if !changed {
            changed = self.rules() != rules_before || status != status_before;
        }
        Ok(Outcome::changed_if(changed)
            .with("commands", self.commands.clone())
            .with("msg", status.trim_end()))
    }

    fn command(&self, words: &[&str]) -> Command {
        let words = std::iter::once(self.tool.as_str()).chain(words.iter().copied());
        Command::new(words).env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8")
    }

    /// Remembers a command as it is told.
    fn tell(&mut self, words: &str) {
        self.commands.push(format!("{} {words}", self.tool));
    }

    fn status(&mut self) -> Result<String> {
        self.tell("status verbose");
        let output = self.host.run(&self.command(&["status", "verbose"]))?;
        checked(&output)?;
        Ok(output.text())
    }

    /// The rules; the reference asks `grep` for them, and says so.
    fn rules(&mut self) -> Vec<String> {
        let grep = self.host.which("grep").unwrap_or_else(|| "grep".to_owned());
        self.commands.push(format!("{grep} -h '^{TUPLE}' {}", RULES.join(" ")));
        rules(self.host)
    }

    /// Runs a command and returns whether it ran: in check mode nothing is.
    fn change(&mut self, words: &[&str]) -> Result<bool> {
        if self.host.checking() {
            return Ok(false);
        }
        self.tell(&words.join(" "));
        checked(&self.host.run(&self.command(words))?)?;
        Ok(true)
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
        // The reference asks which comments it can give; every version that is about can.
        self.tell("--version");
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
        if let Some(place) = args.insert.filter(|_| !args.delete)
            && let Some(place) = self.place(place, args.insert_relative_to)?
        {
            push(&["insert", &place.to_string()]);
        }
        push(&[rule.as_str()]);
        if let Some(direction) = args.direction {
            push(&[direction.as_str()]);
        }
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        for (prefix, value) in
            [("", &args.interface), ("in", &args.interface_in), ("out", &args.interface_out)]
        {
            if let Some(interface) = given(value) {
                if !prefix.is_empty() {
                    push(&[prefix]);
                }
                push(&["on", &interface]);
            }
        }
        if args.log {
            push(&["log"]);
        }
        for (word, address, port) in
            [("from", &args.from_ip, &args.from_port), ("to", &args.to_ip, &args.to_port)]
        {
            if !address.is_empty() {
                push(&[word, address]);
            }
            if let Some(port) = given(port) {
                push(&["port", &port]);
            }
        }
        if let Some(proto) = args.proto {
            push(&["proto", proto.as_str()]);
        }
        let mut told = words.join(" ");
        for (key, value) in [("app", &args.name), ("comment", &args.comment)] {
            if let Some(value) = given(value) {
                told.push_str(&format!(" {key} '{value}'"));
            }
        }
        // What ufw gets is what is told, split as a shell splits it.
        let words = split_words(&told).map_err(Failure::raised)?;
        self.tell(&told);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = self.host.run(&self.command(&words))?;
        checked(&output)?;
        Ok(self.host.checking() && would_be_others(&output.text(), before))
    }

    /// Returns the number of the place among all rules; nothing where the rule goes to the end.
    fn place(&self, place: i64, relative: Relative) -> Result<Option<i64>> {
        if relative == Relative::Zero {
            return Ok(Some(place));
        }
        let output = self.host.run(&self.command(&["status", "numbered"]))?;
        checked(&output)?;
        Ok(place_of(place, relative, &output.text()))
    }
}

/// Whether the rules that a dry run shows are others; it shows those of one kind of addresses where the other stays.
fn would_be_others(shown: &str, before: &[String]) -> bool {
    if shown.lines().all(|line| line.contains("Skipping")) {
        return false;
    }
    let planned: Vec<&str> = shown.lines().filter(|line| line.starts_with(TUPLE)).collect();
    if planned.is_empty() && shown.contains("non-existent") {
        return false;
    }
    let (has_v6, has_v4) =
        (planned.iter().any(|line| is_v6(line)), planned.iter().any(|line| !is_v6(line)));
    let counts = |line: &&str| !(has_v4 || has_v6) || (if is_v6(line) { has_v6 } else { has_v4 });
    let known: Vec<&str> = before.iter().map(String::as_str).filter(counts).collect();
    planned != known
}

fn place_of(place: i64, relative: Relative, numbered: &str) -> Option<i64> {
    let number = |line: &str| -> Option<i64> {
        line.strip_prefix('[')?.split(']').next()?.trim().parse().ok()
    };
    let rules: Vec<(i64, bool)> =
        numbered.lines().filter_map(|line| Some((number(line)?, line.contains("(v6)")))).collect();
    let last = rules.iter().map(|(at, _)| *at).max().unwrap_or(0);
    let last_v4 = rules.iter().filter(|(_, is_v6)| !is_v6).map(|(at, _)| *at).max();
    let at = match relative {
        Relative::Zero => return Some(place),
        Relative::FirstIpv4 => 1,
        Relative::LastIpv4 => last_v4.unwrap_or(1),
        Relative::FirstIpv6 => last_v4.unwrap_or(0) + 1,
        Relative::LastIpv6 if rules.iter().any(|(_, is_v6)| *is_v6) => last,
        Relative::LastIpv6 => last + 1,
    };
    Some(at + place).filter(|place| *place <= last)
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

    use super::*;
    use crate::{find, host::TestHost, spec::Json};

    const RULES: &str = "/etc/ufw/user.rules";
    const TUPLE: &str = "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in";
    const STATUS: &str = "Status: active\nLogging: on (low)\nDefault: deny (incoming), allow (outgoing), disabled (routed)\n";

    fn host() -> TestHost {
        TestHost::with(&[("/sbin/ufw", ""), (RULES, &format!("{TUPLE}\nx\n"))])
            .executable(&["/sbin/ufw"])
            .answer("/sbin/ufw status verbose", 0, STATUS)
            .answer("/sbin/ufw status verbose", 0, STATUS)
    }

    fn ufw(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("ufw").unwrap().run(&given, host))
    }

    #[test]
    fn a_rule_that_is_there_changes_nothing() {
        let line = "/sbin/ufw allow from any to any port 22 proto tcp comment 'the web'";
        let host = host().answer(&line.replace('\'', ""), 0, "Skipping adding existing rule\n");
        let given = json!({"rule": "allow", "port": 22, "proto": "tcp", "comment": "the web"});
        let result = ufw(&host, given);
        assert_eq!((&result["changed"], &result["msg"]), (&json!(false), &json!(STATUS.trim())));
        assert_eq!(
            (&result["commands"][2], &result["commands"][3]),
            (&json!("/sbin/ufw --version"), &json!(line))
        );
    }

    #[test]
    fn check_mode_compares_what_ufw_would_write() {
        let line = "/sbin/ufw --dry-run delete deny in on eth0 log from 10.0.0.1 to any";
        let given = json!({
            "rule": "deny", "delete": true, "interface": "eth0", "direction": "in", "log": true, "src": "10.0.0.1",
        });
        for (shown, changed) in [
            ("### tuple ### other\n".to_owned(), true),
            ("Skipping x\nSkipping y\n".to_owned(), false),
            ("Could not delete non-existent rule\n".to_owned(), false),
            (format!("a\n{TUPLE}\nSkipping existing rule (v6)\n"), false),
        ] {
            let host = host().check().answer(line, 0, &shown);
            assert_eq!(ufw(&host, given.clone())["changed"], changed, "{shown}");
        }
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
    fn check_mode_knows_what_is_so() {
        let changed = |given: Json| ufw(&host().check(), given)["changed"] == true;
        assert!(!changed(json!({"logging": "on"})) && !changed(json!({"logging": "low"})));
        assert!(changed(json!({"logging": "medium"})) && changed(json!({"logging": "off"})));
        assert!(!changed(json!({"default": "deny"})));
        assert!(!changed(json!({"default": "deny", "direction": "routed"})));
        assert!(changed(json!({"default": "reject", "direction": "outgoing"})));
        assert!(changed(json!({"state": "disabled"})) && !changed(json!({"state": "enabled"})));
    }

    #[test]
    fn places_count_from_both_kinds_of_addresses() {
        let numbered = "Status: active\n\n     To\n[ 1] 22\n[ 2] 80\n[ 3] 22 (v6)\n[10] 80 (v6)\n";
        let place = |place, relative| place_of(place, relative, numbered);
        assert_eq!(place(0, Relative::FirstIpv4), Some(1));
        assert_eq!(place(1, Relative::LastIpv4), Some(3));
        assert_eq!(place(-9, Relative::FirstIpv6), Some(-6));
        assert_eq!(place(-1, Relative::LastIpv6), Some(9));
        assert_eq!(place(1, Relative::LastIpv6), None);
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
            "missing parameter(s) required by 'interface': direction"
        );
        let host = host().answer("/sbin/ufw allow from any to any port x", 1, "ERROR: Bad port\n");
        let result = ufw(&host, json!({"rule": "allow", "port": "x"}));
        assert_eq!(
            (&result["msg"], result["commands"].as_array().unwrap().len()),
            (&json!("ERROR: Bad port\n"), 4)
        );
    }
}
