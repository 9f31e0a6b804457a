//! Calls of dnf, and what their output says.

use std::cmp::Ordering;

use serde_json::json;
use windlass_protocol::Json;

use super::{Args, Backend, installed::compare};
use crate::host::{Command, Failure, Host, Outcome, Output, Result};

/// dnf with the options that the arguments ask for.
pub(super) struct Call<'a> {
    program: String,
    options: Vec<String>,
    host: &'a Host,
}

impl<'a> Call<'a> {
    pub(super) fn new(args: &Args, host: &'a Host) -> Result<Call<'a>> {
        let names: &[&str] = match args.use_backend {
            Backend::Dnf5 => &["dnf5"],
            Backend::Dnf | Backend::Dnf4 | Backend::Yum4 => &["dnf-3", "dnf", "yum"],
            Backend::Yum => &["yum", "dnf"],
            Backend::Auto => &["dnf5", "dnf", "dnf-3", "microdnf", "yum"],
        };
        let program = names.iter().find_map(|name| host.which(name)).ok_or_else(|| {
            Failure::new(format!(
                "Could not find any of {}: dnf is not on this host",
                names.join(", ")
            ))
        })?;
        Ok(Call { program, options: options(args), host })
    }

    fn run(&mut self, words: &[&str]) -> Result<Output> {
        let output = self.run_once(words)?;
        // The reference passes over repositories that are not there.
        let text = output.text() + "\n" + &output.error_text();
        let unknown = text.lines().find_map(|line| line.strip_prefix("Error: Unknown repo: '"));
        let n_options = self.options.len();
        for name in unknown.iter().flat_map(|names| names.trim_end_matches('\'').split(',')) {
            let option = format!("--enablerepo={}", name.trim());
            self.options.retain(|one| *one != option);
        }
        if self.options.len() == n_options { Ok(output) } else { self.run(words) }
    }

    fn run_once(&self, words: &[&str]) -> Result<Output> {
        let options = self.options.iter().map(String::as_str);
        let words =
            std::iter::once(self.program.as_str()).chain(options).chain(words.iter().copied());
        let mut command = Command::new(words);
        for name in ["LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"] {
            command = command.env(name, "C.UTF-8");
        }
        self.host.run(&command)
    }

    /// Fetches the lists of packages.
    pub(super) fn refresh(&mut self) -> Result<()> {
        let output = self.run(&["--refresh", "makecache"])?;
        if output.success() { Ok(()) } else { Err(explain(&output, &[])) }
    }

    /// Runs a subcommand, or finds out what it would do.
    pub(super) fn carry_out(&mut self, words: &[String]) -> Result<Done> {
        let checking = self.host.checking();
        let answer = if checking { "--assumeno" } else { "-y" };
        let all: Vec<&str> =
            std::iter::once(answer).chain(words.iter().map(String::as_str)).collect();
        let output = self.run(&all)?;
        let text = output.text() + "\n" + &output.error_text();
        let planned = table(&output.text());
        // Saying no is a failure to dnf; anything else is one to us.
        let refused = checking && (!planned.is_empty() || text.contains("Operation aborted"));
        if !output.success() && !refused {
            return Err(explain(&output, words));
        }
        let removing = words[0] == "remove";
        Ok(Done {
            // That a group is remembered as installed is no change.
            changed: !planned.is_empty()
                || !checking && !says_nothing(&text) && !text.contains("Groups:"),
            planned,
            unmatched: text
                .lines()
                .filter(|line| removing && line.starts_with("No match for argument: "))
                .map(ToOwned::to_owned)
                .collect(),
        })
    }

    /// Returns the groups that repositories have; nothing where dnf does not tell.
    pub(super) fn groups(&mut self) -> Result<Option<Vec<Group>>> {
        let output = self.run(&["group", "list", "--hidden", "-v"])?;
        let text = output.text();
        let groups = groups(&text);
        Ok((output.success() && (!groups.is_empty() || !text.contains("ID "))).then_some(groups))
    }

    /// Tells of packages.
    pub(super) fn list(&mut self, what: &str) -> Result<Outcome> {
        let mut words = vec!["list", "--quiet", "--showduplicates"];
        match what {
            "installed" => words.push("--installed"),
            "available" => words.push("--available"),
            "updates" | "upgrades" => words.push("--upgrades"),
            "repos" | "repositories" => words = vec!["repolist", "--quiet", "--enabled"],
            pattern => words.push(pattern),
        }
        let output = self.run(&words)?;
        let text = output.text();
        let results: Vec<Json> = match what {
            "repos" | "repositories" => {
                let lines = text.lines().skip(1).filter_map(|line| line.split_whitespace().next());
                lines.map(|id| json!({ "repoid": id, "state": "enabled" })).collect()
            }
            _ => {
                let mut found: Vec<Listed> =
                    unwrapped(&text).iter().filter_map(|line| listed(line)).collect();
                found.sort_by(Listed::order);
                found.iter().map(Listed::json).collect()
            }
        };
        Ok(Outcome::changed_if(false).with("msg", "").with("results", results))
    }
}

fn options(args: &Args) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |option: String| all.push(option);
    if let Some(file) = &args.conf_file {
        add(format!("--config={file}"));
    }
    if args.installroot != "/" {
        add(format!("--installroot={}", args.installroot));
    }
    if let Some(release) = &args.releasever {
        add(format!("--releasever={release}"));
    }
    for (option, values) in [
        ("disablerepo", &args.disablerepo),
        ("enablerepo", &args.enablerepo),
        ("exclude", &args.exclude),
        ("disableplugin", &args.disable_plugin),
        ("enableplugin", &args.enable_plugin),
    ] {
        for value in values {
            add(format!("--{option}={value}"));
        }
    }
    if let Some(what) = &args.disable_excludes {
        add(format!("--disableexcludes={what}"));
    }
    if let Some(folder) = &args.download_dir {
        add(format!("--downloaddir={folder}"));
    }
    for (on, option) in [
        (args.disable_gpg_check, "--nogpgcheck"),
        (args.allowerasing, "--allowerasing"),
        (args.skip_broken, "--skip-broken"),
        (args.cacheonly, "--cacheonly"),
        (args.download_only, "--downloadonly"),
        (args.best == Some(true) || args.nobest == Some(false), "--best"),
        (args.nobest == Some(true) || args.best == Some(false), "--nobest"),
        (!args.install_weak_deps, "--setopt=install_weak_deps=False"),
        (!args.sslverify || !args.validate_certs, "--setopt=sslverify=False"),
        // Waiting for the lock is dnf's own matter; not waiting has to be said.
        (args.lock_timeout == 0, "--setopt=exit_on_lock=True"),
    ] {
        if on {
            add(option.to_owned());
        }
    }
    all
}

