//! `rabbitmq_plugin`: plugins of `RabbitMQ`.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Enables and disables plugins of `RabbitMQ`
///
/// The host needs `rabbitmq-plugins`.
///
/// # Examples
/// ```yaml
/// - name: Have the web interface, and leave other plugins alone
///   community.rabbitmq.rabbitmq_plugin:
///     names: rabbitmq_management
///     new_only: true
///
/// - name: Have these two and no others, from the server's next start
///   community.rabbitmq.rabbitmq_plugin:
///     names: rabbitmq_management,rabbitmq_prometheus
///     broker_state: offline
/// ```
#[derive(Args)]
#[args(collection = "community.rabbitmq", also("community.general.rabbitmq_plugin"))]
pub struct Args {
    /// Names of plugins, with commas between them
    #[arg(alias = "name")]
    names: String,
    /// Whether plugins that are not named stay enabled
    #[arg(default = "no")]
    new_only: bool,
    /// Whether they should be enabled
    #[arg(default = "enabled")]
    state: State,
    /// Whether the server runs and is told at once
    #[arg(default = "online")]
    broker_state: Broker,
    /// Folder in which `RabbitMQ` is installed
    prefix: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Enabled,
    Disabled,
}

#[derive(Choice, Clone, Copy)]
enum Broker {
    Online,
    Offline,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let program = program(&args, host)?;
    let listed = host.must(&Command::new([program.as_str(), "list", "-E", "-m"]))?.text();
    let now: Vec<&str> = listed.lines().take_while(|line| !line.is_empty()).collect();
    let names: Vec<&str> = args.names.split(',').collect();
    let switch = |what: &str, plugins: &[&str]| -> Result<()> {
        let broker = format!("--{}", args.broker_state.as_str());
        for plugin in plugins {
            host.must_change(&Command::new([program.as_str(), what, &broker, plugin]))?;
        }
        Ok(())
    };
    let (mut enabled, mut disabled) = (Vec::new(), Vec::new());
    if args.state == State::Enabled {
        if !args.new_only {
            // Lines of words are none of plugins.
            let others = now.iter().filter(|one| !one.contains(' ') && !names.contains(one));
            disabled = others.copied().collect();
        }
        enabled = names.iter().filter(|name| !now.contains(name)).copied().collect();
    } else {
        disabled.extend(now.iter().filter(|one| names.contains(one)));
    }
    switch("disable", &disabled)?;
    switch("enable", &enabled)?;
    let changed = !enabled.is_empty() || !disabled.is_empty();
    Ok(Outcome::changed_if(changed).with("enabled", enabled).with("disabled", disabled))
}

fn program(args: &Args, host: &Host) -> Result<String> {
    let Some(prefix) = args.prefix.as_deref().filter(|prefix| !prefix.is_empty()) else {
        return host.required("rabbitmq-plugins");
    };
    let folders = ["bin", "sbin"].map(|name| format!("{}/{name}", prefix.trim_end_matches('/')));
    match folders.iter().find(|folder| host.is_folder(folder)) {
        Some(folder) => Ok(format!("{folder}/rabbitmq-plugins")),
        None => Err(Failure::new(format!("No binary folder in prefix {prefix}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const PROGRAM: &str = "/usr/sbin/rabbitmq-plugins";

    fn host() -> TestHost {
        TestHost::with(&[(PROGRAM, "")]).executable(&[PROGRAM]).answer(
            &format!("{PROGRAM} list -E -m"),
            0,
            "a\nb\n\nc\n",
        )
    }

    fn plugin(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("rabbitmq_plugin").unwrap().run(&given, host))
    }

    #[test]
    fn only_named_plugins_are_enabled() {
        let both = host().answer(&format!("{PROGRAM} disable --online b"), 0, "").answer(
            &format!("{PROGRAM} enable --online c"),
            0,
            "",
        );
        let result = plugin(&both, json!({"names": "a,c"}));
        assert_eq!(result, json!({"changed": true, "enabled": ["c"], "disabled": ["b"]}));
        let same = plugin(&host(), json!({"names": "a", "new_only": true}));
        assert_eq!(same["changed"], false);
        let check = plugin(&host().check(), json!({"names": "c", "new_only": true}));
        assert_eq!(check["enabled"], json!(["c"]));
    }

    #[test]
    fn plugins_are_disabled() {
        let off = host().answer(&format!("{PROGRAM} disable --offline b"), 0, "");
        let args = json!({"names": "b,x", "state": "disabled", "broker_state": "offline"});
        assert_eq!(plugin(&off, args)["disabled"], json!(["b"]));
    }

    #[test]
    fn a_folder_has_the_program() {
        let missing = plugin(&host(), json!({"names": "a", "prefix": "/none"}));
        assert_eq!(missing["msg"], "No binary folder in prefix /none");
        let other = TestHost::with(&[("/opt/r/sbin/rabbitmq-plugins", "")]).answer(
            "/opt/r/sbin/rabbitmq-plugins list -E -m",
            0,
            "a\n",
        );
        assert_eq!(plugin(&other, json!({"names": "a", "prefix": "/opt/r/"}))["changed"], false);
    }
}
