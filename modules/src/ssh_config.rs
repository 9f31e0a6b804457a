//! `ssh_config`: hosts in the configuration of OpenSSH's client.

mod file;

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Mode, Outcome, Result},
    spec::{ArgPath, Json, JsonMap, python_class},
};
use file::{Config, Options};

/// Gives a host options in a configuration of SSH, or removes it there
///
/// # Examples
/// ```yaml
/// - name: Reach the build host by another name and key
///   community.general.ssh_config:
///     user: deploy
///     host: build
///     hostname: build.internal.example.org
///     identity_file: /home/deploy/.ssh/build
///     port: '2222'
///
/// - name: Go to a host through another one, for everybody
///   community.general.ssh_config:
///     host: db
///     proxyjump: bastion
///     other_options:
///       serveraliveinterval: '30'
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    mutually_exclusive("user", "ssh_config_file"),
    mutually_exclusive("proxycommand", "proxyjump")
)]
pub struct Args {
    /// Whether the host should be there
    #[arg(default = "present")]
    state: State,
    /// User whose `~/.ssh/config` is meant; the system's file where neither this nor `ssh_config_file` is given
    user: Option<String>,
    /// Group that the file gets; the user's name where nothing is said
    group: Option<String>,
    /// The host, as it stands behind `Host`
    host: String,
    /// Name or address to connect to
    hostname: Option<String>,
    /// Port to connect to
    port: Option<String>,
    /// User to log in as
    remote_user: Option<String>,
    /// Key to log in with, which must be there
    identity_file: Option<ArgPath>,
    /// Whether no other keys are tried
    identities_only: Option<bool>,
    /// Options beside those that are arguments: their names in lower case, their values as text
    other_options: Option<JsonMap>,
    /// File with keys of known hosts
    user_known_hosts_file: Option<String>,
    /// What happens where the host's key is not known
    strict_host_key_checking: Option<KeyChecking>,
    /// Command to connect through
    proxycommand: Option<String>,
    /// Host to connect through
    proxyjump: Option<String>,
    /// Whether the agent can be used from the host
    forward_agent: Option<bool>,
    /// Whether keys are added to the agent
    add_keys_to_agent: Option<bool>,
    /// The file, instead of a user's
    ssh_config_file: Option<ArgPath>,
    /// Algorithms of the host's key
    host_key_algorithms: Option<String>,
    /// Whether a connection is shared
    controlmaster: Option<Sharing>,
    /// Socket of the shared connection
    controlpath: Option<String>,
    /// Whether, or how long, the shared connection stays open
    controlpersist: Option<String>,
    /// Port on this side for connections through the host
    dynamicforward: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy)]
enum KeyChecking {
    Yes,
    No,
    Ask,
    #[choice("accept-new")]
    AcceptNew,
}

#[derive(Choice, Clone, Copy)]
enum Sharing {
    Yes,
    No,
    Ask,
    Auto,
    Autoask,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = path(&args, host);
    let folder = path.rfind('/').map_or("", |at| &path[..at.max(1)]);
    if let (true, Some(ArgPath(key))) = (host.exists(&path), &args.identity_file) {
        let place = if key.starts_with('/') { key.clone() } else { format!("{folder}/{key}") };
        if !host.exists(&place) {
            return Err(Failure::new(format!("IdentityFile {key} does not exist")));
        }
    }
    make(&path, folder, host)?;
    let mut config = Config::of(&crate::text::from_bytes(host.read(&path)?.unwrap_or_default()))?;
    let wanted = wanted(&args)?;
    let (mut removed, mut added) = (0, false);
    let mut changes: Vec<(usize, Options)> = Vec::new();
    let places = config.places(&args.host);
    if args.state == State::Absent {
        removed = places.len();
        config.remove(&args.host);
    } else if places.is_empty() {
        let (new, changed) = with(&Options::new(), &wanted);
        added = changed;
        if changed {
            config.add(&args.host, new);
        }
    } else {
        for place in places {
            let (new, changed) = with(config.options(place), &wanted);
            if changed {
                config.update(&args.host, &new);
                changes.push((place, new));
            }
        }
    }
    let changed = removed > 0 || added || !changes.is_empty();
    if changed && !host.checking() {
        write(&args, &path, &config, host)?;
    }
    let name = |count: usize| vec![args.host.clone(); count];
    let shown = changes.iter().map(|(place, new)| {
        let pair = serde_json::json!({ "old": config.options(*place), "new": new });
        Json::Object(JsonMap::from_iter([(args.host.clone(), pair)]))
    });
    Ok(Outcome::changed_if(changed)
        .with("hosts_changed", name(changes.len()))
        .with("hosts_removed", name(removed))
        .with("hosts_change_diff", shown.collect::<Vec<_>>())
        .with("hosts_added", name(usize::from(added))))
}

