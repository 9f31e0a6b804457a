//! The ad-hoc command that a line stands for: a process of its own, whose connections stay for the next one.

use std::{
    ffi::OsString,
    io::IsTerminal as _,
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

use crate::{
    cli::{
        args::{CommonOptions, ConsoleOptions},
        prepare::{ERROR, Refusal},
    },
    diagnostic::Diagnostic,
};

/// Runs this program with other words, and waits for its end.
pub(super) fn program(words: &[OsString], surroundings: &[(&str, String)]) -> Result<(), Refusal> {
    let broken = |error: std::io::Error| {
        Refusal::new(ERROR, Diagnostic::bare(format!("cannot run windlass: {error}")))
    };
    let mut child = Command::new(std::env::current_exe().map_err(broken)?);
    // The name says which command runs, whatever the file is called.
    child.arg0("windlass").args(words).envs(surroundings.iter().map(|(name, value)| (name, value)));
    if !std::io::stdin().is_terminal() {
        // The input is the console's own.
        child.stdin(Stdio::null());
    }
    child.status().map(drop).map_err(broken)
}

/// Settings that would add to what the console is set to.
pub(super) fn surroundings(options: &ConsoleOptions) -> [(&'static str, String); 4] {
    let common = &options.common;
    [
        ("ANSIBLE_BECOME", common.r#become.enabled.to_string()),
        ("ANSIBLE_DIFF_ALWAYS", common.diff.to_string()),
        ("ANSIBLE_VERBOSITY", common.verbosity.to_string()),
        ("ANSIBLE_ASK_VAULT_PASS", "false".to_owned()),
    ]
}

/// The words of the ad-hoc command.
pub(super) fn words(
    options: &ConsoleOptions,
    hosts: &str,
    module: &str,
    arguments: &str,
) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["run".into()];
    let mut add = |name: &str, value: Option<OsString>| {
        if let Some(value) = value {
            let mut word = OsString::from(format!("--{name}="));
            word.push(value);
            words.push(word);
        }
    };
    of_hosts(&options.common, &mut add);
    of_logins(&options.common, &mut add);
    add("playbook-dir", options.playbook_dir.clone().map(Into::into));
    add("task-timeout", Some(options.task_timeout.to_string().into()));
    add("module-name", Some(module.into()));
    if !arguments.is_empty() {
        add("args", Some(arguments.into()));
    }
    for (is_set, word) in [
        (options.common.check, "--check"),
        (options.common.diff, "--diff"),
        (options.common.r#become.enabled, "--become"),
    ] {
        if is_set {
            words.push(word.into());
        }
    }
    words.extend(["--".into(), hosts.into()]);
    words
}

/// Which hosts there are, and with which variables.
fn of_hosts(common: &CommonOptions, add: &mut impl FnMut(&str, Option<OsString>)) {
    let all = |name: &str, given: &[String], add: &mut dyn FnMut(&str, Option<OsString>)| {
        for one in given {
            add(name, Some(one.into()));
        }
    };
    all("inventory", &common.inventory.sources, add);
    add("limit", common.inventory.limit.clone().map(Into::into));
    all("extra-vars", &common.runtime.extra_vars, add);
    all("module-path", &common.runtime.module_path, add);
    all("vault-id", &common.vault.vault_ids, add);
    all("vault-password-file", &common.vault.password_files, add);
    add("forks", common.runtime.forks.map(|forks| forks.to_string().into()));
}

/// How hosts are reached, and as whom.
fn of_logins(common: &CommonOptions, add: &mut impl FnMut(&str, Option<OsString>)) {
    let (connection, r#become) = (&common.connection, &common.r#become);
    add("private-key", connection.private_key_file.clone().map(Into::into));
    add("connection-password-file", connection.connection_password_file.clone().map(Into::into));
    add("become-password-file", r#become.password_file.clone().map(Into::into));
    add("timeout", connection.timeout.map(|seconds| seconds.to_string().into()));
    for (name, value) in [
        ("user", &connection.remote_user),
        ("connection", &connection.connection),
        ("ssh-common-args", &connection.ssh_common_args),
        ("sftp-extra-args", &connection.sftp_extra_args),
        ("scp-extra-args", &connection.scp_extra_args),
        ("ssh-extra-args", &connection.ssh_extra_args),
        ("become-method", &r#become.method),
        ("become-user", &r#become.user),
    ] {
        add(name, value.clone().map(Into::into));
    }
}
