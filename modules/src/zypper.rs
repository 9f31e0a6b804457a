//! `zypper`: packages of SUSE.
//!
//! Invariant: installed packages are read from rpm's database; zypper runs for changes, and for kinds that rpm does not
//! know.

use std::path::Path;

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result},
    xml::{Document, Id, parse},
};

/// Installs packages with zypper, keeps them current, or removes them
///
/// # Examples
/// ```yaml
/// - name: Have the web server and no editor
///   community.general.zypper:
///     name:
///       - nginx
///       - -nano
///
/// - name: Bring everything up to date
///   community.general.zypper:
///     name: "*"
///     state: latest
///     update_cache: true
///
/// - name: Take the compiler out of the image
///   community.general.zypper:
///     name: gcc
///     state: absent
///     clean_deps: true
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Packages, perhaps with versions (`nginx>=1.20`), addresses or paths of packages, or `*`; a name with a minus
    /// before it is removed
    #[arg(required, alias = "pkg")]
    name: Vec<String>,
    /// How the packages should be
    #[arg(default = "present")]
    state: State,
    /// What the names are names of
    #[arg(name = "type", default = "package")]
    kind: Kind,
    /// Options that stand before zypper's command
    extra_args_precommand: Option<String>,
    /// Options that stand behind zypper's command
    #[arg(name = "extra_args")]
    extra: Option<String>,
    /// Whether packages without a good signature are taken
    #[arg(default = "false")]
    disable_gpg_check: bool,
    /// Whether keys of repositories are trusted when they are first met
    #[arg(default = "false")]
    auto_import_keys: bool,
    /// Whether only what is needed is installed, and not what is recommended
    #[arg(default = "true")]
    disable_recommends: bool,
    /// Whether packages are installed again, or from another vendor
    #[arg(default = "false")]
    force: bool,
    /// Whether the solver looks for a way out by itself
    #[arg(default = "false")]
    force_resolution: bool,
    /// Whether repositories are refreshed first
    #[arg(alias = "refresh", default = "false")]
    update_cache: bool,
    /// Whether a package may become older; versions in names imply it
    #[arg(default = "false")]
    oldpackage: bool,
    /// Whether `dist-upgrade` may take packages from another vendor
    #[arg(default = "false")]
    allow_vendor_change: bool,
    /// Whether files of other packages are replaced
    #[arg(default = "false")]
    replacefiles: bool,
    /// Whether packages that nothing needs any more are removed along
    #[arg(default = "false")]
    clean_deps: bool,
    /// Whether only the messages of zypper's output are told
    #[arg(default = "false")]
    simple_errors: bool,
    /// Whether zypper prints little
    #[arg(default = "true")]
    quiet: bool,
    /// Whether a failing script of a package is passed over
    #[arg(default = "false")]
    skip_post_errors: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Latest,
    Absent,
    #[choice("dist-upgrade")]
    DistUpgrade,
    Installed,
    Removed,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Package,
    Patch,
    Pattern,
    Product,
    Srcpackage,
    Application,
}

/// What zypper's exit codes mean that are no plain failures.
mod code {
    pub(super) const REBOOT_NEEDED: i32 = 102;
    pub(super) const RESTART_NEEDED: i32 = 103;
    pub(super) const NOTHING_FOUND: i32 = 104;
    pub(super) const REPOSITORIES_SKIPPED: i32 = 106;
    pub(super) const SCRIPT_FAILED: i32 = 107;
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let names: Vec<String> = args.name.iter().filter(|name| !name.is_empty()).cloned().collect();
    let zypper = Zypper { args: &args, program: host.required("zypper")?, host };
    if args.update_cache && !host.checking() {
        let done = zypper.call(&["refresh".to_owned()])?;
        if done.output.status != 0 {
            return Err(done.failed("Zypper refresh run failed."));
        }
    }
    let is_all = names == ["*"];
    let done = match args.state {
        State::DistUpgrade if !is_all => {
            return Err(Failure::new("Can not dist-upgrade specific packages."));
        }
        State::Latest | State::DistUpgrade if is_all => Some(zypper.update()?),
        State::Absent | State::Removed => zypper.remove(&names)?,
        state => zypper.install(&names, state == State::Latest)?,
    };
    let mut outcome = Outcome::changed_if(false)
        .with("name", names)
        .with("state", args.state.as_str())
        .with("update_cache", args.update_cache);
    let Some(done) = done else { return Ok(outcome.with("rc", 0)) };
    if !matches!(done.output.status, 0 | code::REBOOT_NEEDED) {
        return Err(done.failed("Zypper run failed."));
    }
    outcome = outcome.with("rc", done.output.status).with("cmd", done.argv);
    if done.touched.is_empty() {
        return Ok(outcome);
    }
    outcome.changed = true;
    if host.diffing() {
        outcome = outcome.with("diff", json!({ "prepared": prepared(&done.touched) }));
    }
    Ok(outcome.with("stdout", done.stdout).with("stderr", done.output.error_text()))
}

