//! `hostname`: the system's name.

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Sets the system's name, now and for the next boot
///
/// # Examples
/// ```yaml
/// - name: Call the machine what the inventory calls it
///   ansible.builtin.hostname:
///     name: "{{ inventory_hostname_short }}"
///
/// - name: Say how it is done, where the system would not be recognised
///   ansible.builtin.hostname:
///     name: web1
///     use: openrc
/// ```
#[derive(Args)]
pub struct Args {
    /// Name to set
    name: String,
    /// How to set it; found out from the running system when absent
    #[arg(name = "use")]
    method: Option<Method>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Alpine,
    Debian,
    Freebsd,
    Generic,
    Macos,
    Macosx,
    Darwin,
    Openbsd,
    Openrc,
    Redhat,
    Sles,
    Solaris,
    Systemd,
}

/// A way to set the name, as the reference has them: most only write the name for the next boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Systemd,
    /// A file that is the name alone.
    File(&'static str),
    /// The same, and the running name becomes what the file held before.
    Alpine,
    /// A file that is the name alone, and a command for the running name.
    Command(&'static str),
    Redhat,
    Openrc,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let way = args.method.map_or_else(|| Ok(detect(host)), way_of)?;
    let name = args.name.as_str();
    let running = host.read_text("/proc/sys/kernel/hostname")?.unwrap_or_default();
    let running = running.trim().to_owned();
    let kept = way.kept(host)?;
    let current = match way {
        Way::Systemd | Way::Command(_) => running.clone(),
        _ => kept.clone(),
    };
    let (now, at_boot) = (current != name, kept != name);
    // The reference finds out only when it changes something.
    if way == Way::Systemd && name.len() > 64 && !host.checking() {
        return Err(Failure::new(
            "name cannot be longer than 64 characters on systemd servers, try a shorter name",
        ));
    }
    // systemd's way keeps the name first, so that it stays when the running name cannot be set.
    let first = way == Way::Systemd;
    if at_boot && first {
        way.keep(name, host)?;
    }
    let mut known_as = running;
    if now
        && let Some(becomes) = way.set_now(name, &kept, host)?
        && !host.checking()
    {
        known_as = becomes;
    }
    if at_boot && !first {
        way.keep(name, host)?;
    }
    let changed = now || at_boot;
    let before = if now { current } else { kept };
    let diff = changed.then(|| {
        json!({
            "before": format!("hostname = {before}\n"), "after": format!("hostname = {name}\n"),
        })
    });
    let full = full_name(&known_as, host)?;
    let domain = full.split_once('.').map_or("", |(_, domain)| domain);
    let facts = json!({
        "ansible_hostname": name.split('.').next().unwrap_or_default(),
        "ansible_nodename": name,
        "ansible_fqdn": full,
        "ansible_domain": domain,
    });
    Ok(Outcome::changed_if(changed)
        .with("name", name)
        .with("ansible_facts", facts)
        .with_some("diff", diff))
}

fn way_of(method: Method) -> Result<Way> {
    Ok(match method {
        Method::Systemd | Method::Debian => Way::Systemd,
        Method::Alpine => Way::Alpine,
        Method::Sles => Way::File("/etc/HOSTNAME"),
        Method::Redhat => Way::Redhat,
        Method::Openrc => Way::Openrc,
        Method::Openbsd => Way::Command("/etc/myname"),
        // It is the others' common part, and cannot do anything itself.
        Method::Generic => return Err(Failure::new("Task failed: Module failed.")),
        other => {
            let message = format!("`use: {}` is for another system than Linux", other.as_str());
            return Err(Failure::new(message));
        }
    })
}

fn detect(host: &Host) -> Way {
    if host.systemd_runs() && host.which("hostnamectl").is_some() {
        Way::Systemd
    } else if host.exists("/etc/alpine-release") {
        Way::Alpine
    } else if host.exists("/etc/conf.d/hostname") {
        Way::Openrc
    } else if host.exists("/etc/sysconfig/network") && !host.exists("/etc/hostname") {
        Way::Redhat
    } else {
        Way::File("/etc/hostname")
    }
}

impl Way {
    fn path(self) -> &'static str {
        match self {
            Way::Systemd | Way::Alpine => "/etc/hostname",
            Way::File(path) | Way::Command(path) => path,
            Way::Redhat => "/etc/sysconfig/network",
            Way::Openrc => "/etc/conf.d/hostname",
        }
    }

    /// Returns the name for the next boot.
    fn kept(self, host: &Host) -> Result<String> {
        let text = host.read_text(self.path())?.unwrap_or_default();
        let mut lines = text.lines().map(str::trim);
        Ok(match self {
            Way::Systemd => lines
                .find(|line| !line.is_empty() && !line.starts_with('#'))
                .unwrap_or_default()
                .to_owned(),
            Way::File(_) | Way::Alpine | Way::Command(_) => text.trim().to_owned(),
            Way::Redhat => {
                let line = lines.find(|line| line.starts_with("HOSTNAME"));
                let value = line.and_then(|line| line.split_once('=')).map(|(_, value)| value);
                let Some(value) = value else {
                    let message = format!("Unable to locate HOSTNAME entry in {}", self.path());
                    return Err(Failure::new(message));
                };
                value.trim().to_owned()
            }
            Way::Openrc => {
                let line = lines.find_map(|line| line.strip_prefix("hostname="));
                line.unwrap_or_default().trim_matches('"').to_owned()
            }
        })
    }

    /// Sets the running name where this way does; returns what it is then.
    fn set_now(self, name: &str, kept: &str, host: &Host) -> Result<Option<String>> {
        let (words, becomes) = match self {
            Way::Systemd => (vec!["hostnamectl", "--transient", "set-hostname", name], name),
            Way::Command(_) => (vec!["hostname", name], name),
            Way::Alpine => (vec!["hostname", "-F", self.path()], kept),
            Way::File(_) | Way::Redhat | Way::Openrc => return Ok(None),
        };
        change(&words, host)?;
        Ok(Some(becomes.to_owned()))
    }

    /// Keeps the name for the next boot.
    fn keep(self, name: &str, host: &Host) -> Result<()> {
        let path = self.path();
        let old = || -> Result<String> { Ok(host.read_text(path)?.unwrap_or_default()) };
        let text = match self {
            // Both at once: what is no name for the network is simplified there.
            Way::Systemd => {
                return change(
                    &["hostnamectl", "--pretty", "--static", "set-hostname", name],
                    host,
                );
            }
            Way::File(_) | Way::Alpine | Way::Command(_) => format!("{name}\n"),
            Way::Redhat => replaced(&old()?, "HOSTNAME", &format!("HOSTNAME={name}")),
            Way::Openrc => replaced(&old()?, "hostname=", &format!("hostname=\"{name}\"")),
        };
        if !host.checking() && !host.is_folder(path.rsplit_once('/').map_or("/", |(up, _)| up)) {
            return Err(Failure::new(format!(
                "failed to update hostname: [Errno 2] No such file or directory: '{path}'"
            )));
        }
        host.replace(path, None, |file| std::io::Write::write_all(file, text.as_bytes()))
    }
}

