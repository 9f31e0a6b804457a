//! `pip`: packages of Python, of the system or of virtual environments.

mod installed;
mod requirement;

use serde_json::json;
use windlass_macros::{Args, Choice};
use windlass_protocol::Json;

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, join_words, split_words},
    spec::ArgPath,
};

/// Manages packages of Python
///
/// The host needs Python with pip, and for environments `virtualenv` or, as `virtualenv_command`, `python3 -m venv`.
///
/// # Examples
/// ```yaml
/// - name: Have what the shop needs in an environment of its own
///   ansible.builtin.pip:
///     requirements: /srv/shop/requirements.txt
///     virtualenv: /srv/shop/venv
///     virtualenv_command: python3 -m venv
///
/// - name: Have one package within limits
///   ansible.builtin.pip:
///     name: gunicorn>=23,<24
///     virtualenv: /srv/shop/venv
///   notify: restart shop
///
/// - name: Have a tool for everybody, beside what the system manages
///   ansible.builtin.pip:
///     name: httpie
///     break_system_packages: true
/// ```
#[derive(Args)]
#[args(
    required_one_of("name", "requirements"),
    mutually_exclusive("name", "requirements"),
    mutually_exclusive("executable", "virtualenv")
)]
#[expect(clippy::struct_field_names, reason = "the names are the reference's")]
pub struct Args {
    /// Packages: names, perhaps with versions, extras or addresses
    name: Option<Vec<String>>,
    /// Version of the one package
    version: Option<String>,
    /// File that lists packages
    requirements: Option<String>,
    /// Folder of a virtual environment, which is made when it is not there
    virtualenv: Option<ArgPath>,
    /// Whether the environment sees the system's packages
    #[arg(default = "false")]
    virtualenv_site_packages: bool,
    /// Command that makes environments
    #[arg(default = "virtualenv")]
    virtualenv_command: ArgPath,
    /// Python of a new environment
    virtualenv_python: Option<String>,
    /// How the packages should be
    #[arg(default = "present")]
    state: State,
    /// Further words for pip
    extra_args: Option<String>,
    /// Whether packages are used where their sources are
    #[arg(default = "false")]
    editable: bool,
    /// Folder to change into first
    chdir: Option<ArgPath>,
    /// The program `pip` to use, by name or path; Python's own when absent
    executable: Option<ArgPath>,
    /// Mask of permissions for what is installed, in octal
    umask: Option<String>,
    /// Whether packages that the system manages may be changed
    #[arg(default = "false")]
    break_system_packages: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Absent,
    Latest,
    Forcereinstall,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let names = requirement::joined(args.name.as_deref().unwrap_or_default());
    if args.state == State::Latest && args.version.is_some() {
        return Err(Failure::new("version is incompatible with state=latest"));
    }
    let task = Task { args: &args, names, host };
    let mut made = None;
    if let Some(environment) = &args.virtualenv {
        let environment = host.expand(&environment.0);
        if !host.exists(format!("{environment}/bin/activate")) {
            if host.checking() {
                return Ok(Outcome::changed_if(true));
            }
            made = Some(task.make_environment(&environment)?);
        }
    }
    let pip = task.pip()?;
    task.refuse_two_versions()?;
    if task.names.is_empty() && args.requirements.is_none() {
        host.warn("No valid name or requirements file found.");
        return Ok(Outcome::changed_if(false));
    }
    if host.checking() {
        return task.predict();
    }
    let command = task.command(&pip);
    if let Some(told) = task.installed_already() {
        let output = Output { stdout: told.into_bytes(), ..Output::default() };
        return Ok(task.outcome(false, command, &output, made));
    }
    let needs_list = args.requirements.is_some() || task.names.iter().any(|name| is_address(name));
    let before = if needs_list { Some(task.freeze(&pip)?) } else { None };
    let output = task.call(&command)?;
    let text = output.text();
    let complains = text.contains("not installed") || output.error_text().contains("not installed");
    if !(output.success() || output.status == 1 && args.state == State::Absent && complains) {
        let mut message = String::new();
        for (what, text) in [("stdout: ", text), ("\n:stderr: ", output.error_text())] {
            if !text.is_empty() {
                message.push_str(what);
                message.push_str(&text);
            }
        }
        return Err(Failure::new(message).with("cmd", command));
    }
    let changed = match (args.state, before) {
        (State::Absent, _) => text.contains("Successfully uninstalled"),
        (_, None) => text.contains("Successfully installed"),
        (_, Some(before)) => task.freeze(&pip)? != before,
    };
    let changed = changed || made.is_some();
    Ok(task.outcome(changed, command, &output, made))
}

