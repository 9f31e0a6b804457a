//! `apk`: packages of Alpine Linux.
//!
//! Invariant: what is installed is read from apk's own database; the tool runs for changes.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, errno_of},
    spec::python_repr,
};

/// Installs packages with apk, keeps them current, or removes them
///
/// # Examples
/// ```yaml
/// - name: Have the web server and its tools
///   community.general.apk:
///     name:
///       - nginx
///       - openssl
///     update_cache: true
///
/// - name: Bring everything up to date
///   community.general.apk:
///     upgrade: true
///     available: true
///
/// - name: Take the compiler out of the image
///   community.general.apk:
///     name: build-base
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general", mutually_exclusive("name", "upgrade"))]
pub struct Args {
    /// Whether packages that no repository has any more are replaced or removed while upgrading
    #[arg(default = "false")]
    available: bool,
    /// Packages, perhaps with versions
    name: Option<Vec<String>>,
    /// Whether no list of packages is kept
    #[arg(default = "false")]
    no_cache: bool,
    /// Addresses of repositories, in place of the configured ones
    repository: Option<Vec<String>>,
    /// How the packages should be
    #[arg(default = "present")]
    state: State,
    /// Whether the lists of packages are fetched first
    #[arg(default = "false")]
    update_cache: bool,
    /// Whether everything is upgraded
    #[arg(default = "false")]
    upgrade: bool,
    /// File that lists the packages that were asked for
    #[arg(default = "/etc/apk/world")]
    world: String,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Installed,
    Absent,
    Removed,
    Latest,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut base = vec![host.required("apk")?];
    if args.no_cache {
        base.push("--no-cache".to_owned());
    }
    for repository in args.repository.iter().flatten() {
        base.extend([
            "--repository".to_owned(),
            repository.clone(),
            "--repositories-file".to_owned(),
            "/dev/null".to_owned(),
        ]);
    }
    let task = Task { args: &args, base, host };
    let names = args.name.clone().unwrap_or_default();
    if names.iter().any(|name| name.trim().is_empty()) {
        return Err(Failure::new("Package name(s) cannot be empty or whitespace-only"));
    }
    if args.update_cache {
        let output = task.call(&["update"], &[])?;
        if !output.success() {
            return Err(told("could not update package db", &output, false));
        }
        if names.is_empty() && !args.upgrade {
            return Ok(outcome(true, "updated repository indexes", &output, None));
        }
    }
    if args.upgrade {
        return task.upgrade();
    }
    if args.name.is_none() {
        return Err(Failure::raised("'NoneType' object is not iterable"));
    }
    match args.state {
        State::Absent | State::Removed => task.remove(&names),
        State::Latest => task.install(&names, true),
        State::Present | State::Installed => task.install(&names, false),
    }
}

struct Task<'a> {
    args: &'a Args,
    base: Vec<String>,
    host: &'a Host,
}

fn told(message: impl Into<String>, output: &Output, packages: bool) -> Failure {
    let failure =
        Failure::new(message).with("stdout", output.text()).with("stderr", output.error_text());
    if packages { failure.with("packages", touched(output)) } else { failure }
}

fn outcome(
    changed: bool,
    message: &str,
    output: &Output,
    packages: Option<Vec<String>>,
) -> Outcome {
    Outcome::changed_if(changed)
        .with("msg", message)
        .with("stdout", output.text())
        .with("stderr", output.error_text())
        .with_some("packages", packages)
}

/// The packages that apk says it touched: `(1/2) Installing dep (1.0-r0)`.
fn touched(output: &Output) -> Vec<String> {
    let name = |line: &str| {
        let rest = line.strip_prefix('(')?.split_once(") ")?.1;
        let mut words = rest.split(' ');
        words.next()?;
        words.next().map(ToOwned::to_owned)
    };
    output.text().lines().filter_map(name).collect()
}

