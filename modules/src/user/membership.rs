//! Which groups an account is in.

use super::Args;
use crate::host::{Failure, Group, Host, Result};

/// Returns the group that a playbook means by its name or number.
pub(super) fn group(text: &str, host: &Host) -> Result<Group> {
    let by_number = || text.parse().ok().and_then(|gid| host.group_by_id(gid));
    host.group(text)
        .or_else(by_number)
        .ok_or_else(|| Failure::new(format!("Group {text} does not exist")))
}

/// Returns the names of the groups that are asked for; each must exist.
pub(super) fn wanted(groups: &[String], host: &Host) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for text in groups.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let name = group(text, host)?.name;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Returns the names of the groups that list the account; whether one is its primary group does not matter.
pub(super) fn current(name: &str, host: &Host) -> Vec<String> {
    let groups = host.local_groups().into_iter();
    let listed = groups.filter(|group| group.members.iter().any(|one| one == name));
    listed.map(|group| group.name).collect()
}

/// Returns the options of usermod that bring the account into its groups.
pub(super) fn options(args: &Args, host: &Host) -> Result<Vec<String>> {
    let Some(groups) = &args.groups else { return Ok(Vec::new()) };
    let wanted = wanted(groups, host)?;
    let current = current(&args.name, host);
    let missing = wanted.iter().any(|name| !current.contains(name));
    let surplus = current.iter().any(|name| !wanted.contains(name));
    if !missing && (args.append || !surplus) {
        return Ok(Vec::new());
    }
    let mut options: Vec<String> = args.append.then(|| "-a".to_owned()).into_iter().collect();
    options.extend(["-G".to_owned(), wanted.join(",")]);
    Ok(options)
}
