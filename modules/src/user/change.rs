//! Accounts that exist.

use super::{Args, Done, UpdatePassword, create, local, membership, password};
use crate::host::{Command, Host, Result, Shadow, User};

/// Changes what is not as wanted; returns what each tool did.
pub(super) fn change(args: &Args, user: &User, host: &Host) -> Result<Vec<Done>> {
    if args.local {
        host.required("lgroupmod")?;
    }
    let shadow = host.shadow(&args.name)?;
    let new_password = new_password(args, shadow.as_ref());
    let mut words = basics(args, user, host)?;
    words.extend(expiry(args, shadow.as_ref()));
    words.extend(match &new_password {
        Some(password) => password::option(password, host),
        None => lock(args, shadow.as_ref()),
    });
    let mut done = Vec::new();
    if !words.is_empty() {
        if args.local {
            if words.iter().any(|option| matches!(option.as_str(), "-u" | "-d")) {
                // It refuses users who run something.
                host.end_helpers_of(user.uid);
            }
            done.extend(local::modify(args, words, host)?);
        } else {
            done.push(modify(args, user.uid, words, host)?);
        }
    }
    if failed(&done) {
        return Ok(done);
    }
    if let Some(password) = &new_password {
        done.push(password::set(&args.name, password, host)?);
    }
    done.push(aging(args, shadow.as_ref(), host)?);
    Ok(done)
}

fn failed(done: &[Done]) -> bool {
    done.iter().flatten().flatten().any(|output| !output.success())
}

fn modify(args: &Args, uid: u32, options: Vec<String>, host: &Host) -> Result<Done> {
    if host.which("usermod").is_none() && host.which("adduser").is_some() {
        return busybox(args, &options, host);
    }
    let mut words = vec![host.required("usermod")?];
    if options.iter().any(|option| matches!(option.as_str(), "-u" | "-d")) {
        // It refuses users who run something.
        host.end_helpers_of(uid);
    }
    words.extend(options);
    words.push(args.name.clone());
    host.change(&Command::new(words)).map(Some)
}

/// Number, groups, comment, home and shell.
fn basics(args: &Args, user: &User, host: &Host) -> Result<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    if let Some(uid) = args.uid.filter(|uid| *uid != i64::from(user.uid)) {
        words.extend(["-u".to_owned(), uid.to_string()]);
        words.extend(args.non_unique.then(|| "-o".to_owned()));
    }
    if let Some(group) = &args.group {
        let group = membership::group(group, host)?;
        if group.gid != user.gid {
            words.extend(["-g".to_owned(), group.gid.to_string()]);
        }
    }
    words.extend(membership::options(args, host)?);
    let mut differs = |option: &str, wanted: Option<&str>, current: &str| match wanted {
        Some(wanted) if wanted != current => {
            words.extend([option.to_owned(), wanted.to_owned()]);
            true
        }
        _ => false,
    };
    differs("-c", args.comment.as_deref(), &user.comment);
    let moved = differs("-d", args.home.as_deref(), &user.home);
    if moved && args.move_home {
        words.push("-m".to_owned());
    }
    let mut differs = |option: &str, wanted: Option<&str>, current: &str| {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != current) {
            words.extend([option.to_owned(), wanted.to_owned()]);
        }
    };
    differs("-s", args.shell.as_deref(), &user.shell);
    Ok(words)
}

/// The account's last day, and how long it outlives its password.
fn expiry(args: &Args, shadow: Option<&Shadow>) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(seconds) = args.expires {
        let current = shadow.and_then(|shadow| shadow.expires);
        let differs = if seconds < 0.0 {
            // An account without an entry gets one by this.
            shadow.is_none() || current.is_some_and(|day| day >= 0)
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
            let day = (seconds as i64).div_euclid(86_400);
            current != Some(day)
        };
        if differs {
            words.extend(["-e".to_owned(), create::expiry(seconds)]);
        }
    }
    // The reference sets it each time, and calls that a change.
    if let Some(days) = args.password_expire_account_disable {
        words.extend(["-f".to_owned(), days.to_string()]);
    }
    words
}

/// Returns the hash to set when it is not the one that is there, locked or not.
fn new_password(args: &Args, shadow: Option<&Shadow>) -> Option<String> {
    let wanted = args.password.as_ref()?;
    if args.update_password != UpdatePassword::Always {
        return None;
    }
    let current = shadow.map(|shadow| shadow.password.as_str()).unwrap_or_default();
    let differs = current.trim_start_matches('!') != wanted.trim_start_matches('!');
    differs.then(|| locked(wanted, args.password_lock))
}

/// Returns the hash with the mark that locks it, where that is asked for.
pub(super) fn locked(password: &str, lock: Option<bool>) -> String {
    if lock == Some(true) { format!("!{password}") } else { password.to_owned() }
}

fn lock(args: &Args, shadow: Option<&Shadow>) -> Vec<String> {
    let is_locked = shadow.is_some_and(|shadow| shadow.password.starts_with('!'));
    match args.password_lock {
        Some(true) if !is_locked => vec!["-L".to_owned()],
        Some(false) if is_locked => vec!["-U".to_owned()],
        _ => Vec::new(),
    }
}

/// Sets how the password ages where that differs.
pub(super) fn aging(args: &Args, shadow: Option<&Shadow>, host: &Host) -> Result<Done> {
    let mut words = Vec::new();
    for (option, wanted, current) in [
        ("-m", args.password_expire_min, shadow.and_then(|shadow| shadow.min)),
        ("-M", args.password_expire_max, shadow.and_then(|shadow| shadow.max)),
        ("-W", args.password_expire_warn, shadow.and_then(|shadow| shadow.warn)),
    ] {
        if let Some(days) = wanted.filter(|days| current != Some(*days)) {
            words.extend([option.to_owned(), days.to_string()]);
        }
    }
    if words.is_empty() {
        return Ok(None);
    }
    let tool = host.required("chage")?;
    let words = std::iter::once(tool).chain(words).chain([args.name.clone()]);
    host.change(&Command::new(words)).map(Some)
}

/// Busybox can add to groups, and set passwords; nothing else of an account can be changed there.
fn busybox(args: &Args, options: &[String], host: &Host) -> Result<Done> {
    let mut done = None;
    if let Some(at) = options.iter().position(|option| option == "-G") {
        let current = membership::current(&args.name, host);
        let wanted: Vec<&str> =
            options[at + 1].split(',').filter(|name| !name.is_empty()).collect();
        for group in wanted.iter().filter(|name| !current.iter().any(|one| one == *name)) {
            done = Some(host.change(&Command::new(["adduser", args.name.as_str(), group]))?);
        }
        for group in current.iter().filter(|name| !args.append && !wanted.contains(&name.as_str()))
        {
            done = Some(host.change(&Command::new(["delgroup", args.name.as_str(), group]))?);
        }
    }
    if let Some(at) = options.iter().position(|option| option == "-p") {
        let line = format!("{}:{}\n", args.name, options[at + 1]);
        done = Some(host.change(&Command::new(["chpasswd", "-e"]).stdin(line))?);
    }
    Ok(done)
}
