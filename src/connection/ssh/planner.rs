//! From a target and the user's configuration to a plan.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::MethodKind;

use super::auth::Credentials;
use super::config::{self, LocalNames, Options, Query, Stop, Tokens};
use super::identity::Agent;
use super::kept::Persistence;
use super::known_hosts::{Strictness, Verifier};
use super::link::SessionOptions;
use super::plan::{Family, Hop, Plan, Way};
use super::{Ssh, algorithms, beyond};
use crate::connection::{Error, ErrorKind, Secret, Target};

/// A host that does not answer for this long has its connection cut, where the user says nothing else:
/// a run must not hang on a host that went away.
const ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Keys that are tried where the user names none, in OpenSSH's order.
const DEFAULT_KEYS: &[&str] = &[
    "~/.ssh/id_rsa",
    "~/.ssh/id_ecdsa",
    "~/.ssh/id_ecdsa_sk",
    "~/.ssh/id_ed25519",
    "~/.ssh/id_ed25519_sk",
];
const USER_KNOWN_HOSTS: &[&str] = &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"];
const GLOBAL_KNOWN_HOSTS: &[&str] = &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"];

/// What the inventory says about logging in, beside the configuration.
#[derive(Default)]
struct Given {
    password: Option<Secret>,
    passphrase: Option<Secret>,
    may_ask: bool,
}

/// Plans the connection to a target.
pub(super) async fn plan(ssh: &Ssh, target: &Target) -> Result<Plan, Error> {
    let options = options(ssh, &target.host, &arguments(target)).await?;
    let given = Given {
        password: target.password.clone(),
        passphrase: target.private_key_passphrase.clone(),
        may_ask: false,
    };
    let mut plan = build(ssh, &options, given).await?;
    if let Some(folder) = &ssh.options.kept {
        plan.persistence = Persistence::of(&options, &plan, folder);
    }
    Ok(plan)
}

/// Plans the connection to a bastion, of which the configuration may say more.
pub(super) async fn plan_hop(ssh: &Ssh, hop: &Hop) -> Result<Plan, Error> {
    let mut arguments = Vec::new();
    let mut add = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
    if let Some(user) = &hop.user {
        add("-l", user.clone());
    }
    if let Some(port) = hop.port {
        add("-p", port.to_string());
    }
    if let Some(file) = &hop.config_file {
        add("-F", file.clone());
    }
    if !hop.before.is_empty() {
        let before: Vec<_> = hop.before.iter().map(ToString::to_string).collect();
        add("-J", before.join(","));
    }
    let options = options(ssh, &hop.host, &arguments).await?;
    build(ssh, &options, Given { may_ask: true, ..Given::default() }).await
}

/// Returns a target's arguments in the reference's order, in which the first value wins.
fn arguments(target: &Target) -> Vec<String> {
    let mut words = target.ssh_args.clone();
    let mut add = |option: String| words.extend(["-o".to_owned(), option]);
    if !target.host_key_checking {
        add("StrictHostKeyChecking=no".to_owned());
    }
    if let Some(port) = target.port {
        add(format!("Port={port}"));
    }
    if let Some(key) = &target.private_key_file {
        add(format!("IdentityFile=\"{}\"", key.display()));
    }
    if target.password.is_none() {
        add("KbdInteractiveAuthentication=no".to_owned());
        add("PasswordAuthentication=no".to_owned());
    }
    if let Some(user) = &target.user {
        add(format!("User=\"{user}\""));
    }
    add(format!("ConnectTimeout={}", target.connect_timeout.as_secs().max(1)));
    words.extend(target.ssh_extra_args.iter().cloned());
    words
}

/// Reads the configuration for a host; commands of `Match exec` are run as they come up.
async fn options(ssh: &Ssh, host: &str, arguments: &[String]) -> Result<Options, Error> {
    let mut executed = HashMap::new();
    loop {
        let query = Query {
            host,
            arguments,
            local: &ssh.local,
            system_file: &ssh.options.system_config,
            files: &ssh.files,
            executed: &executed,
        };
        match config::read(&query) {
            Ok(options) => return Ok(options),
            Err(Stop::Execute(command)) => {
                let outcome = succeeds(&command).await;
                executed.insert(command, outcome);
            }
            Err(Stop::Mistake(what)) => return Err(Error::ssh(ErrorKind::Config, what)),
        }
    }
}

/// Runs a command of `Match exec` with the user's shell.
async fn succeeds(command: &str) -> bool {
    let mut child = tokio::process::Command::new(super::proxy::shell());
    child.arg("-c").arg(command).kill_on_drop(true);
    child.stdin(std::process::Stdio::null());
    child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    child.status().await.is_ok_and(|status| status.success())
}

