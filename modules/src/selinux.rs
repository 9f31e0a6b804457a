//! `selinux`: the mode and policy of SELinux, now and at boot.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, FileAttributes, Host, Outcome, Result, Rewrite};

/// Sets the mode and the policy of SELinux
///
/// Turning it off, or on again, needs a boot: the result then has `reboot_required`.
///
/// # Examples
/// ```yaml
/// - name: Enforce the policy
///   ansible.posix.selinux:
///     policy: targeted
///     state: enforcing
///   register: selinux
///
/// - name: Only report what would be denied
///   ansible.posix.selinux:
///     policy: targeted
///     state: permissive
/// ```
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

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let config = &args.configfile;
    let Some(text) = host.read_text(config)? else {
        return Err(Failure::new(format!("Unable to find file {config}")).with(
            "details",
            "Please install SELinux-policy package, if this package is not installed previously.",
        ));
    };
    let configured = |text: &str, key: &str| {
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(value.split('=').next().unwrap_or_default().trim().to_owned())
    };
    let (state_before, policy_before) =
        (configured(&text, "SELINUX"), configured(&text, "SELINUXTYPE"));
    let kernel_before = if args.update_kernel_param { Some(kernel(host)?) } else { None };
    let policy = args.policy.clone().filter(|policy| !policy.is_empty());
    if policy.is_none() && args.state != State::Disabled {
        return Err(Failure::new("Policy is required if state is not 'disabled'"));
    }
    let policy = policy.or_else(|| policy_before.clone());
    let shown = policy.clone().unwrap_or_else(|| "None".to_owned());
    let state = args.state.as_str();
    let mut messages = Vec::new();
    let mut written = text.clone();
    let running = host.text("/etc/selinux/config").unwrap_or_default();
    let running = configured(&running, "SELINUXTYPE").unwrap_or_else(|| "targeted".to_owned());
    let (is_other, is_new) = (policy.as_ref() != Some(&running), policy != policy_before);
    if host.checking() && (is_other || is_new) {
        return Ok(Outcome::changed_if(true));
    }
    if is_other {
        messages.push(format!("Running SELinux policy changed from '{running}' to '{shown}'"));
    }
    if is_new {
        if !host.exists(format!("/etc/selinux/{shown}/policy")) {
            return Err(Failure::new(format!("Policy {shown} does not exist in /etc/selinux/")));
        }
        written = with(&written, "SELINUXTYPE", &shown);
        let before = policy_before.as_deref().unwrap_or("None");
        messages.push(format!(
            "SELinux policy configuration in '{config}' changed from '{before}' to '{shown}'"
        ));
    }
    let (turned, reboot) = turn(&args, &mut messages, host)?;
    if state_before.as_deref() != Some(state) {
        written = with(&written, "SELINUX", state);
        let before = state_before.as_deref().unwrap_or("None");
        messages.push(format!("Config SELinux state changed from '{before}' to '{state}'"));
    }
    if written != text {
        let attributes = FileAttributes::default();
        let how = Rewrite { validate: None, attributes: &attributes, create_folders: false };
        host.rewrite_here(config, written.as_bytes(), &how)?;
    }
    if let Some(before) = kernel_before {
        messages.extend(boot(&args, before, host)?);
    }
    Ok(Outcome::changed_if(turned || !messages.is_empty())
        .with("msg", messages.join(", "))
        .with("configfile", config.as_str())
        .with("policy", policy)
        .with("state", state)
        .with("reboot_required", reboot))
}

/// Changes the mode of the running kernel as far as it can be; whether it did, and whether the rest needs a boot.
fn turn(args: &Args, messages: &mut Vec<String>, host: &Host) -> Result<(bool, bool)> {
    let enabled = host.is_folder("/sys/fs/selinux") && host.exists("/sys/fs/selinux/enforce");
    let now = match (enabled, host.line("/sys/fs/selinux/enforce").as_deref()) {
        (false, _) => State::Disabled,
        (true, Some("1")) => State::Enforcing,
        (true, _) => State::Permissive,
    };
    let wanted = args.state.as_str();
    Ok(match (now, args.state) {
        (now, state) if now == state => (false, false),
        (State::Disabled, _) => {
            host.warn(format!("Reboot is required to set SELinux state to '{wanted}'"));
            (false, true)
        }
        // The running kernel cannot be without it any more; it lets everything pass until the next boot.
        (State::Enforcing, State::Disabled) => {
            set(false, host)?;
            host.warn("SELinux state temporarily changed from 'enforcing' to 'permissive'. State change will take effect next reboot.");
            (true, true)
        }
        (_, State::Disabled) => {
            host.warn("SELinux state change will take effect next reboot");
            (false, true)
        }
        (_, state) => {
            set(state == State::Enforcing, host)?;
            let now = now.as_str();
            messages.push(format!("SELinux state changed from '{now}' to '{wanted}'"));
            (true, false)
        }
    })
}

