//! `sudoers`: a rule of `sudo` in a file of its own.

use windlass_macros::{Args, Choice};

use crate::host::{
    AttributeDiff, Command, Failure, FileAttributes, Host, Mode, Outcome, Result, Rewrite,
};

/// Makes sure that a file of `sudo`'s rules is there, or is not
///
/// # Examples
/// ```yaml
/// - name: Let the deployer restart the shop without a password
///   community.general.sudoers:
///     name: deploy-shop
///     user: deploy
///     commands:
///       - /usr/bin/systemctl restart shop
///       - /usr/bin/systemctl status shop
///
/// - name: Let the database's administrators act as the database
///   community.general.sudoers:
///     name: dba
///     group: dba
///     runas: postgres
///     commands: ALL
///     nopassword: false
///     validation: required
///
/// - name: Take the rule away
///   community.general.sudoers:
///     name: deploy-shop
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general", mutually_exclusive("user", "group"))]
pub struct Args {
    /// Name of the file
    name: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// What may be run: programs by their paths, perhaps with arguments, or `ALL`
    commands: Option<Vec<String>>,
    /// Who may run it
    user: Option<String>,
    /// Group whose members may run it
    group: Option<String>,
    /// On which machine
    #[arg(default = "ALL")]
    host: String,
    /// Whether what is run may start nothing itself
    #[arg(default = "false")]
    noexec: bool,
    /// Whether no password is asked for
    #[arg(default = "true")]
    nopassword: bool,
    /// Whether variables may be set on the command line
    #[arg(default = "false")]
    setenv: bool,
    /// As whom it may be run; as root when absent
    runas: Option<String>,
    /// Folder of the files
    #[arg(default = "/etc/sudoers.d")]
    sudoers_path: String,
    /// Whether `visudo` checks the rule: always, or where it is installed
    #[arg(default = "detect")]
    validation: Validation,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Validation {
    Absent,
    Detect,
    Required,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = format!("{}/{}", args.sudoers_path.trim_end_matches('/'), args.name);
    if args.state == State::Absent {
        let changed = host.lstat(&path)?.is_some();
        if changed {
            host.unlink(&path)
                .map_err(|error| Failure::io(format!("cannot remove `{path}`"), &error))?;
        }
        return Ok(Outcome::changed_if(changed));
    }
    if args.commands.is_none() {
        return Err(Failure::new(
            "state is present but all of the following are missing: commands",
        ));
    }
    let who = match (&args.user, &args.group) {
        (Some(user), _) => user.clone(),
        (None, Some(group)) => format!("%{group}"),
        (None, None) => return Err(Failure::new("Either user or group must be set.")),
    };
    let rule = rule(&args, &who);
    let mut changed = host.read(&path)?.as_deref() != Some(rule.as_bytes());
    if changed {
        validate(&args, host, &rule)?;
        if !host.checking() {
            host.needs_folder_of(&path)
                .and_then(|()| host.needs_writable(&path))
                .map_err(|failure| Failure::new(failure.reason()))?;
        }
        let attributes = FileAttributes::default();
        let how = Rewrite { validate: None, attributes: &attributes, create_folders: false };
        host.rewrite(&path, rule.as_bytes(), &how)?;
    }
    let wanted = FileAttributes { mode: Some(Mode::Bits(0o440)), ..FileAttributes::default() };
    changed = host.set_attributes(&path, &wanted, changed, &mut AttributeDiff::default())?;
    Ok(Outcome::changed_if(changed))
}

fn rule(args: &Args, who: &str) -> String {
    let mut tags = String::new();
    for (is, tag) in
        [(args.noexec, "NOEXEC:"), (args.nopassword, "NOPASSWD:"), (args.setenv, "SETENV:")]
    {
        if is {
            tags.push_str(tag);
        }
    }
    let runas = args.runas.as_ref().map(|runas| format!("({runas})")).unwrap_or_default();
    let commands = args.commands.as_deref().unwrap_or_default().join(", ");
    format!("{who} {}={runas}{tags} {commands}\n", args.host)
}

/// Lets `visudo` read the rule; it looks only.
fn validate(args: &Args, host: &Host, rule: &str) -> Result<()> {
    let visudo = match (args.validation, host.which("visudo")) {
        (Validation::Absent, _) | (Validation::Detect, None) => return Ok(()),
        (Validation::Required, None) => host.required("visudo")?,
        (_, Some(visudo)) => visudo,
    };
    let command = Command::new([visudo.as_str(), "-c", "-f", "-"]).stdin(rule);
    let output = host.run(&command)?;
    if output.success() {
        return Ok(());
    }
    let said = output.text();
    let why = if said.is_empty() { output.error_text() } else { said };
    Err(Failure::new(format!("Failed to validate sudoers rule:\n{why}"))
        .with("stdout", output.text())
        .with("stderr", output.error_text()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(mut given) = args else { unreachable!() };
        given.insert("validation".to_owned(), "absent".into());
        Value::Object(crate::find("sudoers").unwrap().run(&given, host))
    }

    #[test]
    fn rules_are_written_once_and_removed() {
        let check = |args: Value, expected: &str| {
            let host = TestHost::with(&[("/etc/sudoers.d/README", "")]);
            let mut args = args;
            args["name"] = "r".into();
            assert_eq!(run(&host, args.clone())["changed"], true);
            assert_eq!(host.read_text("/etc/sudoers.d/r").unwrap().unwrap(), expected);
            assert_eq!(host.path_info("/etc/sudoers.d/r")["mode"], "0440");
            assert_eq!(run(&host, args)["changed"], false);
            let absent = json!({"name": "r", "state": "absent"});
            assert_eq!(run(&host, absent.clone())["changed"], true);
            assert_eq!(run(&host, absent)["changed"], false);
        };
        check(json!({"user": "bob", "commands": "/bin/ls"}), "bob ALL=NOPASSWD: /bin/ls\n");
        check(
            json!({"group": "ops", "commands": ["a", "b"], "nopassword": false, "runas": "root", "host": "h"}),
            "%ops h=(root) a, b\n",
        );
    }

    #[test]
    fn check_mode_touches_nothing_and_nonsense_is_refused() {
        let host = TestHost::with(&[("/etc/sudoers.d/README", "")]).check();
        assert_eq!(run(&host, json!({"name": "r", "user": "b", "commands": "c"}))["changed"], true);
        assert!(!host.exists("/etc/sudoers.d/r"));
        let message = |args| run(&host, args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"name": "r", "commands": "c"})),
            "Either user or group must be set."
        );
    }
}
