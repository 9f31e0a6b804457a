//! `apt`: packages of Debian and its derivatives.
//!
//! Invariant: a run that finds everything installed reads dpkg's database and starts no command.

mod commands;
mod deb;
mod install;
mod policy;
mod refresh;
mod remove;
mod spec;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    spec::ArgPath,
};

/// Manages packages with apt
///
/// What check mode tells comes from apt itself: its simulation of the same change.
///
/// # Examples
/// ```yaml
/// - name: Have the web server, with lists of packages that are an hour old at most
///   ansible.builtin.apt:
///     name:
///       - nginx
///       - certbot
///     update_cache: true
///     cache_valid_time: 3600
///
/// - name: Hold the database at one minor version
///   ansible.builtin.apt:
///     name: postgresql-17=17.2-*
///     allow_downgrade: true
///
/// - name: Bring the system up to date and clean up behind it
///   ansible.builtin.apt:
///     upgrade: full
///     update_cache: true
///     autoremove: true
///     purge: true
/// ```
#[derive(Args)]
#[args(mutually_exclusive("deb", "package", "upgrade"))]
pub struct Args {
    /// Packages: `name`, `name=version` (with `*`), `name>=version`, or a pattern of names
    #[arg(alias = "pkg", alias = "name")]
    package: Vec<String>,
    /// How the packages should be
    #[arg(default = "present")]
    state: State,
    /// Whether to refresh the lists of packages first
    #[arg(alias = "update-cache")]
    update_cache: Option<bool>,
    /// Seconds for which the lists need no refresh
    #[arg(default = "0")]
    cache_valid_time: i64,
    /// How often a failing refresh is tried
    #[arg(default = "5")]
    update_cache_retries: u64,
    /// Longest pause between two tries, in seconds
    #[arg(default = "12")]
    update_cache_retry_max_delay: u64,
    /// Whether configuration goes with the packages
    #[arg(default = "false")]
    purge: bool,
    /// Release from which packages are taken, such as `trixie-backports`
    #[arg(alias = "default-release")]
    default_release: Option<String>,
    /// Whether recommended packages come along; apt's own setting when absent
    #[arg(alias = "install-recommends")]
    install_recommends: Option<bool>,
    /// Whether to go on where apt would stop: unauthenticated packages, downgrades, conflicts
    #[arg(default = "false")]
    force: bool,
    /// Whether to empty the cache of downloaded packages
    #[arg(default = "false")]
    clean: bool,
    /// Whether unauthenticated packages may be installed
    #[arg(default = "false", alias = "allow-unauthenticated")]
    allow_unauthenticated: bool,
    /// Whether an older version may replace a newer one
    #[arg(
        default = "false",
        alias = "allow-downgrade",
        alias = "allow_downgrades",
        alias = "allow-downgrades"
    )]
    allow_downgrade: bool,
    /// Whether held packages may change
    #[arg(default = "false")]
    allow_change_held_packages: bool,
    /// Upgrades everything installed: `safe` (or `yes`) removes nothing, `full` and `dist` may
    #[arg(default = "no")]
    upgrade: Upgrade,
    /// Options for dpkg, separated by commas
    #[arg(default = "force-confdef,force-confold")]
    dpkg_options: String,
    /// Package file to install: a path or a URL
    deb: Option<ArgPath>,
    /// Whether to remove what was installed for others and is no longer needed
    #[arg(default = "false")]
    autoremove: bool,
    /// Whether to remove downloaded packages that can no longer be downloaded
    #[arg(default = "false")]
    autoclean: bool,
    /// Whether to fail where apt would remove something
    #[arg(default = "false")]
    fail_on_autoremove: bool,
    /// Exit status of `/usr/sbin/policy-rc.d` while packages are installed; 101 keeps services from starting
    policy_rc_d: Option<i64>,
    /// Whether to install only what is installed already
    #[arg(default = "false")]
    only_upgrade: bool,
    /// Whether to use apt-get even where aptitude is
    #[arg(default = "false")]
    force_apt_get: bool,
    /// Seconds to wait for apt's lock
    #[arg(default = "60")]
    lock_timeout: i64,
    /// Taken for compatibility: this module needs no library on the host
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the reference needs it for its library")]
    auto_install_module_deps: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    #[choice("build-dep")]
    BuildDep,
    Fixed,
    Latest,
    Present,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Upgrade {
    Dist,
    Full,
    No,
    Safe,
    Yes,
}

impl Args {
    /// The release that packages should come from.
    fn release(&self) -> Option<&str> {
        self.default_release.as_deref().filter(|release| !release.is_empty())
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.which("apt-get").is_none() {
        return Err(Failure::new("Could not find apt-get: apt needs a Debian-like system"));
    }
    let (packages, everything) = named(&args);
    if args.clean {
        let cleaned = commands::clean(host)?;
        if packages.is_empty() && args.upgrade == Upgrade::No && args.deb.is_none() {
            return Ok(cleaned);
        }
    }
    if let Some(release) = args.release() {
        policy::check_release(release, host)?;
    }
    let mut lists = refresh::Lists::of(host);
    if args.update_cache == Some(true) || args.cache_valid_time > 0 {
        lists.refresh(&args, host)?;
        let nothing_else = args.package.is_empty()
            && args.upgrade == Upgrade::No
            && args.deb.is_none()
            && !args.autoremove
            && !args.autoclean;
        if nothing_else {
            return Ok(lists.report(Outcome::changed_if(lists.updated)));
        }
    }
    if args.upgrade != Upgrade::No {
        return commands::upgrade(&args, args.upgrade, host);
    }
    if let Some(deb) = args.deb.as_deref().filter(|deb| !deb.is_empty()) {
        return deb::install(&args, deb, host);
    }
    if everything && args.state == State::Latest {
        if !packages.is_empty() {
            return Err(Failure::new(
                "unable to install additional packages when upgrading all installed packages",
            ));
        }
        return commands::upgrade(&args, Upgrade::Yes, host);
    }
    let specs = packages.iter().map(|text| spec::Spec::parse(text)).collect::<Result<Vec<_>>>()?;
    if specs.is_empty() && args.autoclean {
        return commands::tidy(&args, "autoclean", host);
    }
    if specs.is_empty() && args.autoremove {
        return commands::tidy(&args, "autoremove", host);
    }
    if args.state == State::Absent {
        return remove::remove(&args, &specs, host);
    }
    // The reference tells how old the lists are with successes and failures alike.
    match install::install(&args, &specs, host) {
        Ok(outcome) => Ok(lists.report(outcome)),
        Err(install::Stopped::Unknown(failure)) => Err(failure),
        Err(install::Stopped::Failed(failure)) => Err(lists.report_failure(failure)),
    }
}

/// Refreshes the lists of packages, trying again where that fails.
pub(crate) fn refresh_lists(retries: u64, max_delay: u64, host: &Host) -> Result<()> {
    refresh::update(retries, max_delay, 60, host)
}

/// Returns the packages that are named, and whether all installed ones are meant.
fn named(args: &Args) -> (Vec<String>, bool) {
    let everything = args.package.iter().any(|name| name == "*");
    let packages = args.package.iter().filter(|name| *name != "*");
    (packages.map(|name| name.trim().to_owned()).collect(), everything)
}

#[cfg(test)]
mod tests;
