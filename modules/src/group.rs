//! `group`: groups of users.

use windlass_macros::Args;

use crate::{
    host::{Command, Failure, Group, Host, Outcome, Output, Result},
    user::{Done, Presence},
};

/// Manages groups
///
/// # Examples
/// ```yaml
/// - name: Have a group for those who edit the site
///   ansible.builtin.group:
///     name: editors
///     gid: 3000
///
/// - name: Have a group for a service
///   ansible.builtin.group:
///     name: exporter
///     system: true
///
/// - name: Remove a group that nobody needs
///   ansible.builtin.group:
///     name: interns
///     state: absent
/// ```
#[derive(Args)]
#[args(required_if("non_unique", "True", "gid"))]
pub struct Args {
    /// Name of the group
    name: String,
    /// Whether the group should be there
    #[arg(default = "present")]
    state: Presence,
    /// Number of the group
    gid: Option<i64>,
    /// Whether to remove a group that is somebody's primary one
    #[arg(default = "false")]
    force: bool,
    /// Whether a new group's number is from the system's range
    #[arg(default = "false")]
    system: bool,
    /// Whether to use the tools that change local files only
    #[arg(default = "false")]
    local: bool,
    /// Whether the number may be another group's
    #[arg(default = "false")]
    non_unique: bool,
    /// Smallest number of a new group
    gid_min: Option<i64>,
    /// Largest number of a new group
    gid_max: Option<i64>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    fits_local(&args)?;
    let existing = if args.local {
        host.local_groups().into_iter().find(|group| group.name == args.name)
    } else {
        host.group(&args.name)
    };
    // Nothing is looked at that only a change needs.
    if host.checking() && (args.state == Presence::Present) == existing.is_none() {
        return Ok(Outcome::changed_if(true));
    }
    let done = match (args.state, &existing) {
        (Presence::Absent, None) => None,
        (Presence::Absent, Some(_)) => Some(delete(&args, host)?),
        (Presence::Present, None) => Some(create(&args, host)?),
        (Presence::Present, Some(group)) => modify(&args, group, host)?,
    };
    let changed = done.is_some();
    let mut outcome = Outcome::changed_if(changed)
        .with("name", args.name.as_str())
        .with("state", args.state.as_str());
    if let Some(Some(output)) = done {
        if !output.success() {
            let message = output.error_text();
            return Err(Failure::new(message).with("name", args.name));
        }
        for (key, text) in [("stdout", output.text()), ("stderr", output.error_text())] {
            outcome = outcome.with_some(key, (!text.is_empty()).then_some(text));
        }
    }
    if args.state == Presence::Present {
        let now = if changed && !host.checking() { host.group(&args.name) } else { existing };
        outcome = outcome.with("system", args.system).with_some("gid", now.map(|group| group.gid));
    }
    Ok(outcome)
}

/// What the programs for local accounts do not have is refused before anything is looked at.
fn fits_local(args: &Args) -> Result<()> {
    if args.local && args.force {
        return Err(Failure::new(
            "force is not a valid option for local, force=True and local=True are mutually exclusive",
        ));
    }
    let limit = match (args.gid_min, args.gid_max) {
        (Some(_), _) => "gid_min",
        (None, Some(_)) => "gid_max",
        (None, None) => return Ok(()),
    };
    if args.local {
        return Err(Failure::new(format!("'{limit}' can not be used with 'local'")));
    }
    Ok(())
}

fn create(args: &Args, host: &Host) -> Result<Option<Output>> {
    let gid = args.gid.map(|gid| gid.to_string());
    if !args.local && host.which("groupadd").is_none() && host.which("addgroup").is_some() {
        let mut words = vec!["addgroup".to_owned()];
        words.extend(gid.into_iter().flat_map(|gid| ["-g".to_owned(), gid]));
        words.extend(args.system.then(|| "-S".to_owned()));
        words.push(args.name.clone());
        return host.change(&Command::new(words));
    }
    let mut words = vec![host.required(if args.local { "lgroupadd" } else { "groupadd" })?];
    if let Some(gid) = gid {
        words.extend(["-g".to_owned(), gid]);
        words.extend(args.non_unique.then(|| "-o".to_owned()));
    }
    words.extend(args.system.then(|| "-r".to_owned()));
    for (key, value) in [("GID_MIN", args.gid_min), ("GID_MAX", args.gid_max)] {
        words.extend(value.into_iter().flat_map(|id| ["-K".to_owned(), format!("{key}={id}")]));
    }
    words.push(args.name.clone());
    host.change(&Command::new(words))
}

