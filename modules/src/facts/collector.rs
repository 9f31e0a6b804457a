//! The reference's collectors: the names by which `gather_subset` selects facts.

use crate::host::{Failure, Result};

/// A group of facts that is selected as a whole.
struct Collector {
    name: &'static str,
    /// Further names that select it.
    ids: &'static [&'static str],
    /// Collectors that come along.
    requires: &'static [&'static str],
    /// Whether it belongs to the subset `min`.
    minimal: bool,
}

const fn general(name: &'static str, ids: &'static [&'static str]) -> Collector {
    Collector { name, ids, requires: &[], minimal: false }
}

const fn minimal(name: &'static str, ids: &'static [&'static str]) -> Collector {
    Collector { name, ids, requires: &[], minimal: true }
}

static COLLECTORS: &[Collector] = &[
    minimal("apparmor", &[]),
    minimal("caps", &["system_capabilities", "system_capabilities_enforced"]),
    general("chroot", &["is_chroot"]),
    minimal("cmdline", &[]),
    minimal("date_time", &[]),
    minimal(
        "distribution",
        &[
            "distribution_major_version",
            "distribution_release",
            "distribution_version",
            "os_family",
        ],
    ),
    minimal("dns", &[]),
    minimal("env", &[]),
    // Other programs' facts, which only the reference's own interpreter would collect.
    general("facter", &[]),
    general("fibre_channel_wwn", &[]),
    minimal("fips", &[]),
    Collector {
        name: "hardware",
        ids: &["devices", "mounts", "processor", "processor_cores", "processor_count"],
        requires: &["platform"],
        minimal: false,
    },
    general("iscsi", &[]),
    general("loadavg", &[]),
    minimal("local", &[]),
    minimal("lsb", &[]),
    Collector {
        name: "network",
        ids: &[
            "all_ipv4_addresses",
            "all_ipv6_addresses",
            "default_ipv4",
            "default_ipv6",
            "interfaces",
        ],
        requires: &["distribution", "platform"],
        minimal: false,
    },
    general("nvme", &[]),
    general("ohai", &[]),
    Collector { name: "pkg_mgr", ids: &[], requires: &["distribution"], minimal: true },
    minimal(
        "platform",
        &[
            "architecture",
            "kernel",
            "kernel_version",
            "machine",
            "machine_id",
            "python_version",
            "system",
        ],
    ),
    minimal("python", &[]),
    minimal("selinux", &[]),
    Collector {
        name: "service_mgr",
        ids: &[],
        requires: &["distribution", "platform"],
        minimal: true,
    },
    minimal(
        "ssh_pub_keys",
        &[
            "ssh_host_key_dsa_public",
            "ssh_host_key_ecdsa_public",
            "ssh_host_key_ed25519_public",
            "ssh_host_key_rsa_public",
            "ssh_host_pub_keys",
        ],
    ),
    general("systemd", &[]),
    minimal(
        "user",
        &[
            "effective_group_ids",
            "effective_user_id",
            "real_user_id",
            "user_dir",
            "user_gecos",
            "user_gid",
            "user_id",
            "user_shell",
            "user_uid",
        ],
    ),
    general(
        "virtual",
        &[
            "virtualization_role",
            "virtualization_tech_guest",
            "virtualization_tech_host",
            "virtualization_type",
        ],
    ),
];

/// Returns the collectors that `gather_subset` selects, with those that they require.
pub fn subset(given: &[String]) -> Result<Vec<&'static str>> {
    let all_ids = || {
        COLLECTORS.iter().flat_map(|one| std::iter::once(one.name).chain(one.ids.iter().copied()))
    };
    let minimal = || COLLECTORS.iter().filter(|one| one.minimal).map(|one| one.name);
    let (mut added, mut explicit, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
    added.extend(minimal());
    for subset in given {
        match subset.as_str() {
            "min" => added.extend(minimal()),
            "all" => added.extend(all_ids()),
            "!min" => excluded.extend(minimal()),
            "!all" => excluded.extend(all_ids().filter(|id| !minimal().any(|name| name == *id))),
            name => {
                let (exclude, name) = match name.strip_prefix('!') {
                    Some(name) => (true, name),
                    None => (false, name),
                };
                match all_ids().find(|id| *id == name) {
                    Some(id) if exclude => {
                        excluded.push(id);
                        let whole = COLLECTORS.iter().find(|one| one.name == id);
                        excluded.extend(whole.iter().flat_map(|one| one.ids));
                    }
                    Some(id) => {
                        explicit.push(id);
                        added.push(id);
                    }
                    // What does not exist need not be excluded.
                    None if exclude => (),
                    None => return Err(bad_subset(name)),
                }
            }
        }
    }
    added.retain(|id| !excluded.contains(id) || explicit.contains(id));
    let chosen: Vec<&Collector> = COLLECTORS
        .iter()
        .filter(|one| added.contains(&one.name) || one.ids.iter().any(|id| added.contains(id)))
        .collect();
    let required = |name| chosen.iter().any(|one| one.requires.contains(&name));
    let with_required = COLLECTORS.iter().map(|one| one.name);
    Ok(with_required
        .filter(|name| chosen.iter().any(|one| one.name == *name) || required(*name))
        .collect())
}

fn bad_subset(name: &str) -> Failure {
    let mut known: Vec<_> = COLLECTORS
        .iter()
        .flat_map(|one| std::iter::once(one.name).chain(one.ids.iter().copied()))
        .chain(["all"])
        .collect();
    known.sort_unstable();
    Failure::new(format!(
        "Bad subset '{name}' given to Ansible. gather_subset options allowed: {}",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(given: &[&str]) -> Vec<&'static str> {
        let given: Vec<_> = given.iter().map(|one| (*one).to_owned()).collect();
        subset(&given).unwrap()
    }

    #[test]
    fn subsets_add_up_as_in_the_reference() {
        assert_eq!(chosen(&["all"]).len(), COLLECTORS.len());
        assert_eq!(chosen(&["!all", "!min"]), Vec::<&str>::new());
        assert_eq!(chosen(&["!min"]), Vec::<&str>::new());
        assert_eq!(chosen(&["!all", "!min", "all"]), Vec::<&str>::new());
        let min = chosen(&["min"]);
        assert_eq!(min.len(), 17);
        assert_eq!(chosen(&["!all"]), min);
        assert_eq!(chosen(&["!hardware"]), min);
        assert_eq!(chosen(&["!bogus"]), min);
    }

    #[test]
    fn what_a_collector_requires_comes_along() {
        assert_eq!(chosen(&["!all", "!min", "pkg_mgr"]), ["distribution", "pkg_mgr"]);
        assert_eq!(chosen(&["!all", "!min", "mounts"]), ["hardware", "platform"]);
        assert_eq!(
            chosen(&["!all", "!min", "interfaces"]),
            ["distribution", "network", "platform"]
        );
    }

    #[test]
    fn what_is_named_stays_and_what_is_excluded_goes() {
        assert!(chosen(&["network", "!all"]).contains(&"network"));
        assert!(chosen(&["!network", "network"]).contains(&"network"));
        assert!(!chosen(&["all", "!network"]).contains(&"network"));
        assert!(chosen(&["all", "!mounts"]).contains(&"hardware"));
    }

    #[test]
    fn an_unknown_subset_is_refused_with_the_list_of_all() {
        let message = subset(&["bogus".to_owned()]).unwrap_err().message;
        assert!(message.starts_with("Bad subset 'bogus' given to Ansible. gather_subset options allowed: all, all_ipv4_addresses, all_ipv6_addresses, apparmor, architecture, caps, chroot, cmdline, "), "{message}");
    }
}
