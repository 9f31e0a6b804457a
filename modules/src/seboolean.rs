//! `seboolean`: switches of SELinux's policy.

use windlass_macros::Args;

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Turns switches of SELinux's policy on and off
///
/// # Examples
/// ```yaml
/// - name: Let the web server talk to the database, after the next boot, too
///   ansible.posix.seboolean:
///     name: httpd_can_network_connect_db
///     state: true
///     persistent: true
///
/// - name: Let it send no mail
///   ansible.posix.seboolean:
///     name: httpd_can_sendmail
///     state: false
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix")]
pub struct Args {
    /// Name of the switch
    name: String,
    /// Whether it stays so after the next boot
    #[arg(default = "false")]
    persistent: bool,
    /// Whether it is on
    state: bool,
    /// Whether to go on where SELinux is off
    #[arg(default = "false")]
    ignore_selinux_state: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let name = &args.name;
    let told = |changed: bool| {
        Outcome::changed_if(changed)
            .with("name", name.as_str())
            .with("persistent", args.persistent)
            .with("state", args.state)
    };
    if !host.exists("/sys/fs/selinux/booleans") {
        if !args.ignore_selinux_state {
            return Err(Failure::new("SELinux is disabled on this host."));
        }
        // What does not run has only what is kept.
        return if args.persistent { set(&args, host).map(told) } else { Ok(told(false)) };
    }
    let Some(text) = host.line(format!("/sys/fs/selinux/booleans/{name}")) else {
        return Err(Failure::new(format!("SELinux boolean {name} does not exist.")));
    };
    let on = text.split_whitespace().next() == Some("1");
    let kept = !args.persistent || stored(name, host) == Some(args.state);
    if on == args.state && kept {
        return Ok(told(false));
    }
    set(&args, host).map(told)
}

/// Returns what the switch is after a boot, where the policy's store says so.
fn stored(name: &str, host: &Host) -> Option<bool> {
    let config = host.text("/etc/selinux/config").unwrap_or_default();
    let policy = config
        .lines()
        .find_map(|line| line.trim().strip_prefix("SELINUXTYPE="))
        .unwrap_or("targeted");
    let text = host.text(format!("/var/lib/selinux/{policy}/active/booleans.local"))?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim() == "1")
}

fn set(args: &Args, host: &Host) -> Result<bool> {
    let mut words = vec![host.required("setsebool")?];
    if args.persistent {
        words.push("-P".to_owned());
    }
    if args.ignore_selinux_state {
        words.push("-N".to_owned());
    }
    words.extend([args.name.clone(), if args.state { "1" } else { "0" }.to_owned()]);
    match host.change(&Command::new(words))? {
        Some(output) if !output.success() => Err(Failure::new(format!(
            "Failed to set boolean {} to {}: {}",
            args.name,
            i32::from(args.state),
            output.error_text().trim()
        ))),
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    fn host() -> TestHost {
        TestHost::with(&[
            ("/sbin/setsebool", ""),
            ("/sys/fs/selinux/booleans/httpd_can_network_connect", "0 0"),
            ("/var/lib/selinux/targeted/active/booleans.local", "httpd_can_network_connect=0\n"),
        ])
        .executable(&["/sbin/setsebool"])
    }

    fn seboolean(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("seboolean").unwrap().run(&given, host))
    }

    const NAME: &str = "httpd_can_network_connect";

    #[test]
    fn a_switch_that_is_right_stays() {
        let given = json!({"name": NAME, "state": false, "persistent": true});
        assert_eq!(seboolean(&host(), given)["changed"], false);
    }

    #[test]
    fn switches_are_turned() {
        let host = host().answer(&format!("/sbin/setsebool -P {NAME} 1"), 0, "");
        let given = json!({"name": NAME, "state": true, "persistent": true});
        assert_eq!(
            seboolean(&host, given),
            json!({"changed": true, "name": NAME, "persistent": true, "state": true})
        );
        let given = json!({"name": NAME, "state": true});
        assert_eq!(seboolean(&host.check(), given)["changed"], true);
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert_eq!(
            seboolean(&host(), json!({"name": "none", "state": true}))["msg"],
            "SELinux boolean none does not exist."
        );
        let bare = TestHost::with(&[]);
        assert_eq!(
            seboolean(&bare, json!({"name": "x", "state": true}))["msg"],
            "SELinux is disabled on this host."
        );
    }
}
