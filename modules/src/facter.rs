//! `facter`: facts as Puppet's Facter tells them.

use windlass_macros::Args;

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{Json, python_class},
};

/// Gathers facts with Facter
///
/// The host needs `facter`. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Facts of the network
///   community.general.facter:
///     arguments: [networking]
///   register: facter
///
/// - name: All facts, those of Puppet among them
///   community.general.facter:
///     arguments:
///       - --puppet
///   register: facter
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Arguments of `facter`
    arguments: Vec<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("community.general.facter"));
    }
    let beside = "/opt/puppetlabs/bin/facter";
    let program =
        if host.is_executable(beside) { beside.to_owned() } else { host.required("facter")? };
    let words = [program, "--json".to_owned()];
    let arguments = args.arguments.iter().map(|argument| host.expand(argument));
    told(words.into_iter().chain(arguments), host)
}

/// Returns what a command says in JSON as the result.
pub(crate) fn told(words: impl IntoIterator<Item = String>, host: &Host) -> Result<Outcome> {
    let output = host.must(&Command::new(words))?;
    let told = output.json()?;
    match told {
        Json::Object(values) => {
            let changed = values.get("changed") == Some(&Json::Bool(true));
            Ok(Outcome { changed, values })
        }
        other => Err(Failure::raised(format!(
            "ansible.module_utils.basic.AnsibleModule.exit_json() argument after ** must be a mapping, not {}",
            python_class(&other)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    #[test]
    fn facts_are_the_result() {
        let beside = "/opt/puppetlabs/bin/facter";
        let host = || TestHost::with(&[(beside, "")]).executable(&[beside]);
        let run = |host: &Host, args: Value| {
            let Value::Object(given) = args else { unreachable!() };
            Value::Object(crate::find("facter").unwrap().run(&given, host))
        };
        let said = host().answer(&format!("{beside} --json os"), 0, "{\"os\": {\"name\": \"x\"}}");
        let result = run(&said, json!({"arguments": ["os"]}));
        assert_eq!(result, json!({"changed": false, "os": {"name": "x"}}));
        assert_eq!(run(&host().check(), json!({}))["skipped"], true);
        let message = |said: &str| {
            let host = host().answer(&format!("{beside} --json"), 0, said);
            run(&host, json!({}))["msg"].as_str().unwrap().to_owned()
        };
        assert!(message("no").ends_with("Expecting value: line 1 column 1 (char 0)"));
        assert!(message("[1]").ends_with("must be a mapping, not list"));
    }
}
