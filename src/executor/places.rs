//! The ways into containers and their like: which program starts commands there, by connection plugin and variables.
//!
//! A plugin of the reference copies modules in and looks for Python there; here the helper goes in over the program's
//! input, so that any image with a shell will do.

use std::sync::LazyLock;

use super::{Failure, connect::Lookup};
use crate::{connection::Target, value::Value};

/// The words that start a command in a container.
type Words = Result<Vec<String>, Failure>;

/// One connection plugin.
struct Plugin {
    name: &'static str,
    /// Where it comes from; the name alone does, too.
    collections: &'static [&'static str],
    /// Variables with the container's name; the host's name stands in.
    address: &'static [&'static str],
    /// Whether what is inside is soon thrown away or becomes an image.
    is_passing: bool,
    words: fn(&Inside<'_>) -> Words,
}

/// What the words are made of.
struct Inside<'a> {
    look: &'a Lookup<'a>,
    container: String,
    user: Option<&'a str>,
}

const PLUGINS: [Plugin; 10] = [
    Plugin {
        name: "docker",
        collections: &["community.docker", "community.general"],
        address: &["ansible_docker_host", "ansible_host"],
        is_passing: true,
        words: docker,
    },
    Plugin {
        name: "docker_api",
        collections: &["community.docker"],
        address: &["ansible_docker_host", "ansible_host"],
        is_passing: true,
        words: docker_api,
    },
    Plugin {
        name: "podman",
        collections: &["containers.podman"],
        address: &["ansible_podman_host", "ansible_host"],
        is_passing: true,
        words: podman,
    },
    Plugin {
        name: "buildah",
        collections: &["containers.podman"],
        address: &["ansible_host"],
        is_passing: true,
        words: |inside| {
            let user = inside.user.map_or_else(Vec::new, |user| vec!["--user", user]);
            Ok(shell(&[&["buildah", "run"][..], &user, &[&inside.container, "--"]].concat()))
        },
    },
    Plugin {
        name: "kubectl",
        collections: &["kubernetes.core", "community.kubernetes", "community.general"],
        address: &["ansible_kubectl_pod"],
        is_passing: true,
        words: |inside| kubernetes(inside, "kubectl"),
    },
    Plugin {
        name: "oc",
        collections: &["community.okd", "redhat.openshift", "community.general"],
        address: &["ansible_oc_pod"],
        is_passing: true,
        words: |inside| kubernetes(inside, "oc"),
    },
    Plugin {
        name: "lxd",
        collections: &["community.general"],
        address: &["ansible_lxd_host", "ansible_host"],
        is_passing: false,
        words: |inside| lxd(inside, "lxd", "lxc"),
    },
    Plugin {
        name: "incus",
        collections: &["community.general"],
        address: &["ansible_incus_host", "ansible_host"],
        is_passing: false,
        words: |inside| lxd(inside, "incus", "incus"),
    },
    Plugin {
        name: "lxc",
        collections: &["community.general"],
        address: &["ansible_lxc_host", "ansible_host"],
        is_passing: false,
        words: |inside| Ok(shell(&["lxc-attach", "-n", &inside.container, "--"])),
    },
    Plugin {
        name: "nsenter",
        collections: &["community.docker"],
        address: &["ansible_host"],
        is_passing: false,
        words: nsenter,
    },
];

/// Which connection plugins there are, for who names another.
pub(super) static HELP: LazyLock<String> = LazyLock::new(|| {
    let inside: Vec<&str> = PLUGINS.iter().map(|plugin| plugin.name).collect();
    format!("Of connection plugins, windlass has ssh, local, chroot, {}.", inside.join(", "))
});

/// Returns the way into a container, or nothing where no plugin has this name.
pub(super) fn container(
    name: &str,
    look: &Lookup<'_>,
    host: &str,
    user: Option<&str>,
) -> Result<Option<Target>, Failure> {
    let is_named = |plugin: &&Plugin| match name.rsplit_once('.') {
        Some((collection, short)) => {
            short == plugin.name && plugin.collections.contains(&collection)
        }
        None => name == plugin.name,
    };
    let Some(plugin) = PLUGINS.iter().find(is_named) else { return Ok(None) };
    let container = look.text(plugin.address, None)?.unwrap_or_else(|| host.to_owned());
    let inside = Inside { look, container, user };
    let mut target = Target::container(&inside.container, (plugin.words)(&inside)?);
    target.keeps_helper = !plugin.is_passing;
    target.container_plugin = plugin.name;
    Ok(Some(target))
}

impl Inside<'_> {
    /// Returns `flag` and the value of the first variable that is set.
    fn option(&self, flag: &str, variables: &[&str]) -> Words {
        let value = self.look.text(variables, None)?.filter(|value| !value.is_empty());
        Ok(value.map_or_else(Vec::new, |value| vec![flag.to_owned(), value]))
    }

    /// Returns the words of a variable that is a part of a command line.
    fn split(&self, variable: &str) -> Words {
        let text = self.look.text(&[variable], None)?.unwrap_or_default();
        windlass_modules::host::split_words(&text)
            .map_err(|error| Failure::at(None, format!("{variable}: {error}")))
    }

    fn is_set(&self, variable: &str) -> Result<Option<bool>, Failure> {
        Ok(self.look.variable(&[variable])?.map(|value| value.says_yes()))
    }
}

