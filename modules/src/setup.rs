//! `setup`: what is so on a host.

use std::time::Duration;

use windlass_macros::Args;

use crate::{
    facts::{self, Ask, Facts, PREFIX},
    host::{Host, Outcome, Result},
    spec::{ArgPath, Json},
};

/// Gathers facts about a host
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
    /// Facts that an expression of the run can read: only what may give these is asked
    #[arg(name = "_windlass_only", hidden)]
    only: Option<Vec<String>>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut ask = Ask {
        collectors: facts::subset(&args.gather_subset)?,
        names: (!args.filter.is_empty()).then(|| args.filter.clone()),
        timeout: Duration::from_secs(u64::try_from(args.gather_timeout).unwrap_or(0)),
        fact_path: args.fact_path.0,
    };
    if args.only.is_some() {
        ask.names = args.only;
    }
    let mut found: Facts = facts::gather(host, &ask)?
        .into_iter()
        .map(|(name, value)| (format!("{PREFIX}{}", name.replace('-', "_")), value))
        .collect();
    found.insert("gather_subset".to_owned(), args.gather_subset.into());
    found.insert("module_setup".to_owned(), true.into());
    if !args.filter.is_empty() {
        found.retain(|name, _| args.filter.iter().any(|wanted| facts::means(wanted, name)));
    }
    Ok(Outcome::changed_if(false).with("ansible_facts", Json::Object(found)))
}
