//! `gem`: packages of Ruby.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, failed, split_words},
    spec::ArgPath,
};

/// Installs packages of Ruby, keeps them current, or removes them
///
/// # Examples
/// ```yaml
/// - name: Have bundler for everybody
///   community.general.gem:
///     name: bundler
///     version: 2.5.23
///     user_install: false
///
/// - name: Install a package of our own, from a file on the host
///   community.general.gem:
///     name: shop-tools
///     gem_source: /srv/packages/shop-tools-1.2.0.gem
///     include_dependencies: false
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    mutually_exclusive("gem_source", "repository"),
    mutually_exclusive("gem_source", "version")
)]
pub struct Args {
    /// Package
    name: String,
    /// How it should be
    #[arg(default = "present")]
    state: State,
    /// File of the package, when it is not fetched
    gem_source: Option<ArgPath>,
    /// Whether what the package needs is installed, too
    #[arg(default = "true")]
    include_dependencies: bool,
    /// Address to fetch from
    #[arg(alias = "source")]
    repository: Option<String>,
    /// Whether it is for the user alone
    #[arg(default = "true")]
    user_install: bool,
    /// The program `gem`; looked for when absent
    executable: Option<ArgPath>,
    /// Folder to install to
    install_dir: Option<ArgPath>,
    /// Folder for programs
    bindir: Option<ArgPath>,
    /// Whether the settings in `.gemrc` are passed over
    #[arg(default = "true")]
    norc: bool,
    /// Whether programs get shebangs that look for Ruby
    #[arg(default = "false")]
    env_shebang: bool,
    /// Version; the newest when absent
    version: Option<String>,
    /// Whether versions before a release are installed
    #[arg(default = "false")]
    pre_release: bool,
    /// Whether documentation is made
    #[arg(default = "false")]
    include_doc: bool,
    /// Flags for what is compiled, behind two dashes
    build_flags: Option<String>,
    /// Whether it is done without questions
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
    if args.version.is_some() && args.state == State::Latest {
        return Err(Failure::new("Cannot specify version when state=latest"));
    }
    if args.gem_source.is_some() && args.state == State::Latest {
        return Err(Failure::new("Cannot maintain state=latest when installing from local source"));
    }
    if args.user_install && args.install_dir.is_some() {
        return Err(Failure::new("install_dir requires user_install=false"));
    }
    let gem = match &args.executable {
        Some(path) => split_words(&path.0).map_err(Failure::new)?,
        None => vec![host.required("gem")?],
    };
    let mut task = Task { args: &args, gem, tool: (3, 0), version: args.version.clone(), host };
    task.tool = task.tool_version()?;
    if args.state == State::Latest {
        task.version = task.versions(true)?.into_iter().next();
    }
    let is_there = task.is_there()?;
    let changed = is_there == (args.state == State::Absent);
    if changed && !host.checking() {
        if args.state == State::Absent {
            task.remove()?;
        } else {
            task.install()?;
        }
    }
    Ok(Outcome::changed_if(changed)
        .with("name", args.name.as_str())
        .with("state", args.state.as_str())
        .with_some("version", task.version))
}

struct Task<'a> {
    args: &'a Args,
    gem: Vec<String>,
    /// The version of the program.
    tool: (u32, u32),
    /// The version that is meant: of the newest what the server says.
    version: Option<String>,
    host: &'a Host,
}