/// Ends words with those of a shell that takes the command.
fn shell<T: AsRef<str>>(words: &[T]) -> Vec<String> {
    words.iter().map(AsRef::as_ref).chain(["/bin/sh", "-c"]).map(ToOwned::to_owned).collect()
}

fn docker(inside: &Inside<'_>) -> Words {
    let mut words = vec!["docker".to_owned()];
    words.extend(inside.split("ansible_docker_extra_args")?);
    docker_exec(inside, words)
}

/// The daemon that variables name, by its program.
fn docker_api(inside: &Inside<'_>) -> Words {
    let mut words = vec!["docker".to_owned()];
    words.extend(inside.option("-H", &["ansible_docker_docker_host"])?);
    for (flag, variables) in [
        ("--tlscacert", &["ansible_docker_ca_cert", "ansible_docker_ca_path"][..]),
        ("--tlscert", &["ansible_docker_client_cert"]),
        ("--tlskey", &["ansible_docker_client_key"]),
    ] {
        words.extend(inside.option(flag, variables)?);
    }
    docker_exec(inside, words)
}

fn docker_exec(inside: &Inside<'_>, mut words: Vec<String>) -> Words {
    words.push("exec".to_owned());
    let user = inside.look.text(&["ansible_docker_user"], None)?;
    if let Some(user) = user.as_deref().or(inside.user) {
        words.extend(["-u", user].map(ToOwned::to_owned));
    }
    if let Some(Value::Dict(variables)) = inside.look.variable(&["ansible_docker_extra_env"])? {
        for (name, value) in variables.iter() {
            words.extend(["-e".to_owned(), format!("{}={}", name.to_text(), value.to_text())]);
        }
    }
    words.extend(inside.option("-w", &["ansible_docker_working_dir"])?);
    if inside.is_set("ansible_docker_privileged")? == Some(true) {
        words.push("--privileged".to_owned());
    }
    words.extend(["-i", &inside.container].map(ToOwned::to_owned));
    Ok(shell(&words))
}

fn podman(inside: &Inside<'_>) -> Words {
    let program = inside.look.text(&["ansible_podman_executable"], None)?;
    let mut words = vec![program.unwrap_or_else(|| "podman".to_owned())];
    words.extend(inside.split("ansible_podman_extra_args")?);
    words.extend(["exec", "-i"].map(ToOwned::to_owned));
    if let Some(user) = inside.user {
        words.extend(["--user", user].map(ToOwned::to_owned));
    }
    words.push(inside.container.clone());
    Ok(shell(&words))
}

/// `kubectl` and `oc`, which has the same options with variables of its own.
fn kubernetes(inside: &Inside<'_>, program: &str) -> Words {
    let variable = |option: &str| format!("ansible_{program}_{option}");
    let mut words = vec![program.to_owned()];
    for (flag, options) in [
        ("--namespace", &["namespace"][..]),
        ("--kubeconfig", &["kubeconfig", "config"]),
        ("--context", &["context"]),
        ("--server", &["host", "server"]),
        ("--username", &["username", "user"]),
        ("--password", &["password"]),
        ("--client-certificate", &["cert_file", "client_cert"]),
        ("--client-key", &["key_file", "client_key"]),
        ("--certificate-authority", &["ssl_ca_cert", "ca_cert"]),
        ("--token", &["token", "api_key"]),
    ] {
        let variables: Vec<String> = options.iter().map(|option| variable(option)).collect();
        let variables: Vec<&str> = variables.iter().map(String::as_str).collect();
        words.extend(inside.option(flag, &variables)?);
    }
    for option in ["verify_ssl", "validate_certs"] {
        if inside.is_set(&variable(option))? == Some(false) {
            words.push("--insecure-skip-tls-verify=true".to_owned());
            break;
        }
    }
    words.extend(inside.split(&variable("extra_args"))?);
    words.extend(["exec", "-i", &inside.container].map(ToOwned::to_owned));
    words.extend(inside.option("-c", &[&variable("container")])?);
    words.push("--".to_owned());
    Ok(shell(&words))
}

/// LXD and Incus: `program` starts commands, and variables have the name of the `plugin`.
fn lxd(inside: &Inside<'_>, plugin: &str, program: &str) -> Words {
    let variable = |option: &str| format!("ansible_{plugin}_{option}");
    let mut words = vec![program.to_owned()];
    words.extend(inside.option("--project", &[&variable("project")])?);
    let remote = inside.look.text(&[&variable("remote")], None)?;
    let remote = remote.as_deref().unwrap_or("local");
    words.extend(["exec".to_owned(), format!("{remote}:{}", inside.container), "--".to_owned()]);
    match inside.user.filter(|user| *user != "root") {
        Some(user) => {
            words.extend(["/bin/su", user, "-s", "/bin/sh", "-c"].map(ToOwned::to_owned));
            Ok(words)
        }
        None => Ok(shell(&words)),
    }
}

fn nsenter(inside: &Inside<'_>) -> Words {
    let process = inside.look.text(&["ansible_nsenter_pid"], None)?;
    let target = format!("--target={}", process.as_deref().unwrap_or("1"));
    let spaces = ["--ipc", "--mount", "--net", "--pid", "--uts", "--preserve-credentials"];
    Ok(shell(&[&["nsenter"][..], &spaces, &[target.as_str(), "--"]].concat()))
}