/// Returns `None` where nothing is to be done.
fn modify(args: &Args, group: &Group, host: &Host) -> Result<Done> {
    let Some(gid) = args.gid.filter(|gid| *gid != i64::from(group.gid)) else { return Ok(None) };
    let mut words = vec![host.required(if args.local { "lgroupmod" } else { "groupmod" })?];
    words.extend(["-g".to_owned(), gid.to_string()]);
    words.extend(args.non_unique.then(|| "-o".to_owned()));
    words.push(args.name.clone());
    host.change(&Command::new(words)).map(Some)
}

fn delete(args: &Args, host: &Host) -> Result<Option<Output>> {
    let tool = match args.local {
        true => "lgroupdel",
        false if host.which("groupdel").is_none() && host.which("delgroup").is_some() => "delgroup",
        false => "groupdel",
    };
    let mut words = vec![host.required(tool)?];
    words.extend((args.force && tool == "groupdel").then(|| "-f".to_owned()));
    words.push(args.name.clone());
    host.change(&Command::new(words))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        find,
        host::TestHost,
        spec::{Json, JsonMap},
    };

    fn host() -> TestHost {
        TestHost::with(&[
            ("/etc/group", "root:x:0:\nweb:x:1000:me\n"),
            ("/sbin/groupadd", ""),
            ("/sbin/groupmod", ""),
            ("/sbin/groupdel", ""),
        ])
        .executable(&["/sbin/groupadd", "/sbin/groupmod", "/sbin/groupdel"])
    }

    fn group(host: &TestHost, given: Json) -> JsonMap {
        let Json::Object(given) = given else { unreachable!() };
        find("group").unwrap().run(&given, host)
    }

    #[test]
    fn a_group_that_is_as_wanted_costs_no_command() {
        let result = group(&host(), json!({"name": "web", "gid": 1000}));
        assert_eq!(
            Json::Object(result),
            json!({"changed": false, "name": "web", "state": "present", "system": false, "gid": 1000})
        );
    }

    #[test]
    fn check_mode_predicts() {
        let host = host().check().answer("getent group new", 2, "");
        assert_eq!(Json::Object(group(&host, json!({"name": "new"}))), json!({"changed": true}));
        let result = group(&host, json!({"name": "web", "gid": 7}));
        assert_eq!((&result["changed"], &result["gid"]), (&json!(true), &json!(1000)));
        assert_eq!(
            Json::Object(group(&host, json!({"name": "web", "state": "absent"}))),
            json!({"changed": true})
        );
    }

    #[test]
    fn changes_are_the_tools_to_make() {
        let host = host()
            .answer("/sbin/groupmod -g 7 -o web", 0, "")
            .answer("/sbin/groupdel web", 0, "")
            .answer("getent group new", 2, "")
            .answer("/sbin/groupadd -g 5 -r -K GID_MIN=4 -K GID_MAX=9 new", 9, "");
        assert_eq!(
            group(&host, json!({"name": "web", "gid": 7, "non_unique": true}))["changed"],
            true
        );
        assert_eq!(group(&host, json!({"name": "web", "state": "absent"}))["changed"], true);
        let result = group(
            &host,
            json!({"name": "new", "gid": 5, "system": true, "gid_min": 4, "gid_max": 9}),
        );
        assert_eq!((&result["failed"], &result["name"]), (&json!(true), &json!("new")));
    }

    #[test]
    fn what_is_missing_is_named() {
        let result = group(&host(), json!({"name": "web", "non_unique": true}));
        assert_eq!(result["msg"], "non_unique is True but all of the following are missing: gid");
        let host = host().answer("getent group new", 2, "");
        let result = group(&host, json!({"name": "new", "local": true}));
        assert!(
            result["msg"]
                .as_str()
                .unwrap()
                .starts_with("Failed to find required executable \"lgroupadd\" in paths: ")
        );
    }
}