/// Returns a configuration with another line in the place of the one that begins so.
fn replaced(text: &str, begin: &str, line: &str) -> String {
    let lines = text.lines().map(|old| if old.trim().starts_with(begin) { line } else { old });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn change(words: &[&str], host: &Host) -> Result<()> {
    let program = host.which(words[0]);
    let program = program.as_deref().unwrap_or(words[0]);
    let words = std::iter::once(program).chain(words[1..].iter().copied());
    match host.change(&Command::new(words))? {
        Some(output) if !output.success() => {
            let (stdout, stderr) = (output.text(), output.error_text());
            let message =
                format!("Command failed rc={}, out={stdout}, err={stderr}", output.status);
            Err(Failure::new(message))
        }
        _ => Ok(()),
    }
}

/// Returns the name with its domain as `/etc/hosts` has it; the name itself where that has none.
fn full_name(name: &str, host: &Host) -> Result<String> {
    let hosts = host.read_text("/etc/hosts")?.unwrap_or_default();
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut named = lines.filter(|line| line.split_whitespace().skip(1).any(|one| one == name));
    let full = named.find_map(|line| line.split_whitespace().skip(1).find(|one| one.contains('.')));
    Ok(full.unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    fn host() -> TestHost {
        TestHost::with(&[
            ("/etc/hostname", "old\n"),
            ("/proc/sys/kernel/hostname", "old\n"),
            ("/etc/hosts", "127.0.1.1 web1.example.org web1\n"),
        ])
    }

    fn hostname(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("hostname").unwrap().run(&given, host))
    }

    #[test]
    fn the_name_is_set_now_and_for_the_next_boot() {
        let host = host().answer("hostnamectl --transient set-hostname web1", 0, "").answer(
            "hostnamectl --pretty --static set-hostname web1",
            0,
            "",
        );
        assert_eq!(
            hostname(&host, json!({"name": "web1", "use": "debian"})),
            json!({
                "changed": true, "name": "web1",
                "ansible_facts": {
                    "ansible_hostname": "web1", "ansible_nodename": "web1",
                    "ansible_fqdn": "web1.example.org", "ansible_domain": "example.org",
                },
                "diff": {"before": "hostname = old\n", "after": "hostname = web1\n"},
            })
        );
    }

    #[test]
    fn without_systemd_the_file_is_all() {
        let host = host();
        let result = hostname(&host, json!({"name": "web1"}));
        assert_eq!(result["ansible_facts"]["ansible_fqdn"], "old");
        assert_eq!(host.read_text("/etc/hostname").unwrap().as_deref(), Some("web1\n"));
    }

    #[test]
    fn a_name_that_is_set_stays() {
        assert_eq!(hostname(&host(), json!({"name": "old", "use": "debian"}))["changed"], false);
        assert_eq!(hostname(&host(), json!({"name": "old"}))["changed"], false);
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host().check();
        assert_eq!(hostname(&host, json!({"name": "web1"}))["changed"], true);
        assert_eq!(host.read_text("/etc/hostname").unwrap().as_deref(), Some("old\n"));
    }

    #[test]
    fn other_lines_of_a_configuration_stay() {
        let network = "NETWORKING=yes\nHOSTNAME=old\nNOZEROCONF=yes\n";
        let host = TestHost::with(&[
            ("/etc/sysconfig/network", network),
            ("/proc/sys/kernel/hostname", "new\n"),
        ]);
        assert_eq!(hostname(&host, json!({"name": "new", "use": "redhat"}))["changed"], true);
        let text = host.read_text("/etc/sysconfig/network").unwrap();
        assert_eq!(text.as_deref(), Some("NETWORKING=yes\nHOSTNAME=new\nNOZEROCONF=yes\n"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let long = json!({"name": "x".repeat(65), "use": "systemd"});
        assert_eq!(hostname(&host(), long)["failed"], true);
        assert_eq!(hostname(&host(), json!({"name": "x", "use": "solaris"}))["failed"], true);
        assert_eq!(
            hostname(&host(), json!({"name": "x", "use": "redhat"}))["msg"],
            "Unable to locate HOSTNAME entry in /etc/sysconfig/network"
        );
        let failing = host().answer("hostnamectl --pretty --static set-hostname x", 0, "").answer(
            "hostnamectl --transient set-hostname x",
            1,
            "no",
        );
        let result = hostname(&failing, json!({"name": "x", "use": "systemd"}));
        assert_eq!(result["msg"], "Command failed rc=1, out=no, err=");
    }
}
