//! Installing and upgrading named packages.

use super::{
    Args, State, commands,
    commands::{NOTHING, flag},
    policy,
    policy::Known,
    spec::Spec,
};
use crate::host::{
    DebPackage, Failure, Host, Outcome, Output, Result, compare_versions, glob_matches, join_words,
};

/// Why packages were not installed.
pub(super) enum Stopped {
    /// A name that apt does not know; nothing was tried.
    Unknown(Failure),
    Failed(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Stopped {
        Stopped::Unknown(failure)
    }
}

/// Makes the packages as `state` wants them.
pub(super) fn install(
    args: &Args,
    specs: &[Spec],
    host: &Host,
) -> std::result::Result<Outcome, Stopped> {
    let specs = expand(specs, host)?;
    let chosen = match args.state {
        State::BuildDep => specs.iter().map(Spec::text).collect(),
        _ => choose(args, &specs, host)?,
    };
    let outcome = if chosen.is_empty() {
        Outcome::changed_if(false)
    } else {
        let line = line(args, &chosen, host);
        let output = with_policy(args, host, || commands::call(&line, host))?;
        if !output.success() {
            return Err(Stopped::Failed(commands::failed(&line, &output)));
        }
        let changed = args.state != State::BuildDep || !output.text().contains(NOTHING);
        let outcome = commands::printed(changed, &output);
        if changed { commands::with_diff(outcome, &output.text(), host) } else { outcome }
    };
    if args.state != State::BuildDep {
        mark_manual(&specs, host)?;
    }
    Ok(outcome)
}

/// Replaces patterns of names by the names that apt knows.
pub(super) fn expand(specs: &[Spec], host: &Host) -> Result<Vec<Spec>> {
    if !specs.iter().any(Spec::is_pattern) {
        return Ok(specs.to_vec());
    }
    let names = policy::all_names(host)?;
    let mut expanded = Vec::new();
    for spec in specs {
        if !spec.is_pattern() {
            expanded.push(spec.clone());
            continue;
        }
        let before = expanded.len();
        let matching = names.iter().filter(|name| glob_matches(&spec.name, name));
        expanded.extend(
            matching.map(|name| Spec { name: name.clone(), version: spec.version.clone() }),
        );
        if expanded.len() == before {
            let message = format!("No package(s) matching '{}' available", spec.name);
            return Err(Failure::new(message));
        }
    }
    Ok(expanded)
}

/// Returns what apt-get is to be told to install.
fn choose(args: &Args, specs: &[Spec], host: &Host) -> std::result::Result<Vec<String>, Stopped> {
    let names: Vec<&str> = specs.iter().map(Spec::bare).collect();
    let packages = host.dpkg_packages(|name| names.contains(&name))?;
    let latest = args.state == State::Latest;
    let open: Vec<&Spec> = specs
        .iter()
        .filter(|spec| {
            let installed = spec.among(&packages).filter(|package| package.installed);
            latest || installed.is_none_or(|package| !spec.accepts(&package.version))
        })
        .collect();
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<&str> = open.iter().map(|spec| spec.name.as_str()).collect();
    let known = policy::ask(&asked, args.release(), host)?;
    let mut chosen = Vec::new();
    for spec in open {
        let installed = spec.among(&packages).filter(|package| package.installed);
        chosen.extend(choose_one(args, spec, installed, &known, host)?);
    }
    Ok(chosen)
}

fn choose_one(
    args: &Args,
    spec: &Spec,
    installed: Option<&DebPackage>,
    known: &[Known],
    host: &Host,
) -> std::result::Result<Option<String>, Stopped> {
    let same = |known: &&Known| known.name == spec.name || known.name == spec.bare();
    let Some(known) = known.iter().find(same).filter(|_| !spec.name.is_empty()) else {
        let message = format!("No package matching '{}' is available", spec.name);
        return Err(Stopped::Unknown(Failure::new(message)));
    };
    if installed.is_none() && args.only_upgrade {
        return Ok(None);
    }
    if known.is_virtual() {
        return Ok((!provided(spec, host)?).then(|| spec.name.clone()));
    }
    let best = known.best(spec);
    if let Some(package) = installed {
        let satisfied = spec.accepts(&package.version);
        let newer = best.is_some_and(|best| compare_versions(best, &package.version).is_gt());
        if satisfied && !(args.state == State::Latest && newer) {
            return Ok(None);
        }
    }
    match (best, &spec.version) {
        (Some(best), _) => Ok(Some(format!("{}={best}", spec.name))),
        (None, None) => Ok(Some(spec.name.clone())),
        (None, Some(_)) => Err(Stopped::Failed(Failure::new(format!(
            "no available installation candidate for {}",
            spec.text()
        )))),
    }
}

/// Returns whether the only package that provides a virtual one is installed; where several do, apt decides.
fn provided(spec: &Spec, host: &Host) -> Result<bool> {
    let installed = host.dpkg_providers(spec.bare())?;
    let [provider] = installed.as_slice() else { return Ok(false) };
    Ok(policy::providers(spec.bare(), host)? == [provider.name.clone()])
}

fn line(args: &Args, chosen: &[String], host: &Host) -> String {
    let packages: Vec<String> = chosen.iter().map(|name| format!("'{name}'")).collect();
    let packages = packages.join(" ");
    let (tool, options) = (commands::apt_get(host), commands::options(args));
    let fixed = flag(args.state == State::Fixed, "--fix-broken");
    let force = flag(args.force, "--force-yes");
    let fail = flag(args.fail_on_autoremove, "--no-remove");
    let check = flag(host.checking(), "--simulate");
    let mut line = if args.state == State::BuildDep {
        format!("{tool} -y {options} {fixed} {force} {fail}  {check} build-dep {packages}")
    } else {
        let only = flag(args.only_upgrade, "--only-upgrade");
        let autoremove = flag(args.autoremove, "--auto-remove");
        format!(
            "{tool} -y {options} {only} {fixed} {force} {autoremove} {fail} {check} install {packages}"
        )
    };
    if let Some(release) = args.release() {
        line.push_str(&format!(" -t '{release}'"));
    }
    match args.install_recommends {
        Some(true) => line.push_str(" -o APT::Install-Recommends=yes"),
        Some(false) => line.push_str(" -o APT::Install-Recommends=no"),
        None => (),
    }
    for (when, option) in [
        (args.allow_unauthenticated, " --allow-unauthenticated"),
        (args.allow_downgrade, " --allow-downgrades"),
        (args.allow_change_held_packages, " --allow-change-held-packages"),
    ] {
        line.push_str(flag(when, option));
    }
    line
}

/// Runs `work` while `/usr/sbin/policy-rc.d` answers as the arguments want, and puts back what was there.
pub(super) fn with_policy(
    args: &Args,
    host: &Host,
    work: impl FnOnce() -> Result<Output>,
) -> Result<Output> {
    const PATH: &str = "/usr/sbin/policy-rc.d";
    let Some(status) = args.policy_rc_d.filter(|_| !host.checking()) else { return work() };
    let before = host.read(PATH)?;
    let fill = |text: Vec<u8>| {
        host.replace(PATH, Some(0o755), |file| std::io::Write::write_all(file, &text))
    };
    fill(format!("#!/bin/sh\nexit {status}\n").into_bytes())?;
    let output = work();
    match before {
        Some(text) => fill(text)?,
        None => {
            host.remove_file(PATH)?;
        }
    }
    output
}

/// Marks the named packages as wanted for themselves, those that apt has marked as dependencies.
fn mark_manual(specs: &[Spec], host: &Host) -> Result<()> {
    if specs.is_empty() || host.checking() {
        return Ok(());
    }
    let states = host.read_text("/var/lib/apt/extended_states")?.unwrap_or_default();
    let is_auto = |name: &str| {
        states.split("\n\n").any(|paragraph| {
            paragraph.lines().any(|line| line.strip_prefix("Package: ") == Some(name))
                && paragraph.lines().any(|line| line == "Auto-Installed: 1")
        })
    };
    let marked: Vec<&str> =
        specs.iter().filter(|spec| is_auto(spec.bare())).map(|spec| spec.name.as_str()).collect();
    if marked.is_empty() {
        return Ok(());
    }
    let Some(tool) = host.which("apt-mark") else {
        host.warn("Could not find apt-mark binary, not marking package(s) as manually installed.");
        return Ok(());
    };
    let line = format!("{tool} manual {}", join_words(&marked));
    let output = commands::call(&line, host)?;
    if output.success() { Ok(()) } else { Err(commands::failed(&line, &output)) }
}