fn says_nothing(text: &str) -> bool {
    text.contains("Nothing to do") || text.contains("No packages marked for removal")
}

/// Returns the failure in the words of the reference where it has words of its own.
fn explain(output: &Output, words: &[String]) -> Failure {
    let text = output.text() + "\n" + &output.error_text();
    let not_there = |name: &str| format!("No package {name} available.");
    let after = |start: &'static str| text.lines().filter_map(move |line| line.strip_prefix(start));
    let filtered = "All matches were filtered out by exclude filtering for argument: ";
    let mut failures: Vec<String> = after("No match for argument: ").map(not_there).collect();
    failures.extend(after(filtered).map(|name| format!("{name} {filtered}{name}")));
    if text.contains("There are no enabled repositories") {
        let names = words.iter().skip(1).filter(|word| !word.starts_with('-'));
        failures.extend(names.map(|name| not_there(name)));
    }
    if failures.is_empty() {
        let unknown = after("Error: Unable to find a match: ").flat_map(str::split_whitespace);
        failures.extend(unknown.map(not_there));
    }
    if let Some(line) = text.lines().find(|line| line.ends_with(".rpm is not signed")) {
        let package = line.trim_start_matches("Package ").split(".rpm ").next().unwrap_or_default();
        return Failure::new(format!("Failed to validate GPG signature for {package}: {line}"));
    }
    let lines: Vec<&str> = text.lines().collect();
    let start =
        lines.iter().position(|line| line.starts_with("Error:") || line.starts_with("Problem"));
    let reason = match start {
        Some(at) => lines[at..].join("\n"),
        None => output.error_text(),
    };
    let unsolved = reason.strip_prefix("Error:").filter(|_| reason.contains("\n Problem"));
    let failure = match unsolved {
        Some(problem) => Failure::new(format!("Depsolve Error occurred:{}", problem.trim_end())),
        None if failures.is_empty() => Failure::new(reason.trim().to_owned()),
        None => Failure::new("Failed to install some of the specified packages"),
    };
    let failure = failure.with("rc", output.status).with("results", Json::Array(Vec::new()));
    if failures.is_empty() && unsolved.is_none() {
        failure
    } else {
        failure.with("failures", failures)
    }
}