fn is_address(name: &str) -> bool {
    name.contains("://") || ["git+", "hg+", "svn+", "bzr+"].iter().any(|one| name.starts_with(one))
}

struct Task<'a> {
    args: &'a Args,
    names: Vec<String>,
    host: &'a Host,
}

impl Task<'_> {
    fn environment(&self) -> Option<String> {
        self.args.virtualenv.as_ref().map(|path| self.host.expand(&path.0))
    }

    /// The version is that of one package, which names none itself.
    fn refuse_two_versions(&self) -> Result<()> {
        if self.args.version.is_none() {
            return Ok(());
        }
        if self.names.len() > 1 {
            return Err(Failure::new(
                "'version' argument is ambiguous when installing multiple package distributions. Please specify version restrictions next to each package in 'name' argument.",
            ));
        }
        let has_one = |name: &String| !is_address(name) && name.contains(['<', '>', '=', '!', '~']);
        if self.names.iter().any(has_one) {
            return Err(Failure::new(
                "The 'version' argument conflicts with any version specifier provided along with a package name. Please keep the version specifier, but remove the 'version' argument.",
            ));
        }
        Ok(())
    }

    fn make_environment(&self, path: &str) -> Result<Output> {
        let args = self.args;
        let mut words = split_words(&args.virtualenv_command).map_err(Failure::new)?;
        if let Some(program) = words.first_mut()
            && !program.contains('/')
        {
            *program = self.host.required(program)?;
        }
        let is_venv = args.virtualenv_command.contains("pyvenv")
            || args.virtualenv_command.contains("-m venv");
        if args.virtualenv_site_packages {
            words.push("--system-site-packages".to_owned());
        }
        match &args.virtualenv_python {
            Some(_) if is_venv => {
                return Err(Failure::new(
                    "virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command",
                ));
            }
            Some(python) => words.push(format!("-p{python}")),
            None => (),
        }
        words.push(path.to_owned());
        self.call_checked(words)
    }

    fn call_checked(&self, words: Vec<String>) -> Result<Output> {
        let output = self.call(&words)?;
        if output.success() {
            return Ok(output);
        }
        let message = format!("\nstdout: {}\n:stderr: {}", output.text(), output.error_text());
        Err(Failure::new(message.trim_start_matches('\n').to_owned()).with("cmd", words))
    }

    /// Returns the words that start pip.
    fn pip(&self) -> Result<Vec<String>> {
        if let Some(environment) = self.environment() {
            let candidates = ["pip3", "pip"].map(|name| format!("{environment}/bin/{name}"));
            if let Some(found) = candidates.iter().find(|path| self.host.exists(path)) {
                return Ok(vec![found.clone()]);
            }
            return Err(Failure::new(format!(
                "Unable to find pip in the virtualenv, {environment}, under any of these names: pip3, pip. Make sure pip is present in the virtualenv."
            )));
        }
        if let Some(executable) = &self.args.executable {
            let executable = self.host.expand(&executable.0);
            let found = if executable.contains('/') {
                Some(executable.clone())
            } else {
                self.host.which(&executable)
            };
            return found.map(|found| vec![found]).ok_or_else(|| {
                Failure::new(format!(
                    "Unable to find any of {executable} to use.  pip needs to be installed."
                ))
            });
        }
        if let Some(python) = self.host.which("python3") {
            let look =
                "import importlib.util, sys; sys.exit(importlib.util.find_spec('pip') is None)";
            if self.host.run(&Command::new([python.as_str(), "-c", look]))?.success() {
                return Ok(vec![python, "-m".to_owned(), "pip".to_owned()]);
            }
        }
        if let Some(found) = ["pip3", "pip"].iter().find_map(|name| self.host.which(name)) {
            return Ok(vec![found]);
        }
        Err(Failure::new("Unable to find any of pip3 to use.  pip needs to be installed."))
    }

    /// Returns the names, with the version that is asked for.
    fn wanted(&self) -> Vec<String> {
        let version = self.args.version.as_deref().map(str::trim_start).unwrap_or_default();
        let between = match version.chars().next() {
            None => "",
            Some(first) if first.is_ascii_digit() => "==",
            Some(_) => " ",
        };
        self.names.iter().map(|name| format!("{name}{between}{version}")).collect()
    }

    /// Returns the whole command line.
    fn command(&self, pip: &[String]) -> Vec<String> {
        let args = self.args;
        let verb: &[&str] = match args.state {
            State::Present => &["install"],
            State::Absent => &["uninstall", "-y"],
            State::Latest => &["install", "-U"],
            State::Forcereinstall => &["install", "-U", "--force-reinstall"],
        };
        let mut words = pip.to_vec();
        words.extend(verb.iter().map(|word| (*word).to_owned()));
        // What the playbook adds stands before the names, so that it may name an index for them.
        let extra = args.extra_args.as_deref().map(split_words).transpose().unwrap_or_default();
        let mut extra = extra.unwrap_or_default();
        if args.editable && args.state != State::Absent && !extra.iter().any(|word| word == "-e") {
            extra.push("-e".to_owned());
        }
        words.append(&mut extra);
        words.extend(self.wanted().iter().map(|name| requirement::plain(name)));
        if let Some(file) = &args.requirements {
            words.extend(["-r".to_owned(), file.clone()]);
        }
        words
    }

    fn call(&self, words: &[String]) -> Result<Output> {
        let mut command = match &self.args.umask {
            Some(umask) => {
                let line = crate::host::join_words(words);
                let plain = umask.bytes().all(|byte| byte.is_ascii_digit());
                if !plain {
                    let umask = crate::spec::python_repr(&umask.as_str().into());
                    let why = format!("invalid literal for int() with base 8: {umask}");
                    return Err(Failure::new("umask must be an octal integer").with("details", why));
                }
                Command::shell(format!("umask {umask}; exec {line}"))
            }
            None => Command::new(words.iter().map(String::as_str)),
        };
        // A folder that is not there does not matter.
        let folder = self.args.chdir.as_ref().map(|path| self.host.expand(&path.0));
        command.cwd = folder.filter(|folder| self.host.is_folder(folder)).map(Into::into);
        if self.args.break_system_packages {
            command = command.env("PIP_BREAK_SYSTEM_PACKAGES", "1");
        }
        for name in ["LANG", "LC_ALL", "LC_MESSAGES"] {
            command = command.env(name, "C.UTF-8");
        }
        self.host.run(&command)
    }

    fn freeze(&self, pip: &[String]) -> Result<String> {
        // `freeze` says nothing of pip itself and its companions; old versions know only that.
        let ask = |more: &[&str]| {
            let more = more.iter().map(|word| (*word).to_owned());
            self.call(&pip.iter().cloned().chain(more).collect::<Vec<_>>())
        };
        let listed = ask(&["list", "--format=freeze"])?;
        if listed.success() {
            return Ok(listed.text());
        }
        Ok(ask(&["freeze"])?.text())
    }

    fn is_simple(&self) -> bool {
        let args = self.args;
        args.extra_args.is_none()
            && args.requirements.is_none()
            && !args.editable
            && !self.names.is_empty()
            && !self.names.iter().any(|name| is_address(name) || name.contains('/'))
    }

    /// Returns what pip would say of packages that are all there; nothing where it has to be asked.
    fn installed_already(&self) -> Option<String> {
        if self.args.state != State::Present || !self.is_simple() {
            return None;
        }
        let folders = installed::folders(&self.environment()?, self.host);
        let mut told = String::new();
        for name in self.wanted() {
            let (folder, version) = installed::find(&name, &folders, self.host)?;
            told.push_str(&format!(
                "Requirement already satisfied: {name} in {folder} ({version})\n"
            ));
        }
        Some(told)
    }

    /// Says what would happen, where that can be said without doing it.
    fn predict(&self) -> Result<Outcome> {
        let args = self.args;
        if args.extra_args.is_some()
            || args.requirements.is_some()
            || args.editable
            || args.state == State::Latest
            || self.names.is_empty()
        {
            return Ok(Outcome::changed_if(true));
        }
        let mut words = self.pip()?;
        words.extend(["list".to_owned(), "--format=freeze".to_owned()]);
        let listed = self.call(&words)?;
        let text = listed.text();
        let has = |wanted: &String| {
            text.lines().any(|line| {
                let (one, version) = line.split_once("==").unwrap_or((line, ""));
                installed::is(wanted, one, version)
            })
        };
        let changed = match args.state {
            State::Absent => self.wanted().iter().any(has),
            // The reference sees no change in what is there, although it would be installed anew.
            State::Forcereinstall => false,
            _ => !self.wanted().iter().all(has),
        };
        Ok(Outcome::changed_if(changed)
            .with("cmd", join_words(&words))
            .with("stdout", text)
            .with("stderr", listed.error_text()))
    }

    fn outcome(
        &self,
        changed: bool,
        command: Vec<String>,
        output: &Output,
        made: Option<Output>,
    ) -> Outcome {
        let args = self.args;
        let before = made.unwrap_or_default();
        let name = args.name.as_ref().map(|names| json!(names));
        Outcome::changed_if(changed)
            .with("cmd", command)
            .with("name", name.unwrap_or(Json::Null))
            .with("version", args.version.clone())
            .with("state", args.state.as_str())
            .with("requirements", args.requirements.clone())
            .with("virtualenv", args.virtualenv.as_ref().map(|path| path.0.clone()))
            .with("stdout", before.text() + &output.text())
            .with("stderr", before.error_text() + &output.error_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{find, host::TestHost};

    fn host() -> TestHost {
        TestHost::with(&[
            ("/venv/bin/activate", ""),
            ("/venv/bin/pip", ""),
            ("/venv/lib/python3.11/site-packages/My_Pkg-1.2.dist-info/METADATA", ""),
            ("/usr/bin/pip3", ""),
            ("/usr/bin/virtualenv", ""),
        ])
        .executable(&["/usr/bin/pip3", "/usr/bin/virtualenv", "/venv/bin/pip"])
    }

    fn pip(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("pip").unwrap().run(&given, host))
    }

    #[test]
    fn what_an_environment_has_starts_nothing() {
        for name in ["my-pkg", "my.pkg==1.2", "My_Pkg>=1.0,<2"] {
            let result = pip(&host(), json!({"name": [name], "virtualenv": "/venv"}));
            assert_eq!(result["changed"], false, "{result}");
        }
    }

    #[test]
    fn names_are_told_as_they_were_read() {
        let given = json!({"name": "my-pkg>=1.0,<2", "virtualenv": "/venv"});
        assert_eq!(pip(&host(), given)["name"], json!(["my-pkg>=1.0", "<2"]));
    }

    #[test]
    fn packages_are_installed() {
        let host = host().answer(
            "/usr/bin/pip3 install --index-url http://x jinja2==3",
            0,
            "Successfully installed jinja2-3\n",
        );
        let given = json!({"name": "jinja2", "version": "3", "extra_args": "--index-url http://x"});
        let result = pip(&host, given);
        assert_eq!((&result["changed"], &result["name"]), (&json!(true), &json!(["jinja2"])));
        assert_eq!(result["cmd"][1], "install");
    }

    #[test]
    fn an_environment_is_made_first() {
        let host = host().answer(
            "/usr/bin/virtualenv --system-site-packages -ppython3 /new",
            0,
            "created\n",
        );
        let given = json!({
            "virtualenv": "/new", "virtualenv_site_packages": true, "virtualenv_python": "python3", "name": "x",
        });
        let message = pip(&host, given)["msg"].clone();
        assert!(
            message.as_str().unwrap().starts_with("Unable to find pip in the virtualenv, /new")
        );
    }

    #[test]
    fn requirements_are_compared_before_and_after() {
        let host = host()
            .answer("/usr/bin/pip3 list --format=freeze", 0, "a==1\n")
            .answer("/usr/bin/pip3 install -r /r.txt", 0, "")
            .answer("/usr/bin/pip3 list --format=freeze", 0, "a==1\nb==2\n");
        assert_eq!(pip(&host, json!({"requirements": "/r.txt"}))["changed"], true);
    }

    #[test]
    fn check_mode_looks_at_the_list() {
        let list = "/usr/bin/pip3 list --format=freeze";
        let host = host().check().answer(list, 0, "a==1\n").answer(list, 0, "a==1\n");
        assert_eq!(pip(&host, json!({"name": "A"}))["changed"], false);
        assert_eq!(pip(&host, json!({"name": "a", "state": "absent"}))["changed"], true);
        assert_eq!(pip(&host, json!({"name": "a", "virtualenv": "/new"}))["changed"], true);
    }

    #[test]
    fn failures_are_told() {
        let host = host().answer("/usr/bin/pip3 install nope", 1, "no matching distribution");
        assert_eq!(pip(&host, json!({"name": "nope"}))["msg"], "stdout: no matching distribution");
        let ambiguous = json!({"name": ["a", "b"], "version": "1"});
        assert!(pip(&host, ambiguous)["msg"].as_str().unwrap().starts_with("'version' argument"));
        assert_eq!(
            pip(&host, json!({"state": "present"}))["msg"],
            "one of the following is required: name, requirements"
        );
    }
}
