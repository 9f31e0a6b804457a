//! `getent`: entries of the system's databases.

use windlass_macros::Args;
use windlass_protocol::{Json, JsonMap};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Reads entries of a system database into facts
///
/// The entries are facts: `ansible_facts.getent_passwd` and the like, each with its fields as a list.
///
/// # Examples
/// ```yaml
/// - name: Learn of all accounts
///   ansible.builtin.getent:
///     database: passwd
///
/// - name: Learn where the deployer's home is
///   ansible.builtin.getent:
///     database: passwd
///     key: deploy
///
/// - name: Look whether the directory knows a group, and go on without it
///   ansible.builtin.getent:
///     database: group
///     key: editors
///     fail_key: false
/// ```
#[derive(Args)]
pub struct Args {
    /// Database: `passwd`, `group`, `hosts`, `services`, ...
    database: String,
    /// Entry to look for; all when absent
    key: Option<String>,
    /// Service of the name switch to ask alone
    service: Option<String>,
    /// Text between fields; a colon or white space, as the database has it, when absent
    split: Option<String>,
    /// Whether to fail when there is no such entry
    #[arg(default = "true")]
    fail_key: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut words = vec!["getent"];
    if let Some(service) = &args.service {
        words.extend(["-s", service]);
    }
    words.push(&args.database);
    words.extend(args.key.as_deref());
    let output = host.run(&Command::new(words))?;
    let fact = format!("getent_{}", args.database);
    let facts =
        |entries: JsonMap| Json::from(JsonMap::from_iter([(fact.clone(), Json::Object(entries))]));
    let message = match output.status {
        // Nothing parts texts at nothing.
        0 if args.split.as_deref() == Some("") => return Err(Failure::raised("empty separator")),
        0 => {
            let colons = ["passwd", "shadow", "group", "gshadow"];
            let colon = colons.contains(&args.database.as_str()).then_some(":");
            let entries = entries(&output.text(), args.split.as_deref().or(colon));
            return Ok(Outcome::changed_if(false).with("ansible_facts", facts(entries)));
        }
        1 => "Missing arguments, or database unknown.",
        2 => "One or more supplied key could not be found in the database.",
        3 => "Enumeration not supported on this database.",
        _ => "Unexpected failure!",
    };
    if output.status == 2
        && !args.fail_key
        && let Some(key) = args.key
    {
        let entries = JsonMap::from_iter([(key, Json::Null)]);
        let outcome = Outcome::changed_if(false).with("ansible_facts", facts(entries));
        return Ok(outcome.with("msg", message));
    }
    Err(Failure::new(message))
}

/// Returns the lines' fields by the first one; of a repeated name there is a list of such lists.
fn entries(text: &str, separator: Option<&str>) -> JsonMap {
    let mut found: Vec<(String, Vec<Json>)> = Vec::new();
    for line in text.lines() {
        let mut fields: Vec<&str> = match separator {
            Some(separator) => line.split(separator).collect(),
            None => line.split_whitespace().collect(),
        };
        if fields.is_empty() {
            continue;
        }
        let name = fields.remove(0).to_owned();
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, lines)) => lines.push(fields.into()),
            None => found.push((name, vec![fields.into()])),
        }
    }
    let entry = |(name, mut lines): (String, Vec<Json>)| {
        let value = if lines.len() == 1 { lines.remove(0) } else { Json::Array(lines) };
        (name, value)
    };
    found.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    fn getent(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("getent").unwrap().run(&given, host))
    }

    #[test]
    fn entries_become_facts() {
        let host = TestHost::with(&[])
            .answer("getent passwd root", 0, "root:x:0:0:root:/root:/bin/bash\n")
            .answer("getent ahosts localhost", 0, "127.0.0.1 STREAM localhost\n127.0.0.1 DGRAM\n")
            .answer("getent -s files passwd nope", 2, "");
        assert_eq!(
            getent(&host, json!({"database": "passwd", "key": "root"})),
            json!({"changed": false, "ansible_facts": {"getent_passwd": {"root": ["x", "0", "0", "root", "/root", "/bin/bash"]}}})
        );
        let result = getent(&host, json!({"database": "ahosts", "key": "localhost"}));
        assert_eq!(
            result["ansible_facts"]["getent_ahosts"]["127.0.0.1"],
            json!([["STREAM", "localhost"], ["DGRAM"]])
        );
        let result = getent(
            &host,
            json!({"database": "passwd", "key": "nope", "fail_key": false, "service": "files"}),
        );
        assert_eq!(result["ansible_facts"], json!({"getent_passwd": {"nope": null}}));
    }

    #[test]
    fn failures_are_told_in_the_words_of_the_reference() {
        for (status, message) in [
            (1, "Missing arguments, or database unknown."),
            (2, "One or more supplied key could not be found in the database."),
            (3, "Enumeration not supported on this database."),
        ] {
            let host = TestHost::with(&[]).answer("getent x", status, "");
            assert_eq!(getent(&host, json!({"database": "x"}))["msg"], message);
        }
    }
}
