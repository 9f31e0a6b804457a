//! A host's facts under both of their names: `ansible_facts.os_family` and `ansible_os_family`.

use std::sync::Arc;

use crate::value::{Dict, Value};

/// The key by which facts that were gathered differ from those that were only set.
pub(super) const GATHERED: &str = "_ansible_facts_gathered";

/// Facts by their names with and without the prefix.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// As variables, with the names that modules give them: `ansible_os_family`.
    pub injected: Arc<Dict>,
    /// What a module has no say in, as it named it: no variables.
    pub(super) restricted: Arc<Dict>,
    /// As `ansible_facts` has them: `os_family`.
    pub namespaced: Arc<Dict>,
    /// Whether the host was asked for them: `set_fact` alone makes no gathered facts.
    pub gathered: bool,
}

impl Facts {
    pub(super) fn add(&mut self, facts: &Dict) {
        let injected = Arc::make_mut(&mut self.injected);
        let restricted = Arc::make_mut(&mut self.restricted);
        let namespaced = Arc::make_mut(&mut self.namespaced);
        for (key, value) in facts {
            let name = key.key_text();
            let bare = match name.strip_prefix("ansible_") {
                Some(bare) if bare != "local" => bare,
                _ => &name,
            };
            namespaced.insert(bare, value.clone());
            let variables = if is_restricted(&name) { &mut *restricted } else { &mut *injected };
            variables.insert(name.as_str(), value.clone());
        }
    }

    /// Says that facts were gathered, which `ansible_facts` tells, too.
    pub(super) fn set_gathered(&mut self) {
        self.gathered = true;
        Arc::make_mut(&mut self.namespaced).insert(GATHERED, true);
    }

    /// Returns whether nobody needs to gather facts again; `setup` alone does not tell.
    pub fn are_gathered(&self) -> bool {
        self.namespaced.contains_key(GATHERED)
    }

    pub fn is_empty(&self) -> bool {
        self.namespaced.is_empty()
    }

    /// Returns all facts as modules named them.
    pub(super) fn as_returned(&self) -> Dict {
        let mut all = (*self.injected).clone();
        all.extend(self.restricted.iter().map(|(name, value)| (name.clone(), value.clone())));
        all
    }

    /// Returns the names of what is no variable, though a module gave it.
    pub fn restricted(&self) -> impl Iterator<Item = &str> {
        self.restricted.keys().filter_map(Value::as_str)
    }

    /// Returns `ansible_facts`.
    pub fn value(&self) -> Value {
        Value::Dict(Arc::clone(&self.namespaced))
    }
}

/// Names of variables that say how a host is reached.
const OF_CONNECTIONS: &[&str] = &[
    "ansible_become",
    "ansible_connection",
    "ansible_connection_user",
    "ansible_docker_ca_cert",
    "ansible_docker_ca_path",
    "ansible_docker_client_cert",
    "ansible_docker_client_key",
    "ansible_docker_docker_host",
    "ansible_docker_extra_args",
    "ansible_docker_extra_env",
    "ansible_docker_host",
    "ansible_docker_privileged",
    "ansible_docker_user",
    "ansible_docker_working_dir",
    "ansible_facts",
    "ansible_host",
    "ansible_module_compression",
    "ansible_network_os",
    "ansible_password",
    "ansible_pipelining",
    "ansible_playbook_python",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_scp_extra_args",
    "ansible_sftp_extra_args",
    "ansible_shell_executable",
    "ansible_shell_type",
    "ansible_timeout",
    "ansible_user",
];

/// What such names begin with; docker's are names above, as its networks are interfaces, which are facts (`docker_gwbridge`).
const OF_PLUGINS: &[&str] = &[
    "become_",
    "chroot_",
    "incus_",
    "kubectl_",
    "local_",
    "lxc_",
    "lxd_",
    "nsenter_",
    "oc_",
    "paramiko_ssh_",
    "podman_",
    "psrp_",
    "ssh_",
    "winrm_",
];

/// Returns whether a fact of this name is no variable: a host has no say in how it is reached, as whom, or by which program.
pub fn is_restricted(name: &str) -> bool {
    let Some(bare) = name.strip_prefix("ansible_").filter(|_| !is_host_key(name)) else {
        return false;
    };
    OF_CONNECTIONS.contains(&name)
        || OF_PLUGINS.iter().any(|plugin| bare.starts_with(plugin))
        || bare.ends_with("_interpreter")
}

/// The system's keys are facts of every host.
fn is_host_key(name: &str) -> bool {
    name.starts_with("ansible_ssh_host_key_")
}

/// Returns whether a fact tells which interpreter was found: only the controller finds one.
pub fn tells_interpreter(name: &str) -> bool {
    name.strip_prefix("ansible_").unwrap_or(name).starts_with("discovered_interpreter_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_no_say_in_how_they_are_reached() {
        for name in [
            "ansible_become",
            "ansible_become_anything",
            "ansible_connection",
            "ansible_ssh_args",
            "ansible_ssh_host_key",
            "ansible_local_tmp",
            "ansible_perl_interpreter",
            "ansible_podman_executable",
            "ansible_kubectl_kubeconfig",
            "ansible_chroot_exe",
            "ansible_docker_host",
            "ansible__interpreter",
            "ansible_facts",
        ] {
            assert!(is_restricted(name), "{name}");
        }
        for name in [
            "ansible_os_family",
            "ansible_ssh_host_key_rsa_public",
            "ansible_ssh_host_key_x_interpreter",
            "ansible_interpreter",
            "ansible_user_id",
            "ansible_docker_gwbridge",
            "ansible_local",
            "become_user",
            "x_interpreter",
        ] {
            assert!(!is_restricted(name), "{name}");
        }
    }
}