async fn build(ssh: &Ssh, options: &Options, given: Given) -> Result<Plan, Error> {
    let mistake = |what: String| Error::ssh(ErrorKind::Config, what);
    let tokens = tokens(options, &ssh.local);
    let way = way(options, &tokens).map_err(mistake)?;
    let agent = agent(options, &tokens).map_err(mistake)?;
    let credentials = credentials(options, &tokens, given, agent.clone()).map_err(mistake)?;
    let (wanted, mut beyond_russh) = match algorithms::wanted(options) {
        Ok(wanted) => (wanted, None),
        Err(reason) => (algorithms::Wanted::default(), Some(reason)),
    };
    beyond_russh = beyond::option(options, ssh.local.uid).or(beyond_russh);
    if beyond_russh.is_none()
        && let Some(key) = credentials.hardware_key(&ssh.keys)
    {
        // An agent that holds the key signs for us.
        let held = match &agent {
            Some(socket) => Agent::connect(socket, None).await.is_some_and(|a| a.has(&key)),
            None => false,
        };
        beyond_russh = (!held).then(|| "a key on a FIDO device".to_owned());
    }
    let forwarded_agent = forwarded_agent(options, &tokens, agent).map_err(mistake)?;
    Ok(Plan {
        host: tokens.host.clone(),
        port: tokens.port,
        way,
        connect_timeout: options.number("connecttimeout").map(Duration::from_secs),
        attempts: options
            .number("connectionattempts")
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(1),
        alive_interval: match options.number("serveraliveinterval") {
            // Off by the user's word.
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => Some(ALIVE_INTERVAL),
        },
        alive_count_max: options
            .number("serveralivecountmax")
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(3),
        family: match options.get("addressfamily") {
            Some("inet") => Family::V4,
            Some("inet6") => Family::V6,
            _ => Family::Any,
        },
        bind: options.get("bindaddress").map(str::to_owned),
        verifier: Arc::new(verifier(ssh, options, &tokens).map_err(mistake)?),
        credentials,
        session: SessionOptions {
            environment: environment(options),
            forward_agent: forwarded_agent.is_some(),
        },
        forwarded_agent,
        algorithms: wanted,
        beyond_russh,
        persistence: None,
    })
}

/// Returns what the tokens of the configuration stand for.
pub(super) fn tokens(options: &Options, local: &LocalNames) -> Tokens {
    let jump = options.get("proxyjump").filter(|j| *j != "none").unwrap_or_default();
    let last = jump.rsplit(',').next().unwrap_or_default();
    Tokens {
        host: options.hostname(),
        original: options.original.clone(),
        port: options.port(),
        user: options.get("user").unwrap_or(&local.user).to_owned(),
        alias: options.get("hostkeyalias").unwrap_or(&options.original).to_owned(),
        jump: last
            .rsplit('@')
            .next()
            .unwrap_or_default()
            .split(':')
            .next()
            .unwrap_or_default()
            .into(),
        local: local.clone(),
    }
}

fn way(options: &Options, tokens: &Tokens) -> Result<Way, String> {
    if let Some(jump) = options.get("proxyjump").filter(|j| !j.eq_ignore_ascii_case("none")) {
        let mut hops = Vec::new();
        for hop in jump.split(',') {
            hops.push(Hop::parse(hop.trim(), options.named_file.clone())?);
        }
        let mut nearest = hops.pop().ok_or("`ProxyJump` names no host")?;
        nearest.before = hops;
        // ssh would start itself for ever.
        let is_itself = nearest.host == tokens.original
            && nearest.port.unwrap_or(tokens.port) == tokens.port
            && nearest.user.as_ref().is_none_or(|user| *user == tokens.user);
        return if is_itself { Ok(Way::Direct) } else { Ok(Way::Jump(Box::new(nearest))) };
    }
    match options.get("proxycommand").filter(|c| !c.eq_ignore_ascii_case("none")) {
        Some(command) => Ok(Way::Command(tokens.expand(command)?)),
        None => Ok(Way::Direct),
    }
}

/// Returns the agent's socket: `IdentityAgent`, or the environment's.
fn agent(options: &Options, tokens: &Tokens) -> Result<Option<PathBuf>, String> {
    let from_environment =
        |name: &str| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    Ok(match options.get("identityagent") {
        None | Some("SSH_AUTH_SOCK") => from_environment("SSH_AUTH_SOCK"),
        Some("none") => None,
        Some(name) if name.starts_with('$') && !name.starts_with("${") => {
            from_environment(&name[1..])
        }
        Some(path) => Some(tokens.path(path)?),
    })
}

