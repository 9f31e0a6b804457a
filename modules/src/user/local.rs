//! Accounts of this machine's own files: the programs of libuser, which know neither lists of groups nor last days.

use super::{Args, Done, membership};
use crate::host::{Command, Host, Result};

/// Changes an account with what options of `usermod` say.
pub(super) fn modify(args: &Args, mut options: Vec<String>, host: &Host) -> Result<Vec<Done>> {
    let groups = take(&mut options, "-G");
    let expires = take(&mut options, "-e").is_some();
    let mut done = Vec::new();
    if !options.is_empty() {
        let words = std::iter::once(host.required("lusermod")?).chain(options);
        done.push(Some(host.change(&Command::new(words.chain([args.name.clone()])))?));
    }
    if let Some(groups) = groups {
        let wanted: Vec<&str> = groups.split(',').filter(|name| !name.is_empty()).collect();
        let current = membership::current(&args.name, host);
        let missing = wanted.iter().filter(|name| !current.iter().any(|one| one == *name));
        for group in missing {
            done.push(change_group("-M", &args.name, group, host)?);
        }
        for group in current.iter().filter(|name| !args.append && !wanted.contains(&name.as_str()))
        {
            done.push(change_group("-m", &args.name, group, host)?);
        }
    }
    if expires {
        done.push(expire(args, host)?);
    }
    Ok(done)
}

/// Takes an option and its value out of others; adding to groups is what is done here anyway.
fn take(options: &mut Vec<String>, option: &str) -> Option<String> {
    let at = options.iter().position(|one| one == option)?;
    let value = options.drain(at..=at + 1).nth(1);
    if option == "-G" && at > 0 && options[at - 1] == "-a" {
        options.remove(at - 1);
    }
    value
}

/// Adds the account to a group (`-M`), or takes it out (`-m`).
pub(super) fn change_group(option: &str, name: &str, group: &str, host: &Host) -> Result<Done> {
    let words = [host.required("lgroupmod")?, option.to_owned(), name.to_owned(), group.to_owned()];
    host.change(&Command::new(words)).map(Some)
}

/// Sets the account's last day.
pub(super) fn expire(args: &Args, host: &Host) -> Result<Done> {
    let Some(seconds) = args.expires else { return Ok(None) };
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
    let day = if seconds < 0.0 { -1 } else { (seconds as i64).div_euclid(86_400) };
    let words = [host.required("lchage")?, "-E".to_owned(), day.to_string(), args.name.clone()];
    host.change(&Command::new(words)).map(Some)
}
