//! What is so on a host: the facts that `setup` returns, one source a file.
//!
//! Invariant: looking changes nothing, and a source that is slow or stuck delays no other.

mod binary;
mod collector;
mod glob;
mod pci;
mod release_file;

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use windlass_protocol::JsonMap;

use crate::host::{Failure, Host, Result};
pub use collector::subset;
pub use glob::means;

/// Facts by their names, without the prefix that playbooks see.
pub type Facts = JsonMap;

/// Where some facts come from.
pub struct Source {
    /// The collector of the reference that has these facts, by which subsets select them.
    collector: &'static str,
    /// Names of the facts; `*` at the end where the host decides about the names.
    facts: &'static [&'static str],
    pace: Pace,
    gather: fn(&Host, &Ask) -> Facts,
}

/// How long a source may take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Reads a few small files: runs in turn.
    Quick,
    /// May wait for something: runs beside the others, and is left behind at the gathering's time limit.
    Slow,
    /// Runs what the operator wrote: beside the others, for as long as the task may.
    Unbounded,
}

/// What somebody wants to know.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Collectors to ask.
    pub collectors: Vec<&'static str>,
    /// Only sources that may give one of these names are asked; globs; all sources when absent.
    pub names: Option<Vec<String>>,
    /// How long a single source may take.
    pub timeout: Duration,
    /// Folder of the operator's own facts.
    pub fact_path: String,
    /// Name or path of the Python to tell of; the first that is found when absent.
    pub python: Option<String>,
}

/// Declares one file per source and the table of them.
macro_rules! registry {
    ($($name:ident),+ $(,)?) => {
        $(pub(crate) mod $name;)+
        static SOURCES: &[&Source] = &[$(&$name::SOURCE),+];
    };
}

registry! {
    apparmor,
    caps,
    chroot,
    cmdline,
    date_time,
    device_links,
    devices,
    distribution,
    dmi,
    dns,
    env,
    fibre_channel_wwn,
    fips,
    interfaces,
    iscsi,
    loadavg,
    local,
    local_routes,
    lsb,
    lvm,
    memory,
    mounts,
    names,
    nvme,
    pkg_mgr,
    platform,
    processor,
    python,
    python_version,
    selinux,
    service_mgr,
    ssh_pub_keys,
    systemd,
    uptime,
    user,
    virtualization,
}

impl Ask {
    fn wants(&self, source: &Source) -> bool {
        self.collectors.contains(&source.collector)
            && self
                .names
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| source.may_give(name)))
    }
}

impl Source {
    /// Whether the source says by name that it has the fact.
    fn names(&self, name: &str) -> bool {
        self.facts.iter().any(|fact| match fact.strip_suffix('*') {
            None => *fact == name,
            Some(start) => !start.is_empty() && name.starts_with(start),
        })
    }

    /// Whether the source may have a fact that the glob `wanted` means.
    fn may_give(&self, wanted: &str) -> bool {
        let literal = (!wanted.contains(['*', '?', '[']))
            .then(|| wanted.strip_prefix(PREFIX).unwrap_or(wanted));
        self.facts.iter().any(|fact| match (fact.strip_suffix('*'), literal) {
            // An empty pattern means everything, and the names of some facts are the host's.
            (_, Some("")) | (Some(_), None) => true,
            (None, _) => glob::means(wanted, &format!("{PREFIX}{fact}")),
            (Some(""), Some(name)) => !SOURCES.iter().any(|source| source.names(name)),
            (Some(start), Some(name)) => name.starts_with(start),
        })
    }
}

/// What stands before the names of facts where they are variables.
pub const PREFIX: &str = "ansible_";

/// Returns the facts that were asked for, without prefix; warnings go to `host`.
pub fn gather(host: &Host, ask: &Ask) -> Result<Facts> {
    let (beside, in_turn): (Vec<&'static Source>, Vec<_>) = SOURCES
        .iter()
        .copied()
        .filter(|source| ask.wants(source))
        .partition(|source| source.pace != Pace::Quick);
    let (sender, receiver) = mpsc::channel();
    for &source in &beside {
        let (sender, seed, ask) = (sender.clone(), host.seed(), ask.clone());
        // Detached: a thread that hangs in the kernel must not be waited for.
        std::thread::spawn(move || {
            let limit = (source.pace == Pace::Slow).then_some(ask.timeout);
            let host = seed.host(limit);
            let facts = (source.gather)(&host, &ask);
            // Nobody listens any more when it took too long.
            let _ = sender.send((source.collector, source.facts, facts, host.take_warnings()));
        });
    }
    let started = Instant::now();
    let mut facts = Facts::new();
    for source in in_turn {
        facts.extend((source.gather)(host, ask));
    }
    let mut open = beside;
    while !open.is_empty() {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Ok((_, names, found, warnings)) => {
                open.retain(|source| source.facts != names);
                facts.extend(found);
                for warning in warnings {
                    host.warn(warning);
                }
            }
            Err(_) if host.cancelled() => return Err(Failure::new("the task was cancelled")),
            // A little more than the source has itself, so that it can say what it did not get.
            Err(_) if started.elapsed() > ask.timeout + Duration::from_secs(1) => {
                open.retain(|source| {
                    let late = source.pace == Pace::Slow;
                    if late {
                        host.warn(format!(
                            "Timeout exceeded when gathering {}",
                            source.facts.join(", ")
                        ));
                    }
                    !late
                });
            }
            Err(_) => (),
        }
    }
    Ok(facts)
}

/// What tests of a single source ask for.
#[cfg(test)]
fn test_ask() -> Ask {
    Ask {
        collectors: Vec::new(),
        names: None,
        timeout: Duration::from_secs(10),
        fact_path: "/etc/ansible/facts.d".to_owned(),
        python: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(names: &[&str]) -> Vec<&'static str> {
        let names = Some(names.iter().map(|name| (*name).to_owned()).collect());
        let all = subset(&["all".to_owned()]).unwrap();
        let ask = Ask { collectors: all, names, ..test_ask() };
        let mut first: Vec<_> = SOURCES
            .iter()
            .filter(|source| ask.wants(source))
            .map(|source| source.facts[0])
            .collect();
        first.sort_unstable();
        first
    }

    #[test]
    fn only_what_may_have_the_wanted_facts_is_asked() {
        assert_eq!(sources(&["ansible_kernel"]), ["system"]);
        assert_eq!(sources(&["distribution_major_version", "mounts"]), ["distribution", "mounts"]);
        assert_eq!(sources(&["ssh_host_key_rsa_public"]), ["ssh_host_key_*"]);
        // A name that no source claims may be an interface's.
        assert_eq!(sources(&["ansible_eth0"]), ["interfaces"]);
        assert_eq!(sources(&[]), Vec::<&str>::new());
        assert!(sources(&[""]).len() == SOURCES.len());
        assert!(sources(&["*"]).len() == SOURCES.len());
        assert!(sources(&["ansible_mem*"]).contains(&"memory_mb"));
    }

    #[test]
    fn every_collector_of_a_source_exists() {
        let all = subset(&["all".to_owned()]).unwrap();
        for source in SOURCES {
            assert!(all.contains(&source.collector), "{}", source.collector);
        }
    }
}
