//! `npm`: packages of Node.js.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, failed, split_words},
    spec::{ArgPath, Json},
};

/// Installs packages of Node.js, keeps them current, or removes them
///
/// The host needs `npm`. A task is either for a folder (`path`) or for everybody (`global`).
///
/// # Examples
/// ```yaml
/// - name: Install what the lock file of the shop lists
///   community.general.npm:
///     path: /srv/shop
///     ci: true
///     production: true
///
/// - name: Have a process manager for everybody
///   community.general.npm:
///     name: pm2
///     version: 6.0.5
///     global: true
///
/// - name: Keep the tools for the front end current, from our registry
///   community.general.npm:
///     name: "@shop/build"
///     path: /srv/frontend
///     registry: https://npm.example.com
///     state: latest
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_if("state", "absent", "name"))]
pub struct Args {
    /// Package; what `package.json` lists when absent
    name: Option<String>,
    /// Folder in which packages are installed; needed without `global`
    path: Option<ArgPath>,
    /// Version of the package; the newest when absent
    version: Option<String>,
    /// Whether the package is for everybody
    #[arg(default = "false")]
    global: bool,
    /// The program, perhaps with words behind it; `npm` when absent
    executable: Option<ArgPath>,
    /// Whether scripts of packages are left out
    #[arg(default = "false")]
    ignore_scripts: bool,
    /// Whether scripts run as root
    #[arg(default = "false")]
    unsafe_perm: bool,
    /// Whether exactly what the lock file says is installed
    #[arg(default = "false")]
    ci: bool,
    /// Whether packages for development are left out
    #[arg(default = "false")]
    production: bool,
    /// Address of the registry
    registry: Option<String>,
    /// How it should be
    #[arg(default = "present")]
    state: State,
    /// Whether optional packages are left out
    #[arg(default = "false")]
    no_optional: bool,
    /// Whether packages' programs get no links
    #[arg(default = "false")]
    no_bin_links: bool,
    /// Whether npm is told to do what it would refuse
    #[arg(default = "false")]
    force: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Absent,
    Latest,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if args.path.is_none() && !args.global {
        return Err(Failure::new("path must be specified when not using global"));
    }
    let program = match &args.executable {
        Some(path) => split_words(&path.0).map_err(Failure::new)?,
        None => vec![host.required("npm")?],
    };
    let task = Task { args: &args, program, host };
    let changed = if args.ci {
        task.changing("ci")?;
        true
    } else {
        task.bring()?
    };
    Ok(Outcome::changed_if(changed))
}

struct Task<'a> {
    args: &'a Args,
    program: Vec<String>,
    host: &'a Host,
}

/// What is installed, and what is listed but missing.
#[derive(Default)]
struct Listed {
    installed: Vec<String>,
    missing: Vec<String>,
}