fn forwarded_agent(
    options: &Options,
    tokens: &Tokens,
    agent: Option<PathBuf>,
) -> Result<Option<PathBuf>, String> {
    match options.get("forwardagent") {
        None | Some("no") => Ok(None),
        Some("yes") => Ok(agent),
        Some(name) if name.starts_with('$') && !name.starts_with("${") => {
            Ok(std::env::var_os(&name[1..]).map(PathBuf::from))
        }
        Some(path) => Ok(Some(tokens.path(path)?)),
    }
}

fn credentials(
    options: &Options,
    tokens: &Tokens,
    given: Given,
    agent: Option<PathBuf>,
) -> Result<Credentials, String> {
    let named = options.all("identityfile");
    let defaults: Vec<String> = DEFAULT_KEYS.iter().map(|key| (*key).to_owned()).collect();
    let keys = if named.is_empty() { &defaults } else { named };
    Ok(Credentials {
        user: tokens.user.clone(),
        host: tokens.host.clone(),
        identity_files: paths(keys, tokens)?,
        certificate_files: paths(options.all("certificatefile"), tokens)?,
        agent,
        identities_only: options.is("identitiesonly", false),
        passphrase: given.passphrase,
        password: given.password,
        methods: methods(options),
        may_ask: given.may_ask && !options.is("batchmode", false),
    })
}

fn paths(names: &[String], tokens: &Tokens) -> Result<Vec<PathBuf>, String> {
    names.iter().filter(|name| *name != "none").map(|name| tokens.path(name)).collect()
}

/// Returns the methods that the user lets us try; without an order of theirs, the one with fewest round trips.
fn methods(options: &Options) -> Vec<MethodKind> {
    let allowed = |method: &MethodKind| match method {
        // `unbound` and `host-bound` are kinds of yes.
        MethodKind::PublicKey => options.get("pubkeyauthentication") != Some("no"),
        MethodKind::Password => options.is("passwordauthentication", true),
        MethodKind::KeyboardInteractive => options.is("kbdinteractiveauthentication", true),
        _ => false,
    };
    let mut methods = match options.get("preferredauthentications") {
        Some(list) => list.split(',').filter_map(|name| name.trim().parse().ok()).collect(),
        None => {
            vec![MethodKind::PublicKey, MethodKind::Password, MethodKind::KeyboardInteractive]
        }
    };
    methods.retain(allowed);
    methods
}

fn verifier(ssh: &Ssh, options: &Options, tokens: &Tokens) -> Result<Verifier, String> {
    let files = |name: &str, defaults: &[&str]| -> Result<Vec<PathBuf>, String> {
        let named = options.all(name);
        let defaults: Vec<String> = defaults.iter().map(|file| (*file).to_owned()).collect();
        paths(if named.is_empty() { &defaults } else { named }, tokens)
    };
    let alias = options.get("hostkeyalias");
    Ok(Verifier {
        host: alias.unwrap_or(&tokens.host).to_owned(),
        port: tokens.port,
        is_alias: alias.is_some(),
        user_files: files("userknownhostsfile", USER_KNOWN_HOSTS)?,
        global_files: files("globalknownhostsfile", GLOBAL_KNOWN_HOSTS)?,
        strictness: match options.get("stricthostkeychecking") {
            Some("yes") => Strictness::Yes,
            Some("no") => Strictness::No,
            Some("accept-new") => Strictness::AcceptNew,
            _ => Strictness::Ask,
        },
        hash_names: options.is("hashknownhosts", false),
        store: ssh.known_hosts.clone(),
        prompter: ssh.options.prompter.clone(),
        distrusted: false.into(),
    })
}

/// Returns the variables that a session sends: `SendEnv` of ours, `SetEnv` as written.
fn environment(options: &Options) -> Vec<(String, String)> {
    let mut patterns: Vec<&str> = Vec::new();
    for pattern in options.all("sendenv") {
        match pattern.strip_prefix('-') {
            Some(removed) => patterns.retain(|p| !super::pattern::matches(p, removed)),
            None => patterns.push(pattern),
        }
    }
    let mut result: Vec<(String, String)> = options
        .all("setenv")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let ours = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    for (name, value) in ours {
        let sent = patterns.iter().any(|pattern| super::pattern::matches(&name, pattern));
        if sent && result.iter().all(|(known, _)| *known != name) {
            result.push((name, value));
        }
    }
    result
}
