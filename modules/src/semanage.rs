//! `semanage`, which changes what SELinux's policy says of this host.

use crate::host::{Command, Failure, Host, Result};

/// Fails where SELinux is off, unless that does not matter.
pub(crate) fn needs_selinux(ignored: bool, host: &Host) -> Result<()> {
    if ignored || host.exists("/sys/fs/selinux/booleans") {
        return Ok(());
    }
    Err(Failure::new("SELinux is disabled on this host."))
}

/// Returns the lines of a list (`fcontext`, `port`): everything, or only what this host has added.
pub(crate) fn listed(words: &[&str], host: &Host) -> Result<Vec<String>> {
    let text = call(words, &["-l", "-n"], host)?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect())
}

/// Changes the policy, and loads it unless it should not be; nothing happens in check mode.
pub(crate) fn change(words: &[&str], reload: bool, host: &Host) -> Result<()> {
    if host.checking() {
        return Ok(());
    }
    call(words, if reload { &[] } else { &["-N"] }, host).map(drop)
}

fn call(words: &[&str], more: &[&str], host: &Host) -> Result<String> {
    let program = host.required("semanage")?;
    let argv = [program.as_str()].into_iter().chain(words.iter().copied());
    let output = host.run(&Command::new(argv.chain(more.iter().copied())))?;
    if output.success() {
        return Ok(output.text());
    }
    // Its last line is what it failed with, those before are its library's.
    let error = output.error_text();
    Err(Failure::new(format!("{}\n", error.trim_end().lines().next_back().unwrap_or_default())))
}
