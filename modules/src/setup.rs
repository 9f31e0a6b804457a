//! `setup`: what is so on a host.

use std::time::Duration;

use windlass_macros::Args;

use crate::{
    facts::{self, Ask, Facts, PREFIX},
    host::{Host, Outcome, Result},
    spec::{ArgPath, Json},
};

/// Gathers facts about a host
///
/// Plays do this by themselves, unless `gather_facts` is false. What is gathered is in `ansible_facts`.
///
/// # Examples
/// ```yaml
/// - name: Gather only what is known without asking the hardware
///   ansible.builtin.setup:
///     gather_subset:
///       - "!hardware"
///
/// - name: Learn of the distribution and the addresses, and of nothing else
///   ansible.builtin.setup:
///     filter:
///       - ansible_distribution*
///       - ansible_all_ipv4_addresses
///
/// - name: Read facts of our own anew
///   ansible.builtin.setup:
///     gather_subset:
///       - "!all"
///       - "!min"
///       - local
/// ```
#[derive(Args)]
pub struct Args {
    /// Which groups of facts to gather; `!` before a name leaves it out
    #[arg(default = "all")]
    gather_subset: Vec<String>,
    /// Seconds that a single source of facts may take
    #[arg(default = "10")]
    gather_timeout: i64,
    /// Shell patterns of the facts to return; all when empty
    filter: Vec<String>,
    /// Folder of the operator's own facts, files that end in `.fact`
    #[arg(default = "/etc/ansible/facts.d")]
    fact_path: ArgPath,
    /// Name or path of the Python that is told of; the first that is found when absent
    #[arg(name = "_windlass_python", hidden)]
    python: Option<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let ask = Ask {
        collectors: facts::subset(&args.gather_subset)?,
        names: (!args.filter.is_empty()).then(|| args.filter.clone()),
        timeout: match u64::try_from(args.gather_timeout) {
            Ok(seconds @ 1..) => Duration::from_secs(seconds),
            // No time at all means the usual time.
            _ => Duration::from_secs(10),
        },
        fact_path: args.fact_path.0,
        python: args.python,
    };
    let mut found: Facts = facts::gather(host, &ask)?
        .into_iter()
        .map(|(name, value)| (format!("{PREFIX}{}", name.replace('-', "_")), value))
        .collect();
    found.insert("gather_subset".to_owned(), args.gather_subset.into());
    found.insert("module_setup".to_owned(), true.into());
    if !args.filter.is_empty() {
        found.retain(|name, _| args.filter.iter().any(|wanted| facts::means(wanted, name)));
    }
    // So much is shown only to those who ask for more than `-v`.
    Ok(Outcome::changed_if(false)
        .with("ansible_facts", Json::Object(found))
        .with("_ansible_verbose_override", true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{host::TestHost, spec::JsonMap};

    fn setup(host: &Host, given: Json) -> JsonMap {
        let Json::Object(given) = given else { unreachable!() };
        crate::find("setup").expect("setup is registered").run(&given, host)
    }

    #[test]
    fn names_have_their_prefix_and_no_hyphens() {
        let host = TestHost::with(&[
            ("/sys/class/net/br-x/ifindex", "999999\n"),
            ("/sys/class/net/br-x/mtu", "1500\n"),
        ]);
        let result = setup(&host, json!({"gather_subset": ["!all", "network"]}));
        assert_eq!(result["changed"], false);
        let facts = &result["ansible_facts"];
        assert_eq!(facts["ansible_br_x"], json!({"device": "br-x", "mtu": 1500}));
        assert_eq!(facts["gather_subset"], json!(["!all", "network"]));
        assert_eq!(facts["module_setup"], true);
    }

    #[test]
    fn a_filter_leaves_what_it_matches() {
        let host = TestHost::with(&[("/proc/uptime", "12.34 56.78\n")]);
        let result = setup(&host, json!({"filter": ["uptime*", "module_setup"]}));
        assert_eq!(
            result["ansible_facts"],
            json!({"ansible_uptime_seconds": 12, "module_setup": true})
        );
    }

    #[test]
    fn an_unknown_subset_fails() {
        let result = setup(&TestHost::with(&[]), json!({"gather_subset": "nope"}));
        assert_eq!(result["failed"], true);
        assert!(
            result["msg"]
                .as_str()
                .unwrap_or_default()
                .starts_with("Bad subset 'nope' given to Ansible.")
        );
    }

    #[test]
    fn check_mode_gathers_the_same() {
        let host = TestHost::with(&[("/proc/uptime", "12.34 56.78\n")]).check();
        let result = setup(&host, json!({"filter": "ansible_uptime_seconds"}));
        assert_eq!(result["ansible_facts"], json!({"ansible_uptime_seconds": 12}));
    }
}
