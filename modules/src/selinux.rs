//! `selinux`: the mode and policy of SELinux, now and at boot.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Sets the mode and the policy of SELinux
#[derive(Args)]
#[args(collection = "ansible.posix")]
pub struct Args {
    /// Policy to use, such as `targeted`
    policy: Option<String>,
    /// Mode
    state: State,
    /// File that has the mode and the policy for the next boot
    #[arg(default = "/etc/selinux/config", alias = "conf", alias = "file")]
    configfile: String,
    /// Whether the kernel's command line is changed, too
    #[arg(default = "false")]
    update_kernel_param: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Enforcing,
    Permissive,
    Disabled,
}

#[expect(clippy::too_many_lines, reason = "the order of its steps is what it is about")]
pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let config = &args.configfile;
    let Some(text) = host.read_text(config)? else {
        return Err(Failure::new(format!("Unable to find file {config}")).with(
            "details",
            "Please install SELinux-policy package, if this package is not installed previously.",
        ));
    };
    let enabled = host.is_folder("/sys/fs/selinux") && host.exists("/sys/fs/selinux/enforce");
    let now = match (enabled, host.line("/sys/fs/selinux/enforce").as_deref()) {
        (false, _) => State::Disabled,
        (true, Some("1")) => State::Enforcing,
        (true, _) => State::Permissive,
    };
    let configured = |key: &str| {
        let mut lines = text.lines().map(str::trim);
        lines
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim().to_owned())
    };
    let (state_before, policy_before) = (configured("SELINUX"), configured("SELINUXTYPE"));
    let policy = args.policy.as_deref().filter(|policy| !policy.is_empty());
    if policy.is_none() && args.state != State::Disabled {
        return Err(Failure::new("Policy is required if state is not 'disabled'"));
    }
    let state = args.state.as_str();
    let policy =
        policy.map(ToOwned::to_owned).or_else(|| policy_before.clone()).unwrap_or_default();
    let mut messages = Vec::new();
    let mut reboot = false;
    let mut changed = false;
    if args.policy.is_some() && policy_before.as_deref() != Some(&policy) {
        if !host.is_folder(format!("/etc/selinux/{policy}")) {
            return Err(Failure::new(format!("Policy {policy} does not exist in /etc/selinux/")));
        }
        messages.push(format!(
            "SELinux policy configuration in '{config}' changed from '{}' to '{policy}'",
            policy_before.unwrap_or_default()
        ));
        changed = true;
    }
    if now != args.state {
        match (now, args.state) {
            (State::Disabled, _) => {
                reboot = true;
                if state_before.as_deref() != Some(state) {
                    messages.push(
                        "Reboot is required to set SELinux state to '".to_owned() + state + "'",
                    );
                }
            }
            // The running kernel cannot be without it any more; it lets everything pass until the next boot.
            (_, State::Disabled) => {
                if now == State::Enforcing {
                    set(false, host)?;
                    messages.push("SELinux state temporarily changed from 'enforcing' to 'permissive'. State change will take effect next reboot.".to_owned());
                    changed = true;
                }
                reboot = true;
            }
            (_, wanted) => {
                set(wanted == State::Enforcing, host)?;
                messages
                    .push(format!("SELinux state changed from '{}' to '{state}'", now.as_str()));
                changed = true;
            }
        }
    }
    if state_before.as_deref() != Some(state) {
        messages.push(format!(
            "Config SELinux state changed from '{}' to '{state}'",
            state_before.unwrap_or_default()
        ));
        changed = true;
    }
    let text = with(&with(&text, "SELINUX", state), "SELINUXTYPE", &policy);
    let written = host.read_text(config)?.as_deref() != Some(&text);
    if written && changed {
        host.replace(config, None, |file| std::io::Write::write_all(file, text.as_bytes()))?;
    }
    if args.update_kernel_param && host.which("grubby").is_some() {
        let option = if args.state == State::Disabled {
            "--args=selinux=0"
        } else {
            "--remove-args=selinux"
        };
        let info = host.must(&Command::new(["grubby", "--info=ALL"]))?.text();
        let off = info.lines().any(|line| line.starts_with("args=") && line.contains("selinux=0"));
        if off != (args.state == State::Disabled) {
            host.must_change(&Command::new(["grubby", "--update-kernel=ALL", option]))?;
            changed = true;
        }
    }
    Ok(Outcome::changed_if(changed)
        .with("msg", messages.join(", "))
        .with("configfile", config.as_str())
        .with("policy", policy)
        .with("state", state)
        .with("reboot_required", reboot))
}

fn set(enforcing: bool, host: &Host) -> Result<()> {
    let number = if enforcing { "1" } else { "0" };
    host.must_change(&Command::new(["setenforce", number]))?;
    Ok(())
}

/// Returns the text with the setting in its line, or at the end.
fn with(text: &str, key: &str, value: &str) -> String {
    let is_setting =
        |line: &str| line.trim().strip_prefix(key).is_some_and(|rest| rest.starts_with('='));
    let mut found = false;
    let mut out = String::new();
    for line in text.lines() {
        if is_setting(line) {
            found = true;
            out.push_str(&format!("{key}={value}\n"));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    if !found && !value.is_empty() {
        out.push_str(&format!("{key}={value}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    const CONFIG: &str = "# c\nSELINUX=enforcing\nSELINUXTYPE=targeted\n";

    fn host(enforce: &str) -> TestHost {
        TestHost::with(&[
            ("/etc/selinux/config", CONFIG),
            ("/etc/selinux/targeted/x", ""),
            ("/sys/fs/selinux/enforce", enforce),
        ])
    }

    fn selinux(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("selinux").unwrap().run(&given, host))
    }

    #[test]
    fn what_is_set_stays() {
        let result = selinux(&host("1"), json!({"policy": "targeted", "state": "enforcing"}));
        assert_eq!(
            (&result["changed"], &result["reboot_required"]),
            (&json!(false), &json!(false))
        );
    }

    #[test]
    fn the_mode_changes_now_and_at_boot() {
        let host = host("1").answer("setenforce 0", 0, "");
        let result = selinux(&host, json!({"policy": "targeted", "state": "permissive"}));
        assert_eq!(
            result["msg"],
            "SELinux state changed from 'enforcing' to 'permissive', Config SELinux state changed from 'enforcing' to 'permissive'"
        );
        let text = host.read_text("/etc/selinux/config").unwrap();
        assert_eq!(text.as_deref(), Some("# c\nSELINUX=permissive\nSELINUXTYPE=targeted\n"));
    }

    #[test]
    fn turning_it_off_needs_a_boot() {
        let host = host("0").check();
        let result = selinux(&host, json!({"state": "disabled"}));
        assert_eq!((&result["changed"], &result["reboot_required"]), (&json!(true), &json!(true)));
        assert_eq!(host.read_text("/etc/selinux/config").unwrap().as_deref(), Some(CONFIG));
    }

    #[test]
    fn what_is_missing_is_named() {
        let bare = TestHost::with(&[]);
        assert_eq!(
            selinux(&bare, json!({"state": "disabled"}))["msg"],
            "Unable to find file /etc/selinux/config"
        );
        assert_eq!(
            selinux(&host("1"), json!({"state": "enforcing"}))["msg"],
            "Policy is required if state is not 'disabled'"
        );
        assert_eq!(
            selinux(&host("1"), json!({"state": "enforcing", "policy": "mls"}))["msg"],
            "Policy mls does not exist in /etc/selinux/"
        );
    }
}
