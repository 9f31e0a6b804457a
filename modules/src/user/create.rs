//! New accounts.

use super::{Args, Done, change, local, membership, password};
use crate::host::{Civil, Command, Host, Output, Result};

/// Makes the account with useradd, or with busybox' adduser.
pub(super) fn create(args: &Args, host: &Host) -> Result<Done> {
    if args.local {
        host.required("lgroupmod")?;
    }
    if let Some(group) = &args.group {
        membership::group(group, host)?;
    }
    let groups = match &args.groups {
        Some(groups) => Some(membership::wanted(groups, host)?),
        None => None,
    };
    if !args.local && host.which("useradd").is_none() && host.which("adduser").is_some() {
        return busybox(args, groups.unwrap_or_default(), host);
    }
    let early = home_without_parent(args, host);
    let mut words = vec![host.required(if args.local { "luseradd" } else { "useradd" })?];
    words.extend(options(args, groups.as_deref(), host));
    words.push(args.name.clone());
    if let Some((home, _)) = early {
        home_folder(args, home, (0, 0), host)?;
    }
    let mut done = host.change(&Command::new(words))?;
    if let Some((home, _)) = early {
        done = then(done, || give_home(args, home, host))?;
    }
    if let Some(password) = &args.password {
        let shown = change::locked(password, args.password_lock);
        done = then(done, || password::set(&args.name, &shown, host))?;
    }
    if args.local {
        for group in groups.iter().flatten() {
            done = then(done, || local::change_group("-M", &args.name, group, host))?;
        }
        done = then(done, || local::expire(args, host))?;
    }
    done = then(done, || change::aging(args, None, host))?;
    Ok(Some(done))
}

/// Goes on after a command that did not fail, and puts what both printed together.
fn then(done: Option<Output>, next: impl FnOnce() -> Result<Done>) -> Result<Option<Output>> {
    if done.as_ref().is_some_and(|output| !output.success()) {
        return Ok(done);
    }
    let next = next()?.flatten();
    Ok(match (done, next) {
        (Some(mut first), Some(second)) => {
            first.status = second.status;
            first.stdout.extend(second.stdout);
            first.stderr.extend(second.stderr);
            Some(first)
        }
        (first, second) => first.or(second),
    })
}

fn options(args: &Args, groups: Option<&[String]>, host: &Host) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut pair = |option: &str, value: String| words.extend([option.to_owned(), value]);
    if let Some(uid) = args.uid {
        pair("-u", uid.to_string());
    }
    let flag = |words: &mut Vec<String>, option: &str| words.push(option.to_owned());
    if args.uid.is_some() && args.non_unique {
        flag(&mut words, "-o");
    }
    if let Some(seuser) = &args.seuser {
        words.extend(["-Z".to_owned(), seuser.clone()]);
    }
    if let Some(group) = &args.group {
        words.extend(["-g".to_owned(), group.clone()]);
    } else if host.local_groups().iter().any(|group| group.name == args.name) {
        // A group of that name is there: useradd would fail to make the account's own.
        flag(&mut words, if args.local { "-n" } else { "-N" });
    }
    if let Some(groups) = groups.filter(|groups| !groups.is_empty() && !args.local) {
        words.extend(["-G".to_owned(), groups.join(",")]);
    }
    for (option, value) in [
        ("-c", args.comment.clone()),
        ("-d", args.home.as_deref().map(ToOwned::to_owned)),
        ("-s", args.shell.as_deref().map(ToOwned::to_owned)),
        ("-e", args.expires.map(expiry).filter(|_| !args.local)),
        ("-f", args.password_expire_account_disable.map(|days| days.to_string())),
    ] {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
    }
    if let Some(password) = &args.password {
        words.extend(password::option(&change::locked(password, args.password_lock), host));
    }
    if args.create_home {
        if !args.local {
            flag(&mut words, "-m");
        }
        if let Some(skeleton) = &args.skeleton {
            words.extend(["-k".to_owned(), skeleton.clone()]);
        }
        if let Some(umask) = &args.umask {
            words.extend(["-K".to_owned(), format!("UMASK={umask}")]);
        }
    } else {
        flag(&mut words, "-M");
    }
    if args.system {
        flag(&mut words, "-r");
    }
    for (key, value) in [("UID_MIN", args.uid_min), ("UID_MAX", args.uid_max)] {
        words.extend(value.into_iter().flat_map(|id| ["-K".to_owned(), format!("{key}={id}")]));
    }
    words
}

/// Returns a day as the tools take it: empty for never.
pub(super) fn expiry(seconds: f64) -> String {
    if seconds < 0.0 {
        return String::new();
    }
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
    let Civil { year, month, day, .. } = Civil::from_seconds(seconds as i64);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Returns the home folder and the one above it if that is missing: not every useradd makes it.
fn home_without_parent<'a>(args: &'a Args, host: &Host) -> Option<(&'a str, &'a str)> {
    let home = args.home.as_deref().filter(|_| args.create_home)?;
    let (parent, _) = home.trim_end_matches('/').rsplit_once('/')?;
    (!parent.is_empty() && !host.exists(parent)).then_some((home, parent))
}

/// Gives a home folder that was made before its account to the account.
fn give_home(args: &Args, home: &str, host: &Host) -> Result<Done> {
    if let Some(user) = super::find(args, host) {
        host.give_tree(home, (user.uid, user.gid))?;
    }
    Ok(None)
}

/// Makes a home folder.
pub(super) fn home_folder(args: &Args, home: &str, owner: (u32, u32), host: &Host) -> Result<()> {
    let octal = |text: &str| u32::from_str_radix(text.trim_start_matches("0o"), 8).ok();
    let defaults = host.read_text("/etc/login.defs")?.unwrap_or_default();
    let setting = |name: &str| {
        defaults.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some(name)).then(|| words.next()).flatten().and_then(octal)
        })
    };
    // The task's own mask is for `useradd` alone, in the reference, too.
    let mode = setting("HOME_MODE").unwrap_or(0o777 & !setting("UMASK").unwrap_or(0o022));
    let skeleton = args.skeleton.as_deref().unwrap_or("/etc/skel");
    host.make_home(home, skeleton, mode, owner)
}

fn busybox(args: &Args, groups: Vec<String>, host: &Host) -> Result<Done> {
    if let Some((_, parent)) = home_without_parent(args, host) {
        host.make_folder(parent, 0o755, None)?;
    }
    let mut words = vec!["adduser".to_owned(), "-D".to_owned()];
    for (option, value) in [
        ("-u", args.uid.map(|uid| uid.to_string())),
        ("-G", args.group.clone()),
        ("-g", args.comment.clone()),
        ("-h", args.home.as_deref().map(ToOwned::to_owned)),
        ("-s", args.shell.as_deref().map(ToOwned::to_owned)),
        ("-k", args.skeleton.clone()),
    ] {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
    }
    words.extend((!args.create_home).then(|| "-H".to_owned()));
    words.extend(args.system.then(|| "-S".to_owned()));
    words.push(args.name.clone());
    let mut done = host.change(&Command::new(words))?;
    if let Some(password) = &args.password {
        let line = format!("{}:{}\n", args.name, change::locked(password, args.password_lock));
        let command = Command::new(["chpasswd", "-e"]).stdin(line);
        done = then(done, || host.change(&command).map(Some))?;
    }
    for group in groups {
        let command = Command::new(["adduser".to_owned(), args.name.clone(), group]);
        done = then(done, || host.change(&command).map(Some))?;
    }
    Ok(Some(done))
}
