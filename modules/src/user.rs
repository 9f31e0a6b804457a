//! `user`: accounts.
//!
//! Invariant: what an account is like is read from the databases; only changes start a tool.

mod change;
mod create;
mod local;
mod membership;
mod password;
mod ssh_key;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Output, Result, User},
    spec::ArgPath,
};

/// Manages accounts
///
/// # Examples
/// ```yaml
/// - name: Have an account for the shop, without a login
///   ansible.builtin.user:
///     name: shop
///     system: true
///     home: /srv/shop
///     shell: /usr/sbin/nologin
///
/// - name: Have accounts for the team
///   ansible.builtin.user:
///     name: "{{ item.name }}"
///     comment: "{{ item.full_name }}"
///     password: "{{ item.password | password_hash('sha512') }}"
///     update_password: on_create
///     groups: [editors, sudo]
///     append: true
///   loop: "{{ team }}"
///   no_log: true
///
/// - name: Remove somebody who left, with the home folder
///   ansible.builtin.user:
///     name: bob
///     state: absent
///     remove: true
/// ```
#[derive(Args)]
pub struct Args {
    /// Name of the account
    #[arg(alias = "user")]
    name: String,
    /// Whether the account should be there
    #[arg(default = "present")]
    state: Presence,
    /// Number of the account
    uid: Option<i64>,
    /// Whether the number may be another account's
    #[arg(default = "false")]
    non_unique: bool,
    /// Name or number of the primary group; a new account's own when absent
    group: Option<String>,
    /// Further groups; an empty list takes the account out of all
    groups: Option<Vec<String>>,
    /// Whether `groups` are added to those that the account has
    #[arg(default = "false")]
    append: bool,
    /// Description, often the full name
    comment: Option<String>,
    /// Home folder
    home: Option<ArgPath>,
    /// Whether a missing home folder is made
    #[arg(default = "true", alias = "createhome")]
    create_home: bool,
    /// Whether the old home folder moves to the new one's place
    #[arg(default = "false")]
    move_home: bool,
    /// Folder that a new home folder is a copy of
    skeleton: Option<String>,
    /// Umask for a new home folder
    umask: Option<String>,
    /// Login shell
    shell: Option<ArgPath>,
    /// Hash of the password, as `password_hash` makes it
    #[arg(secret)]
    password: Option<String>,
    /// Whether the password of an account that exists is changed
    #[arg(default = "always")]
    update_password: UpdatePassword,
    /// Whether the password is locked
    password_lock: Option<bool>,
    /// Days after which the password must change
    password_expire_max: Option<i64>,
    /// Days that must pass between two changes of the password
    password_expire_min: Option<i64>,
    /// Days of warning before the password expires
    password_expire_warn: Option<i64>,
    /// Days after the password's end until the account is disabled
    password_expire_account_disable: Option<i64>,
    /// When the account expires, in seconds since 1970; negative for never
    expires: Option<f64>,
    /// Whether a new account's number is from the system's range
    #[arg(default = "false")]
    system: bool,
    /// Whether to use the tools that change local files only
    #[arg(default = "false")]
    local: bool,
    /// Whether to remove an account that is in use, or to replace an SSH key
    #[arg(default = "false")]
    force: bool,
    /// Whether the home folder goes with the account
    #[arg(default = "false")]
    remove: bool,
    /// Smallest number of a new account
    uid_min: Option<i64>,
    /// Largest number of a new account
    uid_max: Option<i64>,
    /// `SELinux` user of a new account
    seuser: Option<String>,
    /// Whether to make an SSH key for the account
    #[arg(default = "false")]
    generate_ssh_key: bool,
    /// Size of the SSH key in bits; ssh-keygen's own choice when absent
    #[arg(default = "0")]
    ssh_key_bits: i64,
    /// Type of the SSH key
    #[arg(default = "rsa")]
    ssh_key_type: String,
    /// File of the SSH key, in the home folder where it is relative
    ssh_key_file: Option<ArgPath>,
    /// Comment in the SSH key
    #[arg(default = "ansible-generated on $HOSTNAME")]
    ssh_key_comment: String,
    /// Passphrase of the SSH key; none when absent
    #[arg(secret)]
    ssh_key_passphrase: Option<String>,
    /// Authorizations; only on Solaris
    #[expect(dead_code, reason = "only other systems have it")]
    authorization: Option<String>,
    /// Whether macOS hides the account
    #[expect(dead_code, reason = "only other systems have it")]
    hidden: Option<bool>,
    /// Login class; only on BSD
    #[expect(dead_code, reason = "only other systems have it")]
    login_class: Option<String>,
    /// Profiles; only on Solaris
    #[expect(dead_code, reason = "only other systems have it")]
    profile: Option<String>,
    /// Roles; only on Solaris
    #[expect(dead_code, reason = "only other systems have it")]
    role: Option<String>,
}

/// Whether something should be there.
#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum UpdatePassword {
    Always,
    OnCreate,
}

