//! Calls of dnf, and what their output says.

use serde_json::json;
use windlass_protocol::Json;

use super::{Args, Backend};
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

    fn run(&self, words: &[&str]) -> Result<Output> {
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
    pub(super) fn refresh(&self) -> Result<()> {
        let output = self.run(&["--refresh", "makecache"])?;
        if output.success() { Ok(()) } else { Err(explain(&output)) }
    }

    /// Runs a subcommand; returns whether there was something to do.
    pub(super) fn act(&self, words: &[String]) -> Result<bool> {
        let words: Vec<&str> =
            std::iter::once("-y").chain(words.iter().map(String::as_str)).collect();
        let output = self.run(&words)?;
        if !output.success() {
            return Err(explain(&output));
        }
        Ok(!says_nothing(&output))
    }

    /// Returns what a subcommand would do, as results tell it.
    pub(super) fn plan(&self, words: &[String]) -> Result<Vec<String>> {
        let words: Vec<&str> =
            std::iter::once("--assumeno").chain(words.iter().map(String::as_str)).collect();
        let output = self.run(&words)?;
        let planned = table(&output.text());
        let refused = output.text() + &output.error_text();
        // Saying no is a failure to dnf; anything else is one to us.
        if !output.success() && planned.is_empty() && !refused.contains("Operation aborted") {
            return Err(explain(&output));
        }
        Ok(planned)
    }

    /// Tells of packages.
    pub(super) fn list(&self, what: &str) -> Result<Outcome> {
        let mut words = vec!["list", "--quiet"];
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
            _ => text.lines().filter_map(listed).collect(),
        };
        Ok(Outcome::changed_if(false).with("msg", "").with("results", results).with("rc", 0))
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

fn says_nothing(output: &Output) -> bool {
    let text = output.text() + &output.error_text();
    text.contains("Nothing to do") || text.contains("No packages marked for removal")
}

/// Returns the failure in the words of the reference where dnf names packages that it does not know.
fn explain(output: &Output) -> Failure {
    let text = output.text() + "\n" + &output.error_text();
    let mut failures: Vec<String> = Vec::new();
    for line in text.lines() {
        let name = line
            .strip_prefix("No match for argument: ")
            .or_else(|| line.strip_prefix("Unable to find a match: "));
        for name in name.into_iter().flat_map(str::split_whitespace) {
            let failure = format!("No package {name} available.");
            if !failures.contains(&failure) {
                failures.push(failure);
            }
        }
    }
    if !failures.is_empty() {
        return Failure::new("Failed to install some of the specified packages")
            .with("failures", failures)
            .with("rc", 1)
            .with("results", Json::Array(Vec::new()));
    }
    let lines: Vec<&str> = text.lines().collect();
    let start =
        lines.iter().position(|line| line.starts_with("Error:") || line.starts_with("Problem"));
    let reason = match start {
        Some(at) => lines[at..].join("\n"),
        None => output.error_text(),
    };
    Failure::new(reason.trim().to_owned())
        .with("rc", output.status)
        .with("results", Json::Array(Vec::new()))
}

/// Reads the table of what is going to happen.
fn table(text: &str) -> Vec<String> {
    let (mut removing, mut within) = (false, false);
    let mut found = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_end();
        if trimmed == "Transaction Summary" || trimmed.starts_with("Transaction Summary") {
            break;
        }
        if !line.starts_with(' ') {
            let starts = |words: &[&str]| words.iter().any(|word| trimmed.starts_with(word));
            removing = starts(&["Removing"]);
            within =
                removing || starts(&["Installing", "Upgrading", "Downgrading", "Reinstalling"]);
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

/// Reads a line of a list: `name.arch  version-release  repository`.
fn listed(line: &str) -> Option<Json> {
    let mut words = line.split_whitespace();
    let (name, full, repo) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let (name, arch) = name.rsplit_once('.')?;
    let (epoch, rest) = full.split_once(':').unwrap_or(("0", full));
    let (version, release) = rest.rsplit_once('-')?;
    let installed = repo.starts_with('@');
    let repo = repo.trim_start_matches('@');
    Some(json!({
        "name": name,
        "arch": arch,
        "epoch": epoch,
        "version": version,
        "release": release,
        "repo": if installed { "installed" } else { repo },
        "envra": format!("{epoch}:{name}-{version}-{release}.{arch}"),
        "nevra": format!("{epoch}:{name}-{version}-{release}.{arch}"),
        "yumstate": if installed { "installed" } else { "available" },
    }))
}
