//! Calls of apt-get and aptitude, and what their output says.

use serde_json::json;

use super::{Args, Upgrade};
use crate::host::{Command, Failure, Host, Outcome, Output, Result, split_words};

/// What apt-get says when it has nothing to do.
pub(super) const NOTHING: &str = "\n0 upgraded, 0 newly installed";

/// Runs a line of apt's tools with the environment that keeps them from asking.
pub(super) fn call(line: &str, host: &Host) -> Result<Output> {
    let words = split_words(line)
        .map_err(|reason| Failure::new(format!("cannot read the command `{line}`: {reason}")))?;
    let mut command = Command::new(words).env("DEBIAN_FRONTEND", "noninteractive");
    for name in ["LANG", "LC_ALL", "LC_MESSAGES", "LC_CTYPE"] {
        command = command.env(name, "C.UTF-8");
    }
    host.run(&command.env("DEBIAN_PRIORITY", "critical"))
}

/// Returns apt-get's path as messages show it.
pub(super) fn apt_get(host: &Host) -> String {
    host.which("apt-get").unwrap_or_else(|| "/usr/bin/apt-get".to_owned())
}

/// Returns the options for dpkg, and how long to wait for its lock.
pub(super) fn options(args: &Args) -> String {
    let mut text = String::new();
    for option in args.dpkg_options.split(',').filter(|option| !option.is_empty()) {
        text.push_str(&format!("-o \"Dpkg::Options::=--{option}\" "));
    }
    format!("{text}-o DPkg::Lock::Timeout={}", args.lock_timeout)
}

/// Returns the option where `when`, nothing otherwise: messages show the gap as the reference's do.
pub(super) fn flag(when: bool, option: &str) -> &str {
    if when { option } else { "" }
}

/// Returns an outcome with what apt printed.
pub(super) fn printed(changed: bool, output: &Output) -> Outcome {
    Outcome::changed_if(changed).with("stdout", output.text()).with("stderr", output.error_text())
}

/// Returns a failure with what apt printed.
pub(super) fn failed(line: &str, output: &Output) -> Failure {
    Failure::new(format!("'{line}' failed: {}", output.error_text()))
        .with("stdout", output.text())
        .with("stderr", output.error_text())
        .with("rc", output.status)
}

/// Adds the part of the output that says what is going to change; nothing of it where nobody wants to see it.
pub(super) fn with_diff(outcome: Outcome, output: &str, host: &Host) -> Outcome {
    let diff = if host.diffing() { json!({ "prepared": prepared(output) }) } else { json!({}) };
    outcome.with("diff", diff)
}

/// Returns the part of the output that says what is going to change.
pub(super) fn prepared(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let start = ["Resolving dependencies...", "Reading state information..."]
        .iter()
        .find_map(|marker| lines.iter().position(|line| line == marker));
    let is_count = |line: &&str| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < line.len()
            && (rest.starts_with(" upgraded") || rest.starts_with(" packages upgraded"))
    };
    let end = lines.iter().position(is_count).map_or(lines.len(), |at| at + 1);
    let from = start.map_or(0, |at| at + 1);
    lines.get(from..end).unwrap_or_default().join("\n")
}

/// Empties the cache of downloaded packages.
pub(super) fn clean(host: &Host) -> Result<Outcome> {
    let mut output = Output::default();
    if !host.checking() {
        let line = format!("{} clean", apt_get(host));
        output = call(&line, host)?;
        if !output.success() {
            return Err(failed("apt-get clean", &output));
        }
    }
    Ok(printed(true, &output).with("msg", output.text()))
}

/// Upgrades what is installed.
pub(super) fn upgrade(args: &Args, mode: Upgrade, host: &Host) -> Result<Outcome> {
    let aptitude = (!args.force_apt_get).then(|| host.which("aptitude")).flatten();
    let (tool, verb, nothing) = match (mode, aptitude) {
        (Upgrade::Full, Some(tool)) => {
            (tool, "full-upgrade".to_owned(), "\n0 packages upgraded, 0 newly installed")
        }
        (Upgrade::Safe | Upgrade::Yes, Some(tool)) => {
            (tool, "safe-upgrade".to_owned(), "\n0 packages upgraded, 0 newly installed")
        }
        (Upgrade::Safe | Upgrade::Yes, None) => {
            let autoremove = flag(args.autoremove, "--auto-remove");
            (apt_get(host), format!("upgrade --with-new-pkgs {autoremove}"), NOTHING)
        }
        _ => {
            let autoremove = flag(args.autoremove, "--auto-remove");
            (apt_get(host), format!("dist-upgrade {autoremove}"), NOTHING)
        }
    };
    let force = match (args.force, tool.ends_with("aptitude")) {
        (true, true) => "--assume-yes --allow-untrusted",
        (true, false) => "--force-yes",
        _ => "",
    };
    let line = format!(
        "{tool} -y {} {force} {} {} {} {} {verb}",
        options(args),
        flag(args.fail_on_autoremove, "--no-remove"),
        flag(args.allow_unauthenticated, "--allow-unauthenticated"),
        flag(args.allow_downgrade, "--allow-downgrades"),
        flag(host.checking(), "--simulate"),
    );
    let line = match args.release() {
        Some(release) => format!("{line} -t '{release}'"),
        None => line,
    };
    let output = call(&line, host)?;
    if !output.success() {
        let name = tool.rsplit('/').next().unwrap_or_default();
        return Err(failed(&format!("{name} {verb}"), &output));
    }
    let changed = !output.text().contains(nothing);
    let outcome = printed(changed, &output).with("msg", output.text());
    Ok(if changed { with_diff(outcome, &output.text(), host) } else { outcome })
}

/// Runs `autoremove` or `autoclean` on its own.
pub(super) fn tidy(args: &Args, operation: &str, host: &Host) -> Result<Outcome> {
    let line = format!(
        "{} -y {} {} {} {operation} {}",
        apt_get(host),
        options(args),
        flag(args.purge, "--purge"),
        flag(args.force, "--force-yes"),
        flag(host.checking(), "--simulate"),
    );
    let output = call(&line, host)?;
    if !output.success() {
        return Err(failed(&format!("apt-get {operation}"), &output));
    }
    let sign = match operation {
        "autoremove" => "The following packages will be REMOVED",
        _ => "Del ",
    };
    let changed = output.text().contains(sign);
    Ok(with_diff(printed(changed, &output), &output.text(), host))
}