/// What was done: `None` for nothing, `Some(None)` for what check mode left out.
pub(crate) type Done = Option<Option<Output>>;

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    fits_local(&args)?;
    warn_about(&args, host);
    let existing = find(&args, host);
    // Nothing is looked at that only a change needs.
    if host.checking() && (args.state == Presence::Present) == existing.is_none() {
        return Ok(Outcome::changed_if(true));
    }
    match (args.state, existing) {
        (Presence::Absent, None) => Ok(named(&args, false)),
        (Presence::Absent, Some(user)) => {
            host.end_helpers_of(user.uid);
            remove(&args, host)
        }
        (Presence::Present, None) => {
            let done = create::create(&args, host)?;
            let outcome = printed(named(&args, true), &args, &done)?
                .with("system", args.system)
                .with("create_home", args.create_home);
            present(&args, outcome, None, host)
        }
        (Presence::Present, Some(user)) => {
            let done = change::change(&args, &user, host)?;
            let changed = done.iter().any(Option::is_some);
            let mut outcome = named(&args, changed);
            for done in &done {
                outcome = printed(outcome, &args, done)?;
            }
            let outcome = outcome.with("append", args.append).with("move_home", args.move_home);
            present(&args, outcome, Some(user), host)
        }
    }
}

fn warn_about(args: &Args, host: &Host) {
    if let Some(password) = &args.password
        && !password::looks_hashed(password)
    {
        host.warn(
            "The input password appears not to have been hashed. The 'password' argument must be encrypted for this module to work properly.",
        );
    }
    if args.append && args.groups.is_none() {
        host.warn(
            "'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups.This will change to an error in Ansible 2.14.",
        );
    }
}

/// What the programs for local accounts do not have is refused before anything is looked at.
fn fits_local(args: &Args) -> Result<()> {
    let given = [
        ("umask", args.umask.is_some()),
        ("uid_min", args.uid_min.is_some()),
        ("uid_max", args.uid_max.is_some()),
    ];
    match given.iter().find(|(_, is_given)| args.local && *is_given) {
        Some((name, _)) => Err(Failure::new(format!("'{name}' can not be used with 'local'"))),
        None => Ok(()),
    }
}

fn find(args: &Args, host: &Host) -> Option<User> {
    if args.local {
        return host.local_users().into_iter().find(|user| user.name == args.name);
    }
    host.user(&args.name)
}

fn named(args: &Args, changed: bool) -> Outcome {
    Outcome::changed_if(changed).with("name", args.name.as_str()).with("state", args.state.as_str())
}

/// Adds what a tool printed; a tool that failed fails the task.
fn printed(outcome: Outcome, args: &Args, done: &Done) -> Result<Outcome> {
    let Some(Some(output)) = done else { return Ok(outcome) };
    if !output.success() {
        return Err(Failure::new(output.error_text())
            .with("name", args.name.as_str())
            .with("rc", output.status));
    }
    let mut outcome = outcome;
    for (key, text) in [("stdout", output.text()), ("stderr", output.error_text())] {
        if !text.is_empty() {
            let before = outcome.values.get(key).and_then(|text| text.as_str()).unwrap_or_default();
            let text = format!("{before}{text}");
            outcome = outcome.with(key, text);
        }
    }
    Ok(outcome)
}

fn remove(args: &Args, host: &Host) -> Result<Outcome> {
    let mut words;
    if host.which("userdel").is_none() && host.which("deluser").is_some() {
        words = vec!["deluser".to_owned()];
        words.extend(args.remove.then(|| "--remove-home".to_owned()));
    } else {
        words = vec![host.required(if args.local { "luserdel" } else { "userdel" })?];
        words.extend((args.force && !args.local).then(|| "-f".to_owned()));
        words.extend(args.remove.then(|| "-r".to_owned()));
    }
    words.push(args.name.clone());
    let done = host.change(&crate::host::Command::new(words))?;
    let outcome = named(args, true).with("force", args.force).with("remove", args.remove);
    printed(outcome, args, &Some(done))
}

/// Completes the result for an account that is there: home folder, SSH key, what it is like now.
fn present(args: &Args, outcome: Outcome, before: Option<User>, host: &Host) -> Result<Outcome> {
    let mut outcome = outcome;
    let unchanged = before.filter(|_| !outcome.changed || host.checking());
    let Some(user) = unchanged.or_else(|| find(args, host)) else { return Ok(outcome) };
    if args.create_home && !user.home.is_empty() && !host.exists(&user.home) {
        create::home_folder(args, &user.home, (user.uid, user.gid), host)?;
        outcome.changed = true;
    }
    outcome = outcome
        .with("uid", user.uid)
        .with("group", user.gid)
        .with("comment", user.comment.as_str())
        .with("home", user.home.as_str())
        .with("shell", user.shell.as_str());
    if let Some(groups) = &args.groups {
        outcome = outcome.with("groups", groups.join(","));
    }
    if args.password.is_some() {
        outcome = outcome.with("password", "NOT_LOGGING_PASSWORD");
    }
    if args.generate_ssh_key {
        outcome = ssh_key::make(args, &user, outcome, host)?;
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests;
