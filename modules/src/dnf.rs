//! `dnf`: packages of Fedora, Red Hat and their derivatives.
//!
//! Invariant: a run that finds everything installed asks `rpm` once and starts no package manager.

mod call;
mod installed;
mod wanted;

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::host::{Failure, Host, Outcome, Result};
use call::Call;
use installed::Database;
use wanted::Wanted;

/// Manages packages with dnf
///
/// # Examples
/// ```yaml
/// - name: Have the web server and a group of tools
///   ansible.builtin.dnf:
///     name:
///       - nginx
///       - "@Development Tools"
///
/// - name: Mend what concerns security, and leave the kernel alone
///   ansible.builtin.dnf:
///     name: "*"
///     state: latest
///     security: true
///     exclude: kernel*
///
/// - name: Remove what nothing needs
///   ansible.builtin.dnf:
///     autoremove: true
/// ```
#[derive(Args)]
#[args(
    also("yum", "dnf5"),
    mutually_exclusive("name", "list"),
    mutually_exclusive("best", "nobest")
)]
pub struct Args {
    /// Packages: names, names with versions, patterns, `@groups`, files or addresses
    #[arg(alias = "pkg")]
    name: Vec<String>,
    /// How the packages should be; `absent` where only `autoremove` is given, `present` otherwise
    state: Option<State>,
    /// Tells of packages instead: a pattern, or `installed`, `available`, `updates`, `repos`
    list: Option<String>,
    /// Whether an older version may replace a newer one
    #[arg(default = "false")]
    allow_downgrade: bool,
    /// Whether packages may be removed to solve conflicts
    #[arg(default = "false")]
    allowerasing: bool,
    /// Taken for compatibility: this module needs no library on the host
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the reference needs it for its library")]
    auto_install_module_deps: bool,
    /// Whether to remove what was installed for others and is no longer needed
    #[arg(default = "false")]
    autoremove: bool,
    /// Whether only the newest versions will do
    best: Option<bool>,
    /// Whether to upgrade only what mends errors
    #[arg(default = "false")]
    bugfix: bool,
    /// Whether only what is cached is looked at
    #[arg(default = "false")]
    cacheonly: bool,
    /// File of dnf's configuration
    conf_file: Option<String>,
    /// Which exclusions are off: `all`, `main`, or a repository
    disable_excludes: Option<String>,
    /// Whether signatures are not checked
    #[arg(default = "false")]
    disable_gpg_check: bool,
    /// Plugins to turn off
    disable_plugin: Vec<String>,
    /// Repositories to turn off
    disablerepo: Vec<String>,
    /// Folder for what is only downloaded
    download_dir: Option<String>,
    /// Whether packages are only downloaded
    #[arg(default = "false")]
    download_only: bool,
    /// Plugins to turn on
    enable_plugin: Vec<String>,
    /// Repositories to turn on
    enablerepo: Vec<String>,
    /// Packages to leave alone
    exclude: Vec<String>,
    /// Taken for compatibility
    #[arg(default = "true")]
    #[expect(dead_code, reason = "yum needed it")]
    install_repoquery: bool,
    /// Whether recommended packages come along
    #[arg(default = "true")]
    install_weak_deps: bool,
    /// Folder that is the root of the installation
    #[arg(default = "/")]
    installroot: String,
    /// Seconds to wait for dnf's lock
    #[arg(default = "30")]
    lock_timeout: i64,
    /// Whether older versions will do where the newest cannot be installed
    nobest: Option<bool>,
    /// Release of the distribution from which packages are taken
    releasever: Option<String>,
    /// Whether to upgrade only what concerns security
    #[arg(default = "false")]
    security: bool,
    /// Whether packages that cannot be installed are left out
    #[arg(default = "false")]
    skip_broken: bool,
    /// Whether servers' certificates must be valid
    #[arg(default = "true")]
    sslverify: bool,
    /// Whether the lists of packages are fetched anew
    #[arg(default = "false", alias = "expire-cache")]
    update_cache: bool,
    /// Whether only what is installed already is upgraded
    #[arg(default = "false")]
    update_only: bool,
    /// Which generation of dnf; found out when `auto`
    #[arg(default = "auto")]
    use_backend: Backend,
    /// Whether the certificates of addresses that are named must be valid
    #[arg(default = "true")]
    validate_certs: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Installed,
    Latest,
    Present,
    Removed,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Auto,
    Dnf,
    Yum,
    Yum4,
    Dnf4,
    Dnf5,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if let Some(file) = args.conf_file.as_ref().filter(|file| !host.exists(file)) {
        let failure = Failure::new("cannot read configuration file");
        return Err(failure.with("conf_file", file.as_str()).with("results", json!([])));
    }
    let mut call = Call::new(&args, host)?;
    if let Some(what) = &args.list {
        return call.list(what);
    }
    if args.autoremove && !matches!(args.state, None | Some(State::Absent | State::Removed)) {
        let failure = Failure::new("Autoremove should be used alone or with state=absent");
        return Err(failure.with("results", json!([])));
    }
    if args.update_cache {
        call.refresh()?;
        if args.name.is_empty() {
            return Ok(outcome(false, "Cache updated", Vec::new()));
        }
    }
    let state = match args.state {
        Some(State::Installed) => State::Present,
        Some(State::Removed) => State::Absent,
        Some(state) => state,
        None if args.autoremove => State::Absent,
        None => State::Present,
    };
    let before = Database::read(&args.installroot, host)?;
    let mut wanted =
        Wanted { args: &args, state, before: &before, notes: Vec::new(), fetched: Vec::new() };
    let done = wanted
        .commands(&mut call, host)
        .and_then(|commands| carry_out(&commands, &mut wanted, &mut call, host));
    for file in &wanted.fetched {
        host.unchecked().remove_file(file)?;
    }
    done
}

fn outcome(changed: bool, message: &str, results: Vec<String>) -> Outcome {
    Outcome::changed_if(changed).with("msg", message).with("results", results).with("rc", 0)
}

/// Runs the commands, or finds out what they would do.
fn carry_out(
    commands: &[Vec<String>],
    wanted: &mut Wanted,
    call: &mut Call,
    host: &Host,
) -> Result<Outcome> {
    let mut changed = false;
    let mut planned = Vec::new();
    for words in commands {
        let done = call.carry_out(words)?;
        changed |= done.changed;
        planned.extend(done.planned);
        wanted.notes.extend(done.unmatched);
    }
    let mut results = std::mem::take(&mut wanted.notes);
    if !changed {
        return Ok(outcome(false, "Nothing to do", results));
    }
    let mut message = "";
    if host.checking() {
        message = "Check mode: No changes made, but would have if not in check mode";
    } else if !wanted.args.download_only {
        planned = Database::read(&wanted.args.installroot, host)?.since(wanted.before);
    }
    if wanted.args.download_only {
        let incoming = planned.iter().filter_map(|line| line.strip_prefix("Installed: "));
        planned = incoming.map(|package| format!("Downloaded: {package}")).collect();
    }
    results.extend(planned);
    Ok(outcome(true, message, results))
}

#[cfg(test)]
mod tests;