/// What was asked for under one name.
struct Spec<'a> {
    /// The name without the sign before it.
    name: &'a str,
    goes: bool,
    /// Whether the sign says that it comes, and not only that nothing says otherwise.
    is_signed: bool,
    has_version: bool,
}

impl<'a> Spec<'a> {
    fn parse(text: &'a str) -> Spec<'a> {
        let (name, goes) = match text.strip_prefix(['-', '~']) {
            Some(name) => (name, true),
            None => (text.strip_prefix('+').unwrap_or(text), false),
        };
        let has_version = name.contains(['=', '<', '>']) && !name.contains(char::is_whitespace);
        Spec { name, goes, is_signed: text.starts_with('+'), has_version }
    }

    /// Returns the name without a version.
    fn bare(&self) -> &'a str {
        if !self.has_version {
            return self.name;
        }
        let end = self.name.find(['=', '<', '>', '!']).unwrap_or(self.name.len());
        &self.name[..end]
    }
}

fn is_file(name: &str) -> bool {
    name.contains("://") || Path::new(name).extension().is_some_and(|ending| ending == "rpm")
}

/// A package that zypper touches or would touch.
struct Touched {
    /// Such as `to-install`.
    action: String,
    name: String,
    before: String,
    after: String,
}

/// What a call of zypper did.
struct Done {
    argv: Vec<String>,
    output: Output,
    /// What it printed, or the messages alone where these are asked for.
    stdout: String,
    messages: Vec<String>,
    touched: Vec<Touched>,
    /// The installed packages that it lists.
    found: Vec<String>,
}

impl Done {
    fn failed(&self, message: impl Into<String>) -> Failure {
        Failure::new(message)
            .with("cmd", self.argv.clone())
            .with("rc", self.output.status)
            .with("stdout", self.stdout.as_str())
            .with("stderr", self.output.error_text())
    }

    /// Reads zypper's XML.
    fn read(&mut self) -> std::result::Result<(), String> {
        let text = self.output.text();
        let start = text.trim_start();
        if !start.starts_with('<') {
            let what = if start.is_empty() { "no element found" } else { "syntax error" };
            return Err(format!("{what}: line 1, column 0"));
        }
        let document = parse(&text, false)?;
        let root = document.root().unwrap_or_default();
        self.walk(&document, root);
        Ok(())
    }

    fn walk(&mut self, document: &Document, id: Id) {
        for child in document.elements(id) {
            match document.name(child) {
                Some("message") => self.messages.push(document.text(child)),
                Some("solvable") => self.solvable(document, id, child),
                _ => self.walk(document, child),
            }
        }
    }

    /// Notes a package that stands in a list of the found or the touched ones.
    fn solvable(&mut self, document: &Document, list: Id, id: Id) {
        let attribute = |key: &str| {
            let found = document.attributes(id).iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        match document.name(list) {
            Some(action) if action.starts_with("to-") => self.touched.push(Touched {
                action: action.to_owned(),
                name: attribute("name"),
                before: attribute("edition-old"),
                after: attribute("edition"),
            }),
            _ => self.found.push(attribute("name")),
        }
    }
}

/// The changes as a diff tells them: what comes, what goes, and what becomes newer.
fn prepared(touched: &[Touched]) -> String {
    let mut lines = String::new();
    for (action, told) in
        [("to-install", "installed"), ("to-remove", "removed"), ("to-upgrade", "upgraded")]
    {
        let chosen = touched.iter().filter(|one| one.action == action);
        let shown = chosen.map(|one| match told {
            "upgraded" => format!("{} ({} => {})", one.name, one.before, one.after),
            _ => one.name.clone(),
        });
        let shown: Vec<String> = shown.collect();
        if !shown.is_empty() {
            lines += &format!("{told}: {}\n", shown.join(", "));
        }
    }
    lines
}

struct Zypper<'a> {
    args: &'a Args,
    program: String,
    host: &'a Host,
}