/// The file that is meant.
fn path(args: &Args, host: &Host) -> String {
    match (args.user.as_deref().filter(|user| !user.is_empty()), &args.ssh_config_file) {
        (Some(user), _) => {
            let home = host.user(user).map_or_else(|| format!("~{user}"), |user| user.home);
            format!("{}/.ssh/config", home.trim_end_matches('/'))
        }
        (None, Some(file)) => file.0.clone(),
        (None, None) => "/etc/ssh/ssh_config".to_owned(),
    }
}

/// Makes the file where there is none.
fn make(path: &str, folder: &str, host: &Host) -> Result<()> {
    if host.exists(path) || host.checking() {
        return Ok(());
    }
    if folder.is_empty() {
        return Err(Failure::new(format!("Failed to find {path}")));
    }
    let cannot = |error| Failure::io(format!("cannot make `{path}`"), &error);
    host.create_folders(folder).map_err(cannot)?;
    host.replace(path, Some(0o600), |_| Ok(()))
}

/// What is asked for, in the order in which it is looked at; nothing for what should not be there.
fn wanted(args: &Args) -> Result<Vec<(String, Option<String>)>> {
    let yes = |value: Option<bool>| value.map(|yes| if yes { "yes" } else { "no" });
    let persists = args.controlpersist.as_deref().map(|text| match text {
        "True" => "yes",
        "False" => "no",
        text => text,
    });
    let known = [
        ("hostname", args.hostname.as_deref()),
        ("port", args.port.as_deref()),
        ("identity_file", args.identity_file.as_ref().map(|path| path.0.as_str())),
        ("identities_only", yes(args.identities_only)),
        ("user", args.remote_user.as_deref()),
        (
            "strict_host_key_checking",
            args.strict_host_key_checking.as_ref().map(KeyChecking::as_str),
        ),
        ("user_known_hosts_file", args.user_known_hosts_file.as_deref()),
        ("proxycommand", args.proxycommand.as_deref()),
        ("proxyjump", args.proxyjump.as_deref()),
        ("host_key_algorithms", args.host_key_algorithms.as_deref()),
        ("forward_agent", yes(args.forward_agent)),
        ("add_keys_to_agent", yes(args.add_keys_to_agent)),
        ("controlmaster", args.controlmaster.as_ref().map(Sharing::as_str)),
        ("controlpath", args.controlpath.as_deref()),
        ("controlpersist", persists),
        ("dynamicforward", args.dynamicforward.as_deref()),
    ];
    let mut all: Vec<(String, Option<String>)> = known
        .iter()
        .map(|(key, value)| (key.replace('_', ""), value.map(ToOwned::to_owned)))
        .collect();
    for (key, value) in args.other_options.iter().flatten() {
        if key.to_lowercase() != *key {
            let message = format!("The other_options key '{key}' must be lower case");
            return Err(Failure::new(message));
        }
        if known.iter().any(|(known, _)| known == key) {
            return Err(Failure::new(format!("Multiple values provided for key '{key}'")));
        }
        let Json::String(text) = value else {
            return Err(Failure::new(format!(
                "The other_options value provided for key '{key}' must be a string, got <class '{}'>",
                python_class(value)
            )));
        };
        all.push((key.replace('_', ""), Some(text.clone())));
    }
    Ok(all)
}

/// Returns the options with what is wanted, and whether that is something else.
fn with(now: &Options, wanted: &[(String, Option<String>)]) -> (Options, bool) {
    let (mut options, mut changed) = (now.clone(), false);
    for (key, value) in wanted {
        let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else {
            changed |= options.shift_remove(key).is_some();
            continue;
        };
        let has = match options.get(key) {
            Some(Json::Array(values)) => values.iter().any(|one| one == value),
            Some(one) => one == value,
            None => false,
        };
        if !has {
            options.insert(key.clone(), value.into());
            changed = true;
        }
    }
    (options, changed)
}

