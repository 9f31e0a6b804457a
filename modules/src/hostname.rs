//! `hostname`: the system's name.

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Sets the system's name, now and for the next boot
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

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let method = args.method.unwrap_or_else(|| detect(host));
    let kept = kept_in(method, host)?;
    let name = &args.name;
    let current = host.read_text("/proc/sys/kernel/hostname")?.unwrap_or_default();
    let current = current.trim().to_owned();
    let permanent = kept.as_ref().map(|kept| kept.name.clone());
    let now = current != *name;
    // The reference finds out only when it changes something.
    if name.len() > 64 && !host.checking() {
        return Err(Failure::new(
            "name cannot be longer than 64 characters on systemd servers, try a shorter name",
        ));
    }
    let at_boot = permanent.as_ref().is_some_and(|permanent| permanent != name);
    if let Some(kept) = kept.filter(|_| at_boot) {
        kept.keep(name, method, host)?;
    }
    if now {
        let words = match method {
            Method::Systemd => vec!["hostnamectl", "--transient", "set-hostname", name],
            _ => vec!["hostname", name],
        };
        change(&words, host)?;
    }
    let changed = now || at_boot;
    let diff = changed.then(|| {
        let before = if now { current.clone() } else { permanent.unwrap_or_default() };
        json!({
            "before": format!("hostname = {before}\n"), "after": format!("hostname = {name}\n"),
        })
    });
    let full = full_name(if host.checking() { &current } else { name }, host)?;
    let domain = full.split_once('.').map_or("", |(_, domain)| domain);
    let facts = json!({
        "ansible_hostname": name.split('.').next().unwrap_or_default(),
        "ansible_nodename": name,
        "ansible_fqdn": full,
        "ansible_domain": domain,
    });
    Ok(Outcome::changed_if(changed)
        .with("name", name.as_str())
        .with("ansible_facts", facts)
        .with_some("diff", diff))
}

fn detect(host: &Host) -> Method {
    if host.systemd_runs() && host.which("hostnamectl").is_some() {
        Method::Systemd
    } else if host.exists("/etc/conf.d/hostname") {
        Method::Openrc
    } else if host.exists("/etc/sysconfig/network") && !host.exists("/etc/hostname") {
        Method::Redhat
    } else {
        Method::Debian
    }
}

/// Where the name for the next boot stands.
struct Kept {
    path: &'static str,
    text: String,
    /// What stands before the name in its line; empty where the file is the name alone.
    key: &'static str,
    name: String,
}

/// Returns where a method keeps the name; `None` for one that only sets it now.
fn kept_in(method: Method, host: &Host) -> Result<Option<Kept>> {
    let (path, key) = match method {
        Method::Generic => return Ok(None),
        Method::Alpine | Method::Debian | Method::Systemd => ("/etc/hostname", ""),
        Method::Sles => ("/etc/HOSTNAME", ""),
        Method::Redhat => ("/etc/sysconfig/network", "HOSTNAME="),
        Method::Openrc => ("/etc/conf.d/hostname", "hostname="),
        other => {
            let message = format!("`use: {}` is for another system than Linux", other.as_str());
            return Err(Failure::new(message));
        }
    };
    let text = host.read_text(path)?.unwrap_or_default();
    let line = text.lines().map(str::trim).find(|line| line.starts_with(key));
    let name = line.map_or("", |line| line[key.len()..].trim_matches('"'));
    Ok(Some(Kept { path, key, name: name.to_owned(), text }))
}

impl Kept {
    fn keep(&self, name: &str, method: Method, host: &Host) -> Result<()> {
        if method == Method::Systemd {
            // Both at once: what is no name for the network is simplified there.
            return change(&["hostnamectl", "--pretty", "--static", "set-hostname", name], host);
        }
        let quote = if method == Method::Openrc { "\"" } else { "" };
        let line = format!("{}{quote}{name}{quote}", self.key);
        let others: Vec<&str> = match self.key {
            "" => Vec::new(),
            key => self.text.lines().filter(|line| !line.trim().starts_with(key)).collect(),
        };
        let lines: Vec<&str> = others.into_iter().chain([line.as_str()]).collect();
        let text = lines.join("\n") + "\n";
        host.replace(self.path, None, |file| std::io::Write::write_all(file, text.as_bytes()))
    }
}

fn change(words: &[&str], host: &Host) -> Result<()> {
    match host.change(&Command::new(words.iter().copied()))? {
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
        let host = host().answer("hostname web1", 0, "");
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
        assert_eq!(host.read_text("/etc/hostname").unwrap().as_deref(), Some("web1\n"));
    }

    #[test]
    fn a_name_that_is_set_stays() {
        assert_eq!(hostname(&host(), json!({"name": "old", "use": "debian"}))["changed"], false);
        assert_eq!(hostname(&host(), json!({"name": "old", "use": "generic"}))["changed"], false);
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host().check();
        assert_eq!(hostname(&host, json!({"name": "web1"}))["changed"], true);
        assert_eq!(host.read_text("/etc/hostname").unwrap().as_deref(), Some("old\n"));
    }

    #[test]
    fn other_lines_of_a_configuration_stay() {
        let network = "NETWORKING=yes\nHOSTNAME=old\n";
        let host = TestHost::with(&[
            ("/etc/sysconfig/network", network),
            ("/proc/sys/kernel/hostname", "new\n"),
        ]);
        assert_eq!(hostname(&host, json!({"name": "new", "use": "redhat"}))["changed"], true);
        let text = host.read_text("/etc/sysconfig/network").unwrap();
        assert_eq!(text.as_deref(), Some("NETWORKING=yes\nHOSTNAME=new\n"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(hostname(&host(), json!({"name": "x".repeat(65)}))["failed"], true);
        assert_eq!(hostname(&host(), json!({"name": "x", "use": "solaris"}))["failed"], true);
        let failing = host().answer("hostname x", 1, "no");
        let result = hostname(&failing, json!({"name": "x", "use": "generic"}));
        assert_eq!(result["msg"], "Command failed rc=1, out=no, err=");
    }
}
