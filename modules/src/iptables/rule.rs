//! A rule in the words of the command line.

use crate::{
    host::{Failure, Result},
    spec::FromArg,
};

use super::{Args, Syn};

/// Returns the rule's words, in the order in which the reference gives them.
pub(super) fn words(args: &Args) -> Result<Vec<String>> {
    let mut rule = Rule(Vec::new());
    rule.option(args.protocol.as_ref(), "-p", true);
    rule.option(args.source.as_ref(), "-s", true);
    rule.option(args.destination.as_ref(), "-d", true);
    for name in args.matches.iter().flatten() {
        rule.push(&["-m", name]);
    }
    if let Some(flags) = &args.tcp_flags {
        // One flag may stand alone, without a list around it.
        let list = |key: &str| {
            let flags = flags.get(key).and_then(|given| Vec::<String>::from_arg(given).ok());
            flags.map(|flags| flags.join(","))
        };
        let (Some(all), Some(set)) = (list("flags"), list("flags_set")) else {
            return Err(Failure::raised("can only join an iterable"));
        };
        rule.push(&["--tcp-flags", &all, &set]);
    }
    rule.option(args.jump.as_ref(), "-j", false);
    if args.jump.as_deref().is_some_and(|jump| jump.eq_ignore_ascii_case("tee")) {
        rule.option(args.gateway.as_ref(), "--gateway", false);
    }
    rule.option(args.log_prefix.as_ref(), "--log-prefix", false);
    rule.option(args.log_level.as_ref(), "--log-level", false);
    rule.option(args.to_destination.as_ref(), "--to-destination", false);
    rule.ports(args);
    rule.option(args.to_source.as_ref(), "--to-source", false);
    rule.option(args.goto.as_ref(), "-g", false);
    rule.option(args.in_interface.as_ref(), "-i", true);
    rule.option(args.out_interface.as_ref(), "-o", true);
    rule.option(args.fragment.as_ref(), "-f", false);
    rule.option(args.set_counters.as_ref(), "-c", false);
    rule.option(args.source_port.as_ref(), "--source-port", true);
    rule.option(args.destination_port.as_ref(), "--destination-port", true);
    rule.option(args.to_ports.as_ref(), "--to-ports", false);
    for (mark, name) in
        [(&args.set_dscp_mark, "--set-dscp"), (&args.set_dscp_mark_class, "--set-dscp-class")]
    {
        rule.option(mark.as_ref(), name, false);
        let jumps = |jump: &String| jump.eq_ignore_ascii_case("dscp");
        if mark.is_some() && !args.jump.as_ref().is_some_and(jumps) {
            rule.push(&["-j", "DSCP"]);
        }
    }
    match args.syn {
        Syn::Ignore => (),
        Syn::Match => rule.push(&["--syn"]),
        Syn::Negate => rule.push(&["!", "--syn"]),
    }
    rule.extensions(args)?;
    Ok(rule.0)
}

struct Rule(Vec<String>);

impl Rule {
    fn push(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(|word| (*word).to_owned()));
    }

    /// Adds an option; a value that begins with `!` may say the contrary.
    fn option(&mut self, value: Option<&String>, option: &str, may_negate: bool) {
        let Some(value) = value else { return };
        match value.strip_prefix('!').filter(|_| may_negate) {
            Some(value) => self.push(&["!", option, value.trim_start()]),
            None => self.push(&[option, value]),
        }
    }

    fn extension(&mut self, args: &Args, name: &str) {
        // One that the playbook loads itself is not loaded twice.
        if !args.matches.iter().flatten().any(|one| one == name) {
            self.push(&["-m", name]);
        }
    }

    fn ports(&mut self, args: &Args) {
        let Some(ports) = args.destination_ports.as_ref().filter(|ports| !ports.is_empty()) else {
            return;
        };
        self.push(&["-m", "multiport"]);
        let ports = ports.join(",");
        self.option(Some(&ports), "--dports", true);
    }

    fn extensions(&mut self, args: &Args) -> Result<()> {
        if let Some(states) = args.ctstate.as_ref().filter(|states| !states.is_empty()) {
            let states = states.join(",");
            let given = args.matches.iter().flatten();
            let mut loaded = given.filter(|name| matches!(name.as_str(), "conntrack" | "state"));
            match loaded.next().map(String::as_str) {
                Some("state") => self.push(&["--state", &states]),
                Some(_) => self.push(&["--ctstate", &states]),
                None => self.push(&["-m", "conntrack", "--ctstate", &states]),
            }
        }
        if args.src_range.is_some() || args.dst_range.is_some() {
            self.extension(args, "iprange");
            self.option(args.src_range.as_ref(), "--src-range", true);
            self.option(args.dst_range.as_ref(), "--dst-range", true);
        }
        if let Some(set) = &args.match_set {
            self.extension(args, "set");
            self.option(Some(set), "--match-set", true);
            let Some(flags) = args.match_set_flags else {
                let at = self.0.len();
                return Err(Failure::raised(format!(
                    "sequence item {at}: expected str instance, NoneType found"
                )));
            };
            self.push(&[flags.as_str()]);
        }
        if args.limit.is_some() || args.limit_burst.is_some() {
            self.push(&["-m", "limit"]);
            self.option(args.limit.as_ref(), "--limit", false);
            self.option(args.limit_burst.as_ref(), "--limit-burst", false);
        }
        for (option, owner) in [("--uid-owner", &args.uid_owner), ("--gid-owner", &args.gid_owner)]
        {
            if owner.is_some() {
                self.push(&["-m", "owner"]);
                self.option(owner.as_ref(), option, true);
            }
        }
        if args.jump.is_none() && args.reject_with.is_some() {
            self.push(&["-j", "REJECT"]);
        }
        self.option(args.reject_with.as_ref(), "--reject-with", false);
        if let Some(kind) = &args.icmp_type {
            let v6 = args.ip_version == super::IpVersion::Ipv6;
            let option = if v6 { "--icmpv6-type" } else { "--icmp-type" };
            self.option(Some(kind), option, true);
        }
        if let Some(comment) = &args.comment {
            self.push(&["-m", "comment", "--comment", comment]);
        }
        Ok(())
    }
}