impl Zypper<'_> {
    /// Runs a command of zypper and reads what it says.
    fn call(&self, words: &[String]) -> Result<Done> {
        let done = self.call_once(words)?;
        // zypper stops after it has updated itself; what failed after all was installed may be passed over.
        let again = match done.output.status {
            code::RESTART_NEEDED => true,
            code::SCRIPT_FAILED => self.args.skip_post_errors,
            _ => false,
        };
        if again { self.call_once(words) } else { Ok(done) }
    }

    fn call_once(&self, words: &[String]) -> Result<Done> {
        let argv = [self.options(&words[0]), words.to_vec()].concat();
        let output = self
            .host
            .run(&Command::new(argv.iter().map(String::as_str)).env("LC_ALL", "C.UTF-8"))?;
        let mut done = Done {
            argv,
            stdout: output.text(),
            output,
            messages: Vec::new(),
            touched: Vec::new(),
            found: Vec::new(),
        };
        done.read()
            .map_err(|why| done.failed(format!("Failed to parse zypper xml output: {why}")))?;
        let status = done.output.status;
        if status == code::NOTHING_FOUND {
            let last = done.messages.last().cloned().unwrap_or_default();
            return if words[0] == "search" { Ok(done) } else { Err(done.failed(last)) };
        }
        if self.args.simple_errors && !done.messages.is_empty() {
            done.stdout = done.messages.join(" \n");
        }
        match status {
            0
            | code::REBOOT_NEEDED
            | code::RESTART_NEEDED
            | code::REPOSITORIES_SKIPPED
            | code::SCRIPT_FAILED => Ok(done),
            _ => Err(done.failed(format!("Zypper run command failed with return code {status}."))),
        }
    }

    /// Returns zypper with the options that stand before a command.
    fn options(&self, command: &str) -> Vec<String> {
        let args = self.args;
        let installs = matches!(command, "install" | "update" | "patch" | "dist-upgrade");
        let mut words = vec![self.program.clone(), "--non-interactive".into(), "--xmlout".into()];
        let mut add = |wanted: bool, word: &str| words.extend(wanted.then(|| word.to_owned()));
        add(args.quiet, "--quiet");
        for word in args.extra_args_precommand.iter().flat_map(|text| text.split_whitespace()) {
            add(true, word);
        }
        add(args.disable_gpg_check && (installs || command == "refresh"), "--no-gpg-checks");
        add(args.auto_import_keys && installs, "--gpg-auto-import-keys");
        add(command == "search", "--disable-repositories");
        words
    }

    /// Returns a command that changes something, up to the names.
    fn command(&self, name: &str, older: bool) -> Vec<String> {
        let args = self.args;
        let mut words = vec![name.to_owned()];
        if !matches!(name, "patch" | "dist-upgrade") {
            words.extend(["--type".to_owned(), args.kind.as_str().to_owned()]);
        }
        let mut add = |wanted: bool, word: &str| words.extend(wanted.then(|| word.to_owned()));
        add(self.host.checking() && name != "search", "--dry-run");
        match name {
            "remove" => add(args.clean_deps, "--clean-deps"),
            "search" => (),
            _ => {
                add(true, "--auto-agree-with-licenses");
                add(args.disable_recommends, "--no-recommends");
                add(args.force, "--force");
                add(args.force_resolution, "--force-resolution");
                add(args.oldpackage || older, "--oldpackage");
                add(args.replacefiles, "--replacefiles");
                add(args.allow_vendor_change && name == "dist-upgrade", "--allow-vendor-change");
            }
        }
        for word in args.extra.iter().flat_map(|text| text.split_whitespace()) {
            add(true, word);
        }
        words
    }

    /// Brings all packages up to date.
    fn update(&self) -> Result<Done> {
        let command = match (self.args.state, self.args.kind) {
            (State::DistUpgrade, _) => "dist-upgrade",
            (_, Kind::Patch) => "patch",
            _ => "update",
        };
        self.call(&self.command(command, false))
    }

    fn remove(&self, names: &[String]) -> Result<Option<Done>> {
        if names.iter().any(|name| is_file(name)) {
            return Err(Failure::new("Can not remove via URL."));
        }
        let specs: Vec<Spec<'_>> = names.iter().map(|name| Spec::parse(name)).collect();
        if specs.iter().any(|spec| spec.is_signed) {
            let message = "Can not combine '+' prefix with state=remove/absent.";
            return Err(Failure::new(message));
        }
        let installed = self.installed(specs.iter().map(Spec::bare))?;
        let there = specs.iter().filter(|spec| installed.iter().any(|name| name == spec.bare()));
        let chosen: Vec<String> = there.map(|spec| spec.name.to_owned()).collect();
        if chosen.is_empty() {
            return Ok(None);
        }
        self.call(&[self.command("remove", false), chosen].concat()).map(Some)
    }

    fn install(&self, names: &[String], latest: bool) -> Result<Option<Done>> {
        let (files, names): (Vec<&String>, Vec<&String>) =
            names.iter().partition(|name| is_file(name));
        let mut specs: Vec<Spec<'_>> = names.iter().map(|name| Spec::parse(name)).collect();
        let older = specs.iter().any(|spec| spec.has_version);
        if !latest {
            // Whether a version is there is for zypper to say.
            let asked = specs.iter().filter(|spec| spec.goes || !spec.has_version).map(Spec::bare);
            let installed = self.installed(asked)?;
            specs.retain(|spec| {
                let is_there = installed.iter().any(|name| name == spec.bare());
                if spec.goes { is_there } else { spec.has_version || !is_there }
            });
        }
        if files.is_empty() && specs.is_empty() {
            return Ok(None);
        }
        let mut words = self.command("install", older);
        words.push("--".to_owned());
        words.extend(files.into_iter().cloned());
        let signed =
            |spec: &Spec<'_>| format!("{}{}", if spec.goes { '-' } else { '+' }, spec.name);
        words.extend(specs.iter().map(signed));
        self.call(&words).map(Some)
    }

    /// Returns those of the names that are installed.
    fn installed<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<Vec<String>> {
        let names: Vec<String> = names.map(ToOwned::to_owned).collect();
        if names.is_empty() {
            return Ok(names);
        }
        // rpm answers sooner, but knows packages alone, and none of the options.
        let args = self.args;
        if args.kind == Kind::Package && args.extra.is_none() {
            let words = ["rpm", "-q", "--queryformat", "%{NAME}\\n", "--"].map(ToOwned::to_owned);
            let output =
                self.host.run(&Command::new(words.into_iter().chain(names.iter().cloned())))?;
            return Ok(output.text().lines().map(ToOwned::to_owned).collect());
        }
        let mut words = self.command("search", false);
        words.extend(["--match-exact", "--details", "--installed-only"].map(ToOwned::to_owned));
        Ok(self.call(&[words, names].concat())?.found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{host::TestHost, spec::Json};

    const INSTALL: &str = "/usr/bin/zypper --non-interactive --xmlout --quiet install --type package \
                           --auto-agree-with-licenses --no-recommends";
    const SUMMARY: &str = "<?xml version='1.0'?><stream><message type=\"info\">a &amp; b</message><install-summary>\
        <to-upgrade><solvable name=\"old\" edition=\"2\" edition-old=\"1\"/></to-upgrade>\
        <to-install><solvable name=\"new\"/><solvable name=\"dep\"/></to-install></install-summary></stream>";

    fn host() -> TestHost {
        TestHost::with(&[("/usr/bin/zypper", "")]).executable(&["/usr/bin/zypper"])
    }

    fn run(host: &TestHost, args: Json) -> Json {
        let Json::Object(given) = args else { unreachable!() };
        Json::Object(crate::find("zypper").unwrap().run(&given, host))
    }

    fn asks(host: TestHost, names: &str, found: &str) -> TestHost {
        host.answer(&format!("rpm -q --queryformat %{{NAME}}\\n -- {names}"), 0, found)
    }

    #[test]
    fn what_is_there_costs_no_zypper() {
        let result = run(&asks(host(), "jq", "jq\n"), json!({"name": "jq"}));
        let unchanged = json!({
            "changed": false, "name": ["jq"], "rc": 0, "state": "present", "update_cache": false,
        });
        assert_eq!(result, unchanged);
    }

    #[test]
    fn names_have_signs_and_versions() {
        let asked = asks(host(), "new gone", "gone\n");
        let words = format!("{INSTALL} --oldpackage -- a.rpm +new -gone +old>=1");
        let host = asked.answer(&words, 0, SUMMARY);
        let result = run(&host, json!({"name": ["+new", "-gone", "old>=1", "a.rpm"]}));
        assert_eq!((&result["changed"], &result["rc"]), (&json!(true), &json!(0)));
    }

    #[test]
    fn a_zypper_that_has_updated_itself_runs_again() {
        let words = "/usr/bin/zypper --non-interactive --xmlout --quiet update --type package \
                     --auto-agree-with-licenses --no-recommends";
        let host = host().answer(words, 103, SUMMARY).answer(words, 107, SUMMARY);
        let result = run(&host, json!({"name": "*", "state": "latest", "simple_errors": true}));
        assert_eq!(
            (&result["msg"], &result["stdout"]),
            (&json!("Zypper run failed."), &json!("a & b"))
        );
    }

    #[test]
    fn failures_say_what_zypper_says() {
        let none = "<stream><message type=\"error\">No provider of '+x' found.</message></stream>";
        let host = asks(host(), "x", "").answer(&format!("{INSTALL} -- +x"), 104, none);
        assert_eq!(run(&host, json!({"name": "x"}))["msg"], "No provider of '+x' found.");
        let remove =
            |name: &str| run(&host, json!({"name": name, "state": "absent"}))["msg"].clone();
        assert_eq!(remove("+x"), "Can not combine '+' prefix with state=remove/absent.");
        assert_eq!(remove("http://x/y"), "Can not remove via URL.");
        let result = run(&host, json!({"name": "x", "state": "dist-upgrade"}));
        assert_eq!(result["msg"], "Can not dist-upgrade specific packages.");
    }
}
