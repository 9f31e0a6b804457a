//! `yarn`: packages of Node.js, by Yarn.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{ArgPath, Json},
};

/// Installs packages of Node.js with Yarn, and removes them
///
/// # Examples
/// ```yaml
/// - name: Install what the project names
///   community.general.yarn:
///     path: /srv/shop
///
/// - name: Have a package for everybody
///   community.general.yarn:
///     name: svgo
///     version: '2.8.0'
///     global: true
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Name of a package; without it what the project names is installed
    name: Option<String>,
    /// Folder of the project, with its `package.json`
    path: Option<ArgPath>,
    /// Version of the package
    version: Option<String>,
    /// Whether what only development needs is left out
    #[arg(default = "false")]
    production: bool,
    /// Yarn's binary, with options where blanks part them
    executable: Option<ArgPath>,
    /// Address of the registry
    registry: Option<String>,
    /// Whether the package should be there, or be the newest
    #[arg(default = "present")]
    state: State,
    /// Whether the packages' scripts are not run
    #[arg(default = "false")]
    ignore_scripts: bool,
    /// Whether it is about the packages of all projects
    #[arg(name = "global", default = "false")]
    globally: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
    Latest,
}

/// Yarn, and where it works.
struct Yarn<'a> {
    args: &'a Args,
    program: Vec<String>,
    folder: String,
    host: &'a Host,
}

/// What a command printed; nothing where it was not run.
type Said = (Json, Json);

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let given = args.path.as_ref().map(|path| path.0.as_str()).filter(|path| !path.is_empty());
    if args.path.is_none() && !args.globally {
        return Err(Failure::new("Path must be specified when not using global arg"));
    }
    if given.is_some() && args.globally {
        return Err(Failure::new("Cannot specify path if doing global installation"));
    }
    let name = args.name.as_deref().filter(|name| !name.is_empty());
    if args.state == State::Absent && name.is_none() {
        return Err(Failure::new("Package must be explicitly named when uninstalling."));
    }
    let program: Vec<String> = match &args.executable {
        Some(path) => path.0.split(' ').map(ToOwned::to_owned).collect(),
        None => vec![host.required("yarn")?],
    };
    let folder = if args.globally {
        let words = program.iter().cloned().chain(["global", "dir"].map(ToOwned::to_owned));
        host.must(&Command::new(words))?.text().trim().to_owned()
    } else {
        given.unwrap_or_default().to_owned()
    };
    let yarn = Yarn { args: &args, program, folder, host };
    let mut said = (Json::from(""), Json::from(""));
    let mut changed = false;
    match (args.state, name) {
        (State::Absent, name) => {
            let name = name.unwrap_or_default();
            if yarn.has(name)? {
                (changed, said) = (true, yarn.call(&["remove", name])?);
            }
        }
        (_, None) => (changed, said) = (true, yarn.call(&["install", "--non-interactive"])?),
        (state, Some(name)) => {
            let latest = state == State::Latest;
            let has = yarn.has(name)?;
            let outdated = latest && yarn.is_outdated()?;
            if !has {
                let version = if latest { Some("latest") } else { args.version.as_deref() };
                let version = version.filter(|version| !version.is_empty());
                let package =
                    version.map_or_else(|| name.to_owned(), |version| format!("{name}@{version}"));
                (changed, said) = (true, yarn.call(&["add", &package])?);
            }
            if outdated {
                (changed, said) = (true, yarn.call(&["upgrade", "--latest"])?);
            }
        }
    }
    Ok(Outcome::changed_if(changed).with("out", said.0).with("err", said.1))
}

