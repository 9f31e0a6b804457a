//! `iptables`: rules of the kernel's packet filter.

mod rule;

use serde_json::json;
use windlass_macros::{Args, Choice};
use windlass_protocol::{Json, JsonMap};

use crate::host::{Command, Failure, Host, Outcome, Result, failed};

/// Manages rules of the packet filter
///
/// A rule is there until the next boot: what keeps it, such as `netfilter-persistent`, is for another task.
///
/// # Examples
/// ```yaml
/// - name: Let the web in
///   ansible.builtin.iptables:
///     chain: INPUT
///     protocol: tcp
///     destination_ports:
///       - "80"
///       - "443"
///     ctstate: NEW
///     jump: ACCEPT
///     comment: web
///
/// - name: Send what comes for port 80 to the shop
///   ansible.builtin.iptables:
///     table: nat
///     chain: PREROUTING
///     protocol: tcp
///     destination_port: "80"
///     jump: REDIRECT
///     to_ports: "8080"
///
/// - name: Drop whatever no rule allows
///   ansible.builtin.iptables:
///     chain: INPUT
///     policy: DROP
/// ```
#[derive(Args)]
#[args(
    mutually_exclusive("set_dscp_mark", "set_dscp_mark_class"),
    mutually_exclusive("flush", "policy"),
    required_by("set_dscp_mark", "jump"),
    required_by("set_dscp_mark_class", "jump"),
    required_if("jump", "TEE", "gateway"),
    required_if("jump", "tee", "gateway")
)]
pub struct Args {
    /// Table of the rule
    #[arg(default = "filter")]
    table: Table,
    /// Whether the rule should be there
    #[arg(default = "present")]
    state: State,
    /// Whether a rule that is missing goes to the end or the beginning
    #[arg(default = "append")]
    action: Action,
    /// Number of the place at which a rule is inserted
    rule_num: Option<String>,
    /// Version of the addresses
    #[arg(default = "ipv4")]
    ip_version: IpVersion,
    /// Chain of the rule: `INPUT`, `FORWARD`, `OUTPUT`, or one of your own
    chain: Option<String>,
    /// Protocol, by name or number, `!` before it for all others
    protocol: Option<String>,
    /// Address from which packets come
    source: Option<String>,
    /// Address to which packets go
    destination: Option<String>,
    /// Flags of TCP: `flags`, which to look at, and `flags_set`, which of them are set
    tcp_flags: Option<JsonMap>,
    /// Extensions to load, such as `owner`
    #[arg(name = "match")]
    matches: Option<Vec<String>>,
    /// Where a packet goes that fits: `ACCEPT`, `DROP`, `REJECT`, `LOG`, or a chain
    jump: Option<String>,
    /// Machine to which a copy of the packet goes
    gateway: Option<String>,
    /// Text that stands before each line of the log
    log_prefix: Option<String>,
    /// Level of the log's lines
    log_level: Option<String>,
    /// Chain with which to go on
    goto: Option<String>,
    /// Interface at which packets come in
    in_interface: Option<String>,
    /// Interface at which packets go out
    out_interface: Option<String>,
    /// Whether the rule is about second and further fragments
    fragment: Option<String>,
    /// Counters of packets and of bytes that a new rule begins with
    set_counters: Option<String>,
    /// Port, or range of ports, from which packets come
    source_port: Option<String>,
    /// Port, or range of ports, to which packets go
    destination_port: Option<String>,
    /// Several ports to which packets go
    destination_ports: Option<Vec<String>>,
    /// Ports to which packets are sent instead
    to_ports: Option<String>,
    /// Address to which packets are sent instead
    to_destination: Option<String>,
    /// Address that packets seem to come from
    to_source: Option<String>,
    /// Whether the rule is about the first packet of a connection
    #[arg(default = "ignore")]
    syn: Syn,
    /// Mark to put into the packet's header
    set_dscp_mark: Option<String>,
    /// Class whose mark is put into the packet's header
    set_dscp_mark_class: Option<String>,
    /// Text that stands with the rule
    comment: Option<String>,
    /// States of connections, such as `NEW` and `ESTABLISHED`
    ctstate: Option<Vec<String>>,
    /// First and last address from which packets come
    src_range: Option<String>,
    /// First and last address to which packets go
    dst_range: Option<String>,
    /// Set of addresses, perhaps with `!` before it
    match_set: Option<String>,
    /// Which of a packet's addresses are looked up in the set
    match_set_flags: Option<SetFlags>,
    /// Greatest average rate, such as `10/minute`
    limit: Option<String>,
    /// Packets that may come at once before the rate counts
    limit_burst: Option<String>,
    /// User to whom packets belong
    uid_owner: Option<String>,
    /// Group to which packets belong
    gid_owner: Option<String>,
    /// With which error packets are refused, such as `tcp-reset`
    reject_with: Option<String>,
    /// Kind of ICMP
    icmp_type: Option<String>,
    /// Whether all rules of the chain, or of all chains, are removed
    #[arg(default = "false")]
    flush: bool,
    /// What happens to packets that no rule fits
    policy: Option<Policy>,
    /// Seconds to wait for the filter's lock
    wait: Option<String>,
    /// Whether the chain is made and removed as well
    #[arg(default = "false")]
    chain_management: bool,
    /// Whether addresses are not looked up when rules are listed
    #[arg(default = "false")]
    numeric: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Filter,
    Nat,
    Mangle,
    Raw,
    Security,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Append,
    Insert,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum IpVersion {
    Ipv4,
    Ipv6,
    Both,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Syn {
    Ignore,
    Match,
    Negate,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum SetFlags {
    Src,
    Dst,
    #[choice("src,dst")]
    SrcDst,
    #[choice("dst,src")]
    DstSrc,
    #[choice("src,src")]
    SrcSrc,
    #[choice("dst,dst")]
    DstDst,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    #[choice("ACCEPT")]
    Accept,
    #[choice("DROP")]
    Drop,
    #[choice("QUEUE")]
    Queue,
    #[choice("RETURN")]
    Return,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    // What is told is what was asked for: the target of what is logged follows from it later.
    let rule = rule::words(&args)?.join(" ");
    prepare(&mut args)?;
    let mut result = json!({
        "failed": false,
        "ip_version": args.ip_version.as_str(),
        "table": args.table.as_str(),
        "chain": args.chain,
        "flush": args.flush,
        "rule": rule,
        "state": args.state.as_str(),
        "wait": args.wait,
        "chain_management": args.chain_management,
    });
    let programs: &[&str] = match args.ip_version {
        IpVersion::Ipv4 => &["iptables"],
        IpVersion::Ipv6 => &["ip6tables"],
        IpVersion::Both => &["iptables", "ip6tables"],
    };
    let mut changed = false;
    for program in programs {
        let filter = Filter { program: host.required(program)?, args: &args, host };
        changed |= filter.bring()?;
    }
    if let Some(Json::Object(values)) = Some(result.take()) {
        let mut outcome = Outcome::changed_if(changed);
        outcome.values = values;
        return Ok(outcome);
    }
    Ok(Outcome::changed_if(changed))
}

/// Checks what goes together, and fills in what follows from something else.
fn prepare(args: &mut Args) -> Result<()> {
    if !args.flush && args.chain.is_none() {
        return Err(Failure::new("flush is False but all of the following are missing: chain"));
    }
    let logs = args.log_prefix.is_some() || args.log_level.is_some();
    if logs {
        match &args.jump {
            None => args.jump = Some("LOG".to_owned()),
            Some(jump) if jump == "LOG" => (),
            Some(_) => {
                return Err(Failure::new(
                    "Logging options can only be used with the LOG jump target.",
                ));
            }
        }
    }
    let levels = [
        "0", "1", "2", "3", "4", "5", "6", "7", "emerg", "alert", "crit", "error", "warning",
        "notice", "info", "debug",
    ];
    if let Some(level) = &args.log_level
        && !levels.contains(&level.as_str())
    {
        return Err(Failure::new(format!(
            "value of log_level must be one of: {}, got: {level}",
            levels.join(", ")
        )));
    }
    if args.policy.is_some() && args.chain.is_none() {
        return Err(Failure::new("Either chain or flush parameter must be specified."));
    }
    Ok(())
}

/// One program, of IPv4 or IPv6, for one table.
struct Filter<'a> {
    program: String,
    args: &'a Args,
    host: &'a Host,
}

impl Filter<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut all = vec![self.program.clone(), "-t".to_owned()];
        all.push(self.args.table.as_str().to_owned());
        all.extend(words.iter().map(|word| (*word).to_owned()));
        if let Some(seconds) = &self.args.wait {
            all.extend(["-w".to_owned(), seconds.clone()]);
        }
        Command::new(all)
    }