/// What a subcommand did, or would do.
pub(super) struct Done {
    pub(super) changed: bool,
    /// What dnf said before it began, as results tell it.
    pub(super) planned: Vec<String>,
    /// Lines about names that nothing answers to.
    pub(super) unmatched: Vec<String>,
}

/// A group of packages, or an environment of groups.
pub(super) struct Group {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) installed: bool,
}

/// Reads the list of groups: `   Name (id)` under headings.
fn groups(text: &str) -> Vec<Group> {
    let (mut kind, mut installed) = ("Group", false);
    let mut found = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            installed = line.starts_with("Installed");
            kind = if line.contains("Environment") { "Environment" } else { "Group" };
        } else if let Some((name, id)) =
            line.trim().strip_suffix(')').and_then(|l| l.rsplit_once(" ("))
        {
            found.push(Group { kind, id: id.to_owned(), name: name.to_owned(), installed });
        }
    }
    found
}

/// Returns the lines of a table; a word too long for its column has a line to itself, which is joined with the next.
fn unwrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let n_words = line.split_whitespace().count();
        match lines.last_mut().filter(|_| open && line.starts_with("  ")) {
            Some(last) => {
                last.push_str(line);
                open = last.split_whitespace().count() < 3;
            }
            None => {
                lines.push(line.to_owned());
                open = n_words > 0 && n_words < 3;
            }
        }
    }
    lines
}

/// Reads the table of what is going to happen.
fn table(text: &str) -> Vec<String> {
    let (mut removing, mut within) = (false, false);
    let mut found = Vec::new();
    for line in unwrapped(text) {
        let trimmed = line.trim_end();
        if trimmed == "Transaction Summary" || trimmed.starts_with("Transaction Summary") {
            break;
        }
        if !line.starts_with(' ') {
            let starts = |words: &[&str]| words.iter().any(|word| trimmed.starts_with(word));
            removing = starts(&["Removing"]);
            within = !trimmed.ends_with("Groups:")
                && (removing
                    || starts(&["Installing", "Upgrading", "Downgrading", "Reinstalling"]));
            continue;
        }
        let words: Vec<&str> = trimmed.split_whitespace().collect();
        if let [name, arch, version, ..] = words.as_slice()
            && within
            && *name != "replacing"
        {
            let what = if removing { "Removed" } else { "Installed" };
            let version = version.split_once(':').map_or(*version, |(_, version)| version);
            found.push(format!("{what}: {name}-{version}.{arch}"));
        }
    }
    found
}

/// A package of a list.
struct Listed {
    name: String,
    arch: String,
    epoch: String,
    version: String,
    release: String,
    repo: String,
}

impl Listed {
    fn order(&self, other: &Listed) -> Ordering {
        (self.name.cmp(&other.name))
            .then_with(|| compare(&self.epoch, &other.epoch))
            .then_with(|| compare(&self.version, &other.version))
            .then_with(|| compare(&self.release, &other.release))
    }

    fn json(&self) -> Json {
        let Listed { name, arch, epoch, version, release, repo } = self;
        let full = format!("{epoch}:{name}-{version}-{release}.{arch}");
        json!({
            "name": name,
            "arch": arch,
            "epoch": epoch,
            "version": version,
            "release": release,
            "repo": repo,
            "envra": full,
            "nevra": full,
            "yumstate": if repo == "@System" { "installed" } else { "available" },
        })
    }
}

/// Reads a line of a list: `name.arch  version-release  repository`.
fn listed(line: &str) -> Option<Listed> {
    let mut words = line.split_whitespace();
    let (name, full, repo) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let (name, arch) = name.rsplit_once('.')?;
    let (epoch, rest) = full.split_once(':').unwrap_or(("0", full));
    let (version, release) = rest.rsplit_once('-')?;
    Some(Listed {
        name: name.to_owned(),
        arch: arch.to_owned(),
        epoch: epoch.to_owned(),
        version: version.to_owned(),
        release: release.to_owned(),
        // Where it came from is dnf's own knowledge; rpm's database has it now.
        repo: if repo.starts_with('@') { "@System" } else { repo }.to_owned(),
    })
}