/// A package as apk's database has it.
#[derive(Default)]
struct Package {
    name: String,
    /// What a package is made of that is only a name for others.
    members: Option<Vec<String>>,
}

impl Task<'_> {
    fn call(&self, words: &[&str], names: &[String]) -> Result<Output> {
        let words = self.base.iter().map(String::as_str).chain(words.iter().copied());
        self.host.run(&Command::new(words.chain(names.iter().map(String::as_str))))
    }

    /// Every installed package.
    fn installed(&self) -> Vec<Package> {
        let text = self
            .host
            .text("/lib/apk/db/installed")
            .or_else(|| self.host.text("/usr/lib/apk/db/installed"))
            .unwrap_or_default();
        let package = |record: &str| {
            let field = |key: &str| record.lines().find_map(|line| line.strip_prefix(key));
            let is_virtual =
                field("T:").is_some_and(|text| text.starts_with("virtual meta package"));
            let members = field("D:").unwrap_or_default().split_whitespace();
            Some(Package {
                name: field("P:")?.to_owned(),
                members: is_virtual.then(|| members.map(ToOwned::to_owned).collect()),
            })
        };
        text.split("\n\n").filter_map(package).collect()
    }

    /// The packages that were asked for, as the file lists them.
    fn asked_for(&self) -> Result<Vec<String>> {
        let path = &self.args.world;
        let text = self.host.read_text(path)?.ok_or_else(|| {
            Failure::raised(errno_of(&std::io::Error::from_raw_os_error(2), path))
        })?;
        Ok(text.split_whitespace().map(ToOwned::to_owned).collect())
    }

    fn upgrade(&self) -> Result<Outcome> {
        let mut words = vec!["upgrade"];
        if self.host.checking() {
            words.push("--simulate");
        }
        if self.args.available {
            words.push("--available");
        }
        let output = self.call(&words, &[])?;
        if !output.success() {
            return Err(told("failed to upgrade packages", &output, true));
        }
        let packages = Some(touched(&output));
        if output.text().starts_with("OK") {
            return Ok(outcome(false, "packages already upgraded", &output, packages));
        }
        Ok(outcome(true, "upgraded packages", &output, packages))
    }

    fn install(&self, names: &[String], latest: bool) -> Result<Outcome> {
        let (installed, world) = (self.installed(), self.asked_for()?);
        let is_asked_for = |name: &str| {
            world.iter().filter_map(|line| line.strip_prefix(name)).any(|rest| {
                rest.is_empty() || rest.len() > 1 && rest.starts_with(['@', '=', '<', '>', '~'])
            })
        };
        let (mut wanted, mut old) = (Vec::new(), Vec::new());
        for name in names {
            let members = installed.iter().find(|it| it.name == *name);
            match members.and_then(|it| it.members.as_ref()) {
                Some(members) if latest => {
                    for member in members {
                        if self.is_old(member)? {
                            old.push(member.clone());
                        }
                    }
                }
                None if !is_asked_for(name) => wanted.push(name.clone()),
                None if latest && self.is_old(name)? => old.push(name.clone()),
                _ => (),
            }
        }
        let mut words = vec!["add"];
        if !old.is_empty() {
            words.push("--upgrade");
        }
        wanted.append(&mut old);
        if wanted.is_empty() {
            return Ok(Outcome::changed_if(false).with("msg", "package(s) already installed"));
        }
        if self.host.checking() {
            words.push("--simulate");
        }
        let output = self.call(&words, &wanted)?;
        let shown = python_repr(&wanted.into());
        if !output.success() {
            return Err(told(format!("failed to install {shown}"), &output, true));
        }
        Ok(outcome(true, &format!("installed {shown} package(s)"), &output, Some(touched(&output))))
    }

    fn is_old(&self, name: &str) -> Result<bool> {
        let output = self.call(&["version", name], &[])?;
        Ok(output.text().lines().any(|line| line.contains(" < ")))
    }

    fn remove(&self, names: &[String]) -> Result<Outcome> {
        let there = self.those_there(names);
        if there.is_empty() {
            return Ok(Outcome::changed_if(false).with("msg", "package(s) already removed"));
        }
        let mut words = vec!["del", "--purge"];
        if self.host.checking() {
            words.push("--simulate");
        }
        let output = self.call(&words, &there)?;
        // A package that another needs stays, and apk does not mind.
        let remain = !self.host.checking() && !self.those_there(&there).is_empty();
        let shown = python_repr(&there.into());
        if !output.success() || remain {
            return Err(told(format!("failed to remove {shown} package(s)"), &output, true));
        }
        Ok(outcome(true, &format!("removed {shown} package(s)"), &output, Some(touched(&output))))
    }

    fn those_there(&self, names: &[String]) -> Vec<String> {
        let installed = self.installed();
        let is_there = |name: &&String| installed.iter().any(|it| it.name == **name);
        names.iter().filter(is_there).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        TestHost::with(&[
            ("/sbin/apk", ""),
            ("/etc/apk/world", "bash\nold\n"),
            (
                "/lib/apk/db/installed",
                "P:bash\nV:5.1-r0\n\nP:old\nV:1.0-r0\n\nP:dep\nV:1\n\nP:.both\nT:virtual meta package\nD:old dep\n",
            ),
        ])
        .executable(&["/sbin/apk"])
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("apk").unwrap().run(&given, host))
    }

    #[test]
    fn what_is_there_costs_no_command() {
        let result = run(&host(), json!({"name": ["bash", "old"]}));
        assert_eq!(
            (&result["changed"], &result["msg"]),
            (&json!(false), &json!("package(s) already installed"))
        );
        assert_eq!(run(&host(), json!({"name": "none", "state": "absent"}))["changed"], false);
    }

    #[test]
    fn packages_are_installed_and_upgraded() {
        let new = host().answer("/sbin/apk add new", 0, "(1/1) Installing new (1.0-r0)\nOK\n");
        let result = run(&new, json!({"name": "bash,new"}));
        assert_eq!(result["packages"], json!(["new"]));
        let old = host().answer("/sbin/apk version old", 0, "old-1.0-r0 < 2.0-r0\n").answer(
            "/sbin/apk add --upgrade old",
            0,
            "(1/1) Upgrading old (1.0-r0 -> 2.0-r0)\n",
        );
        assert_eq!(run(&old, json!({"name": "old", "state": "latest"}))["changed"], true);
        let both = host()
            .answer("/sbin/apk version old", 0, "old-1.0-r0 < 2.0-r0\n")
            .answer("/sbin/apk version dep", 0, "")
            .answer("/sbin/apk add --upgrade old", 0, "(1/1) Upgrading old (1.0-r0 -> 2.0-r0)\n");
        let result = run(&both, json!({"name": ".both", "state": "latest"}));
        assert_eq!(result["msg"], "installed ['old'] package(s)");
        assert_eq!(run(&host(), json!({"name": ".both"}))["changed"], false);
        let nowhere = run(&host(), json!({"name": "a", "world": "/none"}));
        assert!(nowhere["msg"].as_str().unwrap().contains("No such file"), "{nowhere}");
        let checking = host().answer("/sbin/apk add --simulate new", 0, "").check();
        assert_eq!(run(&checking, json!({"name": "new"}))["changed"], true);
        let none = host().answer("/sbin/apk upgrade", 0, "OK: 1 MiB\n");
        assert_eq!(run(&none, json!({"upgrade": true}))["msg"], "packages already upgraded");
    }

    #[test]
    fn what_stays_although_it_was_removed_is_a_failure() {
        let host = host().answer("/sbin/apk del --purge dep", 0, "");
        assert_eq!(
            run(&host, json!({"name": "dep", "state": "absent"}))["msg"],
            "failed to remove ['dep'] package(s)"
        );
    }
}