impl Task<'_> {
    fn call(&self, words: Vec<String>) -> Result<Output> {
        let mut command = Command::new(words);
        if let Some(folder) = &self.args.install_dir {
            command = command.env("GEM_HOME", &folder.0);
        }
        self.host.run(&command)
    }

    fn tool_version(&self) -> Result<(u32, u32)> {
        let mut words = self.gem.clone();
        words.push("--version".to_owned());
        let output = self.call(words.clone())?;
        if !output.success() {
            return Err(failed(&Command::new(words), &output));
        }
        let text = output.text();
        let mut numbers = text.trim().split('.').map_while(|part| part.parse::<u32>().ok());
        Ok((numbers.next().unwrap_or(3), numbers.next().unwrap_or(0)))
    }

    /// Returns the words that begin a command.
    fn words(&self, verb: &str) -> Vec<String> {
        let mut words = self.gem.clone();
        words.push(verb.to_owned());
        if self.args.norc && self.tool >= (2, 5) {
            words.push("--norc".to_owned());
        }
        words
    }

    /// Returns the versions that are installed, or that a server has.
    fn versions(&self, remote: bool) -> Result<Vec<String>> {
        let args = self.args;
        let mut words = self.words("query");
        if remote {
            words.push("--remote".to_owned());
            if let Some(repository) = &args.repository {
                words.extend(["--source".to_owned(), repository.clone()]);
            }
        }
        words.extend(["-n".to_owned(), format!("^{}$", args.name)]);
        let output = self.call(words.clone())?;
        output.checked(&Command::new(words))?;
        let mut found = Vec::new();
        for line in output.text().lines() {
            let Some((_, inner)) = line.split_once(" (") else { continue };
            // A version that comes with Ruby begins with another word, and is none by its number.
            let versions = inner.trim_end_matches(')').split(", ");
            found.extend(versions.filter_map(|one| one.split(' ').next().map(ToOwned::to_owned)));
        }
        Ok(found)
    }

    fn is_there(&self) -> Result<bool> {
        let installed = self.versions(false)?;
        Ok(match &self.version {
            Some(version) => installed.contains(version),
            None => !installed.is_empty(),
        })
    }

    fn checked(&self, words: Vec<String>) -> Result<Output> {
        let output = self.call(words.clone())?;
        if output.success() { Ok(output) } else { Err(failed(&Command::new(words), &output)) }
    }

    fn remove(&self) -> Result<()> {
        let args = self.args;
        let mut words = self.words("uninstall");
        if let Some(folder) = &args.install_dir {
            words.extend(["--install-dir".to_owned(), folder.0.clone()]);
        }
        if let Some(folder) = &args.bindir {
            words.extend(["--bindir".to_owned(), folder.0.clone()]);
        }
        match &args.version {
            Some(version) => words.extend(["--version".to_owned(), version.clone()]),
            None => words.extend(["--all".to_owned()]),
        }
        words.push("--executable".to_owned());
        if args.force {
            words.push("--force".to_owned());
        }
        words.push(args.name.clone());
        let output = self.checked(words)?;
        if !self.is_there()? {
            return Ok(());
        }
        Err(Failure::new(format!(
            "Failed to uninstall gem '{}': it is still present after 'gem uninstall'. This usually happens with default or system gems provided by the OS, which cannot be removed with the gem command.",
            args.name
        ))
        .with("rc", output.status)
        .with("stdout", output.text())
        .with("stderr", output.error_text()))
    }

    fn install(&self) -> Result<()> {
        let args = self.args;
        let old = self.tool < (2, 0);
        let mut words = self.words("install");
        let mut add = |word: &str| words.push(word.to_owned());
        if let Some(version) = &self.version {
            add("--version");
            add(version);
        }
        if let Some(repository) = &args.repository {
            add("--source");
            add(repository);
        }
        if !args.include_dependencies {
            add("--ignore-dependencies");
        } else if old {
            add("--include-dependencies");
        }
        add(if args.user_install { "--user-install" } else { "--no-user-install" });
        if let Some(folder) = &args.install_dir {
            add("--install-dir");
            add(&folder.0);
        }
        if let Some(folder) = &args.bindir {
            add("--bindir");
            add(&folder.0);
        }
        if args.pre_release {
            add("--pre");
        }
        if !args.include_doc {
            if old {
                add("--no-rdoc");
                add("--no-ri");
            } else {
                add("--no-document");
            }
        }
        if args.env_shebang {
            add("--env-shebang");
        }
        add(args.gem_source.as_ref().map_or(args.name.as_str(), |path| path.0.as_str()));
        if let Some(flags) = &args.build_flags {
            add("--");
            add(flags);
        }
        if args.force {
            add("--force");
        }
        self.checked(words)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        let version = "/usr/bin/gem --version";
        TestHost::with(&[("/usr/bin/gem", "")])
            .executable(&["/usr/bin/gem"])
            .answer(version, 0, "3.3.15\n")
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("gem").unwrap().run(&given, host))
    }

    const LOCAL: &str = "/usr/bin/gem query --norc -n ^rake$";

    #[test]
    fn what_is_there_is_left_alone() {
        let there = || host().answer(LOCAL, 0, "\n*** LOCAL GEMS ***\n\nrake (13.1.0, 12.3)\n");
        assert_eq!(run(&there(), json!({"name": "rake"}))["changed"], false);
        assert_eq!(run(&there(), json!({"name": "rake", "version": "12.3"}))["changed"], false);
        let other = run(&there().check(), json!({"name": "rake", "version": "1"}));
        assert_eq!(
            other,
            json!({"changed": true, "name": "rake", "state": "present", "version": "1"})
        );
    }

    #[test]
    fn one_is_installed_and_removed() {
        let new = host().answer(LOCAL, 0, "").answer(
            "/usr/bin/gem install --norc --user-install --no-document rake",
            0,
            "",
        );
        assert_eq!(run(&new, json!({"name": "rake"}))["changed"], true);
        let gone = host()
            .answer(LOCAL, 0, "rake (13.1.0)\n")
            .answer("/usr/bin/gem uninstall --norc --all --executable rake", 0, "")
            .answer(LOCAL, 0, "");
        assert_eq!(run(&gone, json!({"name": "rake", "state": "absent"}))["changed"], true);
    }

    #[test]
    fn mistakes_are_refused() {
        let message = |args| run(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"name": "x", "version": "1", "state": "latest"})),
            "Cannot specify version when state=latest"
        );
        assert_eq!(
            message(json!({"name": "x", "install_dir": "/d"})),
            "install_dir requires user_install=false"
        );
    }
}