/// Returns whether all kernels start with SELinux, or none, if they agree.
fn kernel(host: &Host) -> Result<Option<bool>> {
    let Some(grubby) = host.which("grubby") else {
        return Err(Failure::new("'grubby' command not found on host").with(
            "details",
            "In order to update the kernel command lineenabled/disabled setting, the grubby packageneeds to be present on the system.",
        ));
    };
    let output = host.run(&Command::new([grubby.as_str(), "--info=ALL"]))?;
    if !output.success() {
        return Err(Failure::new("unable to run grubby"));
    }
    let text = output.text();
    let off = text
        .lines()
        .filter_map(|line| line.strip_prefix("args=\"")?.strip_suffix('"'))
        .map(|words| words.split(' ').any(|word| word == "selinux=0"));
    let (mut all_on, mut all_off) = (true, true);
    for off in off {
        if off {
            all_on = false;
        } else {
            all_off = false;
        }
    }
    Ok((all_on != all_off).then_some(all_on))
}

/// Makes all kernels start with SELinux, or without.
fn boot(args: &Args, before: Option<bool>, host: &Host) -> Result<Option<String>> {
    let wanted = args.state != State::Disabled;
    if before == Some(wanted) {
        return Ok(None);
    }
    let option = if wanted { "--remove-args" } else { "--args" };
    let command = Command::new(["grubby", "--update-kernel=ALL", option, "selinux=0"]);
    if host.change(&command)?.is_some_and(|output| !output.success()) {
        let verb = if wanted { "remove selinux=0 from" } else { "add selinux=0 to" };
        return Err(Failure::new(format!("unable to {verb} kernel config")));
    }
    let (from, to) = if wanted { ("disabled", "enabled") } else { ("enabled", "disabled") };
    let from = if before.is_none() { "<inconsistent>" } else { from };
    Ok(Some(format!("Kernel SELinux state changed from '{from}' to '{to}'")))
}

fn set(enforcing: bool, host: &Host) -> Result<()> {
    let number = if enforcing { "1" } else { "0" };
    host.must_change(&Command::new(["setenforce", number]))?;
    Ok(())
}

/// Returns the text with the setting in its line, or at the end.
fn with(text: &str, key: &str, value: &str) -> String {
    let is_setting = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with('='));
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
            ("/etc/selinux/targeted/policy/x", ""),
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
    #[test]
    fn what_needs_a_boot_is_a_warning() {
        let host = TestHost::with(&[("/etc/selinux/config", CONFIG)]);
        let result = selinux(&host, json!({"policy": "targeted", "state": "enforcing"}));
        assert_eq!((&result["changed"], &result["msg"]), (&json!(false), &json!("")));
        let warnings = json!(["Reboot is required to set SELinux state to 'enforcing'"]);
        assert_eq!(result["warnings"], warnings);
        let check = host.check();
        let result = selinux(&check, json!({"policy": "mls", "state": "enforcing"}));
        assert_eq!(result, json!({"changed": true}));
    }

    #[test]
    fn kernels_are_started_with_it() {
        let grubby = |info: &str| {
            TestHost::with(&[("/etc/selinux/config", CONFIG), ("/sbin/grubby", "")])
                .executable(&["/sbin/grubby"])
                .answer("/sbin/grubby --info=ALL", 0, info)
                .answer("grubby --update-kernel=ALL --remove-args selinux=0", 0, "")
        };
        let args = json!({"policy": "targeted", "state": "enforcing", "update_kernel_param": true});
        let result = selinux(&grubby("args=\"ro selinux=0\"\nargs=\"ro\"\n"), args.clone());
        assert_eq!(
            result["msg"],
            "Kernel SELinux state changed from '<inconsistent>' to 'enabled'"
        );
        assert_eq!(selinux(&grubby("args=\"ro\"\n"), args)["changed"], false);
    }
}