impl Task<'_> {
    fn named(&self) -> Option<String> {
        let name = self.args.name.as_ref()?;
        Some(match &self.args.version {
            Some(version) if self.args.state != State::Absent => format!("{name}@{version}"),
            _ => name.clone(),
        })
    }

    fn words(&self, verb: &[&str]) -> Vec<String> {
        let args = self.args;
        let mut words = self.program.clone();
        words.extend(verb.iter().map(|word| (*word).to_owned()));
        let mut add = |is: bool, flag: &str| {
            if is {
                words.push(flag.to_owned());
            }
        };
        let first = verb.first().copied().unwrap_or_default();
        add(args.global, "--global");
        add(args.production && matches!(first, "install" | "update" | "ci"), "--production");
        add(args.ignore_scripts, "--ignore-scripts");
        add(args.unsafe_perm, "--unsafe-perm");
        let named = if first == "list" { None } else { self.named() };
        add(named.is_some(), named.as_deref().unwrap_or_default());
        add(args.registry.is_some(), "--registry");
        add(args.registry.is_some(), args.registry.as_deref().unwrap_or_default());
        add(args.no_optional, "--no-optional");
        add(args.no_bin_links, "--no-bin-links");
        add(args.force, "--force");
        words
    }

    fn call(&self, verb: &[&str]) -> Result<Output> {
        let words = self.words(verb);
        let mut command = Command::new(words);
        if let Some(path) = &self.args.path {
            let path = self.host.expand(&path.0);
            if !self.host.exists(&path) {
                self.host
                    .create_folders(&path)
                    .map_err(|error| Failure::io(format!("cannot create {path}"), &error))?;
            }
            if !self.host.is_folder(&path) {
                return Err(Failure::new(format!("path {path} is not a directory")));
            }
            command.cwd = Some(self.host.path(&path));
        }
        self.host.run(&command)
    }

    fn changing(&self, verb: &str) -> Result<()> {
        if self.host.checking() {
            return Ok(());
        }
        let output = self.call(&[verb])?;
        if output.success() {
            return Ok(());
        }
        Err(failed(&Command::new(self.words(&[verb])), &output))
    }

    /// Returns whether check mode is asked about a folder that is yet to be made: nothing is installed there.
    fn is_unmade(&self) -> bool {
        let is_there = |path: &ArgPath| self.host.exists(self.host.expand(&path.0));
        self.host.checking() && !self.args.path.as_ref().is_none_or(is_there)
    }

    fn list(&self) -> Result<Listed> {
        let mut listed = Listed::default();
        let stdout = if self.is_unmade() {
            Vec::new()
        } else {
            self.call(&["list", "--json", "--long"])?.stdout
        };
        let output = if stdout.is_empty() { b"{}".to_vec() } else { stdout };
        let data: Json = serde_json::from_slice(&output).map_err(|error| {
            // A word that means nothing is wrong from its beginning on.
            let is_word = !output.trim_ascii_start().starts_with(b"{");
            let at = if is_word { 1 } else { error.column().max(1) };
            let place = format!("line {} column {at} (char {})", error.line().max(1), at - 1);
            Failure::new(format!("Failed to parse NPM output with error Expecting value: {place}"))
        })?;
        let Some(dependencies) = data["dependencies"].as_object() else {
            // Where nothing is listed something is to be installed, whether or not it has a name.
            listed.missing.push(self.args.name.clone().unwrap_or_default());
            return Ok(listed);
        };
        for (name, about) in dependencies {
            let is = |key: &str| {
                let value = about.get(key).unwrap_or(&Json::Null);
                !matches!(value, Json::Null | Json::Bool(false)) && *value != ""
            };
            if is("missing") || is("invalid") {
                listed.missing.push(name.clone());
                continue;
            }
            listed.installed.push(name.clone());
            if let Some(version) = about["version"].as_str() {
                listed.installed.push(format!("{name}@{version}"));
            }
        }
        if let Some(name) = self.named()
            && !listed.installed.contains(&name)
        {
            listed.missing.push(name);
        }
        Ok(listed)
    }

    fn bring(&self) -> Result<bool> {
        let listed = self.list()?;
        let missing = !listed.missing.is_empty();
        match self.args.state {
            State::Present => {
                if missing {
                    self.changing("install")?;
                }
                Ok(missing)
            }
            State::Latest => {
                let old = !self.is_unmade() && !self.call(&["outdated"])?.text().trim().is_empty();
                if missing {
                    self.changing("install")?;
                }
                if old {
                    self.changing("update")?;
                }
                Ok(missing || old)
            }
            State::Absent => {
                let is_there =
                    self.args.name.as_ref().is_some_and(|name| listed.installed.contains(name));
                if is_there {
                    self.changing("uninstall")?;
                }
                Ok(is_there)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const LIST: &str = r#"{"dependencies": {"a": {"version": "1.0"}, "b": {"missing": true}}}"#;

    fn host() -> TestHost {
        TestHost::with(&[("/usr/bin/npm", ""), ("/app/package.json", "{}")])
            .executable(&["/usr/bin/npm"])
            .answer("/usr/bin/npm list --json --long", 0, LIST)
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("npm").unwrap().run(&given, host))
    }

    #[test]
    fn what_is_missing_is_installed() {
        let new = host().answer("/usr/bin/npm install c@2", 0, "");
        let args = json!({"name": "c", "version": "2", "path": "/app"});
        assert_eq!(run(&new, args.clone()), json!({"changed": true}));
        assert_eq!(run(&host().check(), args)["changed"], true);
    }

    #[test]
    fn where_nothing_is_listed_npm_is_asked() {
        let args = json!({"path": "/app"});
        for list in ["", "{}", r#"{"name": "app"}"#] {
            let host = || {
                TestHost::with(&[("/usr/bin/npm", ""), ("/app/package.json", "{}")])
                    .executable(&["/usr/bin/npm"])
                    .answer("/usr/bin/npm list --json --long", 0, list)
            };
            let failing = host().answer("/usr/bin/npm install", 1, "");
            assert_eq!(run(&failing, args.clone())["failed"], true, "{list}");
            assert_eq!(run(&host().check(), args.clone()), json!({"changed": true}), "{list}");
        }
        let unmade = json!({"path": "/new", "state": "latest"});
        assert_eq!(run(&host().check(), unmade)["changed"], true);
    }

    #[test]
    fn what_is_there_is_removed_once() {
        let there = host().answer("/usr/bin/npm uninstall a", 0, "");
        let args = json!({"name": "a", "path": "/app", "state": "absent"});
        assert_eq!(run(&there, args)["changed"], true);
        let args = json!({"name": "x", "path": "/app", "state": "absent"});
        assert_eq!(run(&host(), args)["changed"], false);
    }

    #[test]
    fn a_path_is_needed() {
        assert_eq!(
            run(&host(), json!({"name": "a"}))["msg"],
            "path must be specified when not using global"
        );
    }
}
