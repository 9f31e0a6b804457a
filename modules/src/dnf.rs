//! `dnf`: packages of Fedora, Red Hat and their derivatives.
//!
//! Invariant: a run that finds everything installed asks `rpm` once and starts no package manager.

mod call;
mod installed;

use serde_json::json;
use windlass_macros::{Args, Choice};
use windlass_protocol::Json;

use crate::host::{Failure, Host, Outcome, Result};
use call::Call;
use installed::Database;

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
    let call = Call::new(&args, host)?;
    if let Some(what) = &args.list {
        return call.list(what);
    }
    if args.autoremove && !matches!(args.state, None | Some(State::Absent | State::Removed)) {
        return Err(Failure::new("Autoremove should be used alone or with state=absent"));
    }
    if args.update_cache {
        call.refresh()?;
        if args.name.is_empty() {
            return Ok(Outcome::changed_if(false)
                .with("msg", "Cache updated")
                .with("results", json!([]))
                .with("rc", 0));
        }
    }
    let names: Vec<String> = args
        .name
        .iter()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let state = match args.state {
        Some(State::Installed) => State::Present,
        Some(State::Removed) => State::Absent,
        Some(state) => state,
        None if args.autoremove => State::Absent,
        None => State::Present,
    };
    let before = Database::read(&args.installroot, host)?;
    let words = wanted(&args, state, &names, &before, host)?;
    if words.is_empty() {
        let absent = names.iter().filter(|_| state == State::Absent);
        let told: Vec<_> = absent.map(|name| format!("No match for argument: {name}")).collect();
        return Ok(nothing().with("results", told));
    }
    let mut results: Vec<String> = Vec::new();
    let mut changed = false;
    for words in words {
        if host.checking() {
            let planned = call.plan(&words)?;
            changed |= !planned.is_empty();
            results.extend(planned);
        } else {
            changed |= call.act(&words)?;
        }
    }
    if !changed {
        return Ok(nothing());
    }
    let mut message = "";
    if host.checking() {
        message = "Check mode: No changes made, but would have if not in check mode";
    } else if !args.download_only {
        results = Database::read(&args.installroot, host)?.since(&before);
    }
    Ok(Outcome::changed_if(true).with("msg", message).with("results", results).with("rc", 0))
}

fn nothing() -> Outcome {
    Outcome::changed_if(false)
        .with("msg", "Nothing to do")
        .with("results", Json::Array(Vec::new()))
        .with("rc", 0)
}

/// Returns the subcommands that make the packages as they should be; none where they are.
fn wanted(
    args: &Args,
    state: State,
    names: &[String],
    before: &Database,
    host: &Host,
) -> Result<Vec<Vec<String>>> {
    let command = |verb: &[&str], names: &[String]| {
        let verb = verb.iter().map(|word| (*word).to_owned());
        verb.chain(names.iter().cloned()).collect::<Vec<String>>()
    };
    if args.autoremove && names.is_empty() {
        return Ok(vec![command(&["autoremove"], &[])]);
    }
    match state {
        State::Absent => {
            let mut present: Vec<String> = Vec::new();
            for name in names {
                if is_special(name) || before.has(name) || before.provides(name, host)? {
                    present.push(name.clone());
                }
            }
            let mut commands = Vec::new();
            if !present.is_empty() {
                commands.push(command(&["remove"], &present));
            }
            if args.autoremove {
                commands.push(command(&["autoremove"], &[]));
            }
            Ok(commands)
        }
        State::Latest => {
            if names.iter().any(|name| name == "*") {
                let mut words = vec!["upgrade"];
                words.extend(args.security.then_some("--security"));
                words.extend(args.bugfix.then_some("--bugfix"));
                return Ok(vec![command(&words, &[])]);
            }
            let (known, new): (Vec<String>, Vec<String>) =
                names.iter().cloned().partition(|name| before.has(name));
            let mut commands = Vec::new();
            if !known.is_empty() {
                let mut words = vec!["upgrade"];
                words.extend(args.security.then_some("--security"));
                words.extend(args.bugfix.then_some("--bugfix"));
                commands.push(command(&words, &known));
            }
            if !new.is_empty() && !args.update_only {
                commands.push(command(&["install"], &new));
            }
            Ok(commands)
        }
        _ => {
            let mut missing: Vec<String> = Vec::new();
            for name in names {
                if args.download_only
                    || is_special(name)
                    || !before.has(name)
                        && !before.provides(name, host)?
                        && (args.allow_downgrade || !before.has_newer(name))
                {
                    missing.push(name.clone());
                }
            }
            if missing.is_empty() || args.update_only {
                return Ok(Vec::new());
            }
            Ok(vec![command(&["install"], &missing)])
        }
    }
}

/// Returns whether a name means something that only dnf understands.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "as the reference tells a file from a name"
)]
fn is_special(name: &str) -> bool {
    name.starts_with('@')
        || name.contains("://")
        || name.ends_with(".rpm")
        || name.contains(['*', '?', '[', '<', '>', '=', '('])
}

#[cfg(test)]
mod tests;