impl Yarn<'_> {
    /// Runs a command that changes the packages.
    fn call(&self, words: &[&str]) -> Result<Said> {
        if self.host.checking() {
            return Ok((Json::Null, Json::Null));
        }
        let command = self.command(words, self.args.globally)?;
        let output = self.host.must(&command)?;
        Ok((output.text().into(), output.error_text().into()))
    }

    /// Runs a command that only looks; returns what it printed.
    fn look(&self, words: &[&str]) -> Result<String> {
        let output = self.host.run(&self.command(words, false)?)?;
        // Warnings are objects as well; an error ends the task.
        let error = output.error_text();
        for line in error.lines() {
            match serde_json::from_str::<Json>(line) {
                Ok(told) if told["type"] == "error" => return Err(Failure::new(error)),
                Ok(told) if told.get("type").is_some() => (),
                _ => {
                    let message = format!("Unexpected stderr output from Yarn: {error}");
                    return Err(Failure::new(message).with("stderr", error));
                }
            }
        }
        Ok(output.text())
    }

    fn command(&self, words: &[&str], globally: bool) -> Result<Command> {
        let (args, host, folder) = (self.args, self.host, self.folder.as_str());
        let mut all: Vec<&str> = self.program.iter().map(String::as_str).collect();
        all.extend(globally.then_some("global"));
        all.extend(words);
        all.extend(args.production.then_some("--production"));
        all.extend(args.ignore_scripts.then_some("--ignore-scripts"));
        if let Some(registry) = args.registry.as_deref().filter(|registry| !registry.is_empty()) {
            all.extend(["--registry", registry]);
        }
        let command = Command::new(all);
        if folder.is_empty() || globally {
            return Ok(command);
        }
        if !host.exists(folder) && !host.checking() {
            host.create_folders(folder)
                .map_err(|error| Failure::io(format!("cannot make `{folder}`"), &error))?;
        }
        if host.exists(folder) && !host.is_folder(folder) {
            let message = format!("Path provided {folder} is not a directory");
            return Err(Failure::new(message));
        }
        if !host.exists(format!("{folder}/package.json")) {
            return Err(Failure::new("Package.json does not exist in provided path."));
        }
        Ok(Command { cwd: Some(host.path(folder)), ..command })
    }

    fn is_locked(&self) -> bool {
        self.host.exists(format!("{}/yarn.lock", self.folder))
    }

    fn has(&self, package: &str) -> Result<bool> {
        if !self.is_locked() {
            return Ok(false);
        }
        for line in self.look(&["list", "--depth=0", "--json"])?.trim().lines() {
            let told: Json = serde_json::from_str(line).map_err(Failure::raised)?;
            let trees = told["data"]["trees"].as_array().filter(|_| told["type"] == "tree");
            let mut names = trees.into_iter().flatten().filter_map(|tree| tree["name"].as_str());
            if names.any(|name| name.rsplit_once('@').is_some_and(|(name, _)| name == package)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether there is a newer version of any package.
    fn is_outdated(&self) -> Result<bool> {
        if !self.is_locked() {
            return Ok(false);
        }
        let said = self.look(&["outdated", "--json"])?;
        if said.is_empty() {
            return Ok(false);
        }
        let line = said.lines().nth(1).ok_or_else(|| Failure::raised("list index out of range"))?;
        let told: Json = serde_json::from_str(line).map_err(Failure::raised)?;
        Ok(told["data"]["body"].as_array().is_some_and(|packages| !packages.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        let files = [("/bin/yarn", ""), ("/p/package.json", "{}"), ("/p/yarn.lock", "")];
        TestHost::with(&files).executable(&["/bin/yarn"])
    }

    fn lists(host: TestHost) -> TestHost {
        let tree = "{\"type\":\"tree\",\"data\":{\"trees\":[{\"name\":\"@a/b@1.0\"}]}}\n";
        host.answer("/bin/yarn list --depth=0 --json", 0, tree)
    }

    fn yarn(host: &Host, args: Value) -> Value {
        let mut given = json!({"path": "/p"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        given.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("yarn").unwrap().run(&given, host))
    }

    #[test]
    fn packages_are_added_and_removed() {
        assert_eq!(yarn(&lists(host()), json!({"name": "@a/b"}))["changed"], false);
        let add = lists(host()).answer("/bin/yarn add c@2", 0, "added");
        let result = yarn(&add, json!({"name": "c", "version": "2"}));
        assert_eq!(result, json!({"changed": true, "out": "added", "err": ""}));
        let remove = lists(host()).answer("/bin/yarn remove @a/b", 0, "");
        assert_eq!(yarn(&remove, json!({"name": "@a/b", "state": "absent"}))["changed"], true);
        let absent = yarn(&lists(host()), json!({"name": "c", "state": "absent"}));
        assert_eq!(absent["changed"], false);
        let check = yarn(&lists(host()).check(), json!({"name": "c"}));
        assert_eq!(check, json!({"changed": true, "out": null, "err": null}));
    }

    #[test]
    fn the_newest_is_installed() {
        let outdated = "{}\n{\"data\":{\"body\":[[\"@a/b\"]]}}\n";
        let newer = lists(host()).answer("/bin/yarn outdated --json", 1, outdated).answer(
            "/bin/yarn upgrade --latest",
            0,
            "",
        );
        assert_eq!(yarn(&newer, json!({"name": "@a/b", "state": "latest"}))["changed"], true);
        let newest = lists(host()).answer("/bin/yarn outdated --json", 0, "");
        assert_eq!(yarn(&newest, json!({"name": "@a/b", "state": "latest"}))["changed"], false);
    }

    #[test]
    fn a_project_and_everybody_get_packages() {
        let project =
            host().answer("/bin/yarn install --non-interactive --production --registry r", 0, "");
        assert_eq!(yarn(&project, json!({"registry": "r", "production": true}))["changed"], true);
        let all = host().answer("/bin/yarn global dir", 0, "/g\n").answer(
            "/bin/yarn global add c",
            0,
            "",
        );
        let result = yarn(&all, json!({"path": null, "name": "c", "global": true}));
        assert_eq!(result["changed"], true);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |args| yarn(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"path": null})),
            "Path must be specified when not using global arg"
        );
        assert_eq!(
            message(json!({"global": true})),
            "Cannot specify path if doing global installation"
        );
        assert_eq!(
            message(json!({"state": "absent"})),
            "Package must be explicitly named when uninstalling."
        );
        assert_eq!(
            message(json!({"path": "/bin"})),
            "Package.json does not exist in provided path."
        );
        assert_eq!(
            message(json!({"path": "/bin/yarn"})),
            "Path provided /bin/yarn is not a directory"
        );
    }
}