    fn chain(&self) -> &str {
        self.args.chain.as_deref().unwrap_or_default()
    }

    /// Returns a command about the rule.
    fn about(&self, action: &str) -> Result<Command> {
        let place = self.args.rule_num.as_deref().filter(|_| action == "-I");
        let words: Vec<&str> = [action, self.chain()].into_iter().chain(place).collect();
        let mut command = self.command(&words);
        command.argv.extend(rule::words(self.args)?);
        Ok(command)
    }

    fn change(&self, command: &Command) -> Result<()> {
        match self.host.change(command)? {
            Some(output) if !output.success() => Err(failed(command, &output)),
            _ => Ok(()),
        }
    }

    fn bring(&self) -> Result<bool> {
        let args = self.args;
        if args.flush {
            let chain = args.chain.iter().map(String::as_str);
            let words: Vec<&str> = std::iter::once("-F").chain(chain).collect();
            self.change(&self.command(&words))?;
            return Ok(true);
        }
        if let Some(policy) = args.policy {
            let Some(current) = self.policy()? else {
                return Err(Failure::new("Can't detect current policy"));
            };
            if current == policy.as_str() {
                return Ok(false);
            }
            self.change(&self.command(&["-P", self.chain(), policy.as_str()]))?;
            return Ok(true);
        }
        if rule::words(args)?.is_empty() {
            return self.manage_chain();
        }
        let present = self.host.run(&self.about("-C")?)?.success();
        match (args.state, present) {
            (State::Present, false) => {
                let action = if args.action == Action::Insert { "-I" } else { "-A" };
                self.change(&self.about(action)?)?;
                Ok(true)
            }
            (State::Absent, true) => {
                self.change(&self.about("-D")?)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Without a rule the task is about the chain, which is left alone unless it is managed.
    fn manage_chain(&self) -> Result<bool> {
        let present = self.has_chain()?;
        let action = match (self.args.state, present) {
            (State::Present, false) => "-N",
            (State::Absent, true) => "-X",
            _ => return Ok(false),
        };
        if self.args.chain_management {
            self.change(&self.command(&[action, self.chain()]))?;
        }
        Ok(true)
    }

    fn has_chain(&self) -> Result<bool> {
        let mut words = vec!["-L", self.chain()];
        if self.args.numeric {
            words.push("--numeric");
        }
        Ok(self.host.run(&self.command(&words))?.success())
    }

    /// Returns what happens to packets that no rule of the chain fits.
    fn policy(&self) -> Result<Option<String>> {
        let mut words = vec!["-L", self.chain()];
        if self.args.numeric {
            words.push("--numeric");
        }
        let command = self.command(&words);
        let output = self.host.must(&command)?;
        let text = output.text();
        let line = text.lines().next().unwrap_or_default();
        let policy = line.split("(policy ").nth(1).and_then(|rest| rest.split([' ', ')']).next());
        Ok(policy.map(ToOwned::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{find, host::TestHost};

    fn host() -> TestHost {
        let programs = ["/sbin/iptables", "/sbin/ip6tables"];
        TestHost::with(&programs.map(|path| (path, ""))).executable(&programs)
    }

    fn iptables(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("iptables").unwrap().run(&given, host))
    }

    const RULE: &str = "-p tcp -j ACCEPT --destination-port 22 -m conntrack --ctstate NEW";

    fn given(state: &str) -> Json {
        json!({
            "chain": "INPUT", "protocol": "tcp", "destination_port": 22, "ctstate": "NEW",
            "jump": "ACCEPT", "state": state,
        })
    }

    #[test]
    fn a_rule_is_added_once() {
        let host = host()
            .answer(&format!("/sbin/iptables -t filter -C INPUT {RULE}"), 1, "")
            .answer(&format!("/sbin/iptables -t filter -A INPUT {RULE}"), 0, "")
            .answer(&format!("/sbin/iptables -t filter -C INPUT {RULE}"), 0, "");
        let result = iptables(&host, given("present"));
        assert_eq!((&result["changed"], &result["rule"]), (&json!(true), &json!(RULE)));
        assert_eq!(iptables(&host, given("present"))["changed"], false);
    }

    #[test]
    fn a_rule_is_removed() {
        let host = host()
            .answer(&format!("/sbin/iptables -t filter -C INPUT {RULE}"), 0, "")
            .answer(&format!("/sbin/iptables -t filter -D INPUT {RULE}"), 0, "");
        assert_eq!(iptables(&host, given("absent"))["changed"], true);
    }

    #[test]
    fn chains_have_policies() {
        let listed = "Chain INPUT (policy ACCEPT)\ntarget prot\n";
        let host = host()
            .answer("/sbin/iptables -t filter -L INPUT", 0, listed)
            .answer("/sbin/iptables -t filter -P INPUT DROP", 0, "")
            .answer("/sbin/iptables -t filter -L INPUT", 0, listed);
        let policy = |policy: &str| json!({"chain": "INPUT", "policy": policy});
        assert_eq!(iptables(&host, policy("DROP"))["changed"], true);
        assert_eq!(iptables(&host, policy("ACCEPT"))["changed"], false);
    }

    #[test]
    fn both_versions_are_flushed() {
        let host = host().answer("/sbin/iptables -t nat -F", 0, "").answer(
            "/sbin/ip6tables -t nat -F",
            0,
            "",
        );
        let given = json!({"table": "nat", "flush": true, "ip_version": "both"});
        assert_eq!(iptables(&host, given)["changed"], true);
    }

    #[test]
    fn chains_come_and_go() {
        let host = host()
            .answer("/sbin/iptables -t filter -L LAB", 1, "")
            .answer("/sbin/iptables -t filter -N LAB", 0, "")
            .answer("/sbin/iptables -t filter -L LAB", 0, "")
            .answer("/sbin/iptables -t filter -X LAB", 0, "");
        let chain = |state: &str| json!({"chain": "LAB", "chain_management": true, "state": state});
        assert_eq!(iptables(&host, chain("present"))["changed"], true);
        assert_eq!(iptables(&host, chain("absent"))["changed"], true);
    }

    #[test]
    fn check_mode_only_looks() {
        let host =
            host().check().answer(&format!("/sbin/iptables -t filter -C INPUT {RULE}"), 1, "");
        assert_eq!(iptables(&host, given("present"))["changed"], true);
    }

    #[test]
    fn only_managed_chains_come_and_go() {
        let look = "/sbin/iptables -t filter -L LAB -w 3";
        let host = host().answer(look, 1, "").answer(look, 0, "");
        let chain = |state: &str| json!({"chain": "LAB", "wait": 3, "state": state});
        let result = iptables(&host, chain("present"));
        assert_eq!((&result["changed"], &result["rule"]), (&json!(true), &json!("")));
        assert_eq!(iptables(&host, chain("absent"))["changed"], true);
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(
            iptables(&host(), json!({"jump": "DROP"}))["msg"],
            "flush is False but all of the following are missing: chain"
        );
        let given = json!({"chain": "INPUT", "jump": "DROP", "log_prefix": "x"});
        assert_eq!(
            iptables(&host(), given)["msg"],
            "Logging options can only be used with the LOG jump target."
        );
    }
}