fn write(args: &Args, path: &str, config: &Config, host: &Host) -> Result<()> {
    if host.exists(path) && !host.may(path, rustix::fs::Access::WRITE_OK) {
        let error = std::io::Error::from_raw_os_error(13);
        let reason = crate::host::errno_of(&error, path);
        return Err(Failure::new(format!(
            "Failed to write to {path} due to permission issue: {reason}"
        )));
    }
    let attributes = FileAttributes::default();
    let how =
        crate::host::Rewrite { validate: None, attributes: &attributes, create_folders: false };
    host.rewrite(path, &crate::text::to_bytes(&config.text()), &how)?;
    let mode = if path == "/etc/ssh/ssh_config" { 0o644 } else { 0o600 };
    let attributes = FileAttributes {
        mode: Some(Mode::Bits(mode)),
        owner: args.user.clone(),
        group: args.group.clone().filter(|group| !group.is_empty()).or_else(|| args.user.clone()),
        ..FileAttributes::default()
    };
    host.set_attributes(path, &attributes, true, &mut AttributeDiff::default()).map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const TEXT: &str = "# mine\nForwardX11 no\n\nHost a\n  Port=22\n\tIdentityFile /k1\n  IdentityFile /k2\n  ProxyCommand ssh -o A=b c\n# end\nHost *\n  User me\n";

    fn config(host: &Host, args: Value) -> Value {
        let mut given = json!({"ssh_config_file": "/c"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("ssh_config").unwrap().run(&given, host))
    }

    fn text(host: &Host) -> String {
        host.read_text("/c").unwrap().unwrap_or_default()
    }

    #[test]
    fn a_host_is_added_once() {
        let host = TestHost::with(&[("/c", TEXT)]);
        let args = json!({"host": "b c", "hostname": "x", "forward_agent": true, "controlpersist": true,
            "other_options": {"serveraliveinterval": "30"}});
        let result = config(&host, args.clone());
        assert_eq!(result["hosts_added"], json!(["b c"]), "{result}");
        let expected = "# mine\n\nHost a\n    port 22\n    identityfile /k1\n    identityfile /k2\n    proxycommand ssh -o A=b c\n# end\nHost *\n    user me\nHost b c\n    hostname x\n    forwardagent yes\n    controlpersist yes\n    serveraliveinterval 30\n";
        assert_eq!(text(&host), format!("Host *\n    forwardx11 no\n{expected}"));
        assert_eq!(config(&host, args)["changed"], false);
    }

    #[test]
    fn a_host_is_changed() {
        let host =
            TestHost::with(&[("/c", "Host a\n  Port 22\n  IdentityFile /k\nHost b\n  User u\n")]);
        let args = json!({"host": "a", "port": "23", "other_options": {"identityfile": "/k"}});
        let result = config(&host, args);
        assert_eq!(result["hosts_changed"], json!(["a"]));
        assert_eq!(result["hosts_change_diff"][0]["a"]["new"]["port"], "23");
        assert_eq!(text(&host), "Host a\n    port 23\n    identityfile /k\nHost b\n    user u\n");
    }

    #[test]
    fn a_host_is_removed() {
        let host = TestHost::with(&[("/c", TEXT)]);
        let args = json!({"host": "a", "state": "absent"});
        assert_eq!(config(&host, args.clone())["hosts_removed"], json!(["a"]));
        assert!(!text(&host).contains("Host a"));
        assert_eq!(config(&host, args)["changed"], false);
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = TestHost::with(&[]).check();
        let result = config(&host, json!({"host": "a", "port": "1"}));
        assert_eq!(result["changed"], true);
        assert!(!host.exists("/c"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message =
            |args| config(&TestHost::with(&[("/c", "")]), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"host": "a", "identity_file": "/none"})),
            "IdentityFile /none does not exist"
        );
        assert_eq!(
            message(json!({"host": "a", "other_options": {"Port": "1"}})),
            "The other_options key 'Port' must be lower case"
        );
        assert_eq!(
            message(json!({"host": "a", "other_options": {"port": "1"}})),
            "Multiple values provided for key 'port'"
        );
        assert_eq!(
            message(json!({"host": "a", "other_options": {"x": 1}})),
            "The other_options value provided for key 'x' must be a string, got <class 'int'>"
        );
    }
}
