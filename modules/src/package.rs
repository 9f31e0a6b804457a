//! `package`: packages under whatever manages them.

use windlass_macros::Args;

use crate::{
    apt,
    host::{Failure, Host, Outcome, Result},
};

/// Manages packages with the host's own package manager
#[derive(Args)]
#[args(mutually_exclusive("deb", "package", "upgrade"))]
pub struct Args {
    /// Package manager to use; found out when `auto`
    #[arg(name = "use", default = "auto")]
    manager: String,
    // What a playbook gives beside `use` is the package manager's to understand.
    #[arg(flatten)]
    apt: apt::Args,
}

/// Managers by the program that shows them, in the order in which they are looked for.
const MANAGERS: [(&str, &str); 7] = [
    ("apt-get", "apt"),
    ("dnf5", "dnf5"),
    ("dnf", "dnf"),
    ("yum", "yum"),
    ("zypper", "zypper"),
    ("apk", "apk"),
    ("pacman", "pacman"),
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let name = args.manager.rsplit('.').next().unwrap_or_default();
    let manager = if name == "auto" {
        let found = MANAGERS.iter().find(|(program, _)| host.which(program).is_some());
        found.map(|(_, manager)| *manager).ok_or_else(|| {
            Failure::new(
                "Could not detect which package manager to use. Try gathering facts or setting the \"use\" option.",
            )
        })?
    } else {
        name
    };
    match manager {
        "apt" => apt::run(args.apt, host),
        other => Err(Failure::new(format!("the package manager `{other}` is not supported yet"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        find,
        host::TestHost,
        spec::{Json, JsonMap},
    };

    fn package(host: &TestHost, given: Json) -> JsonMap {
        let Json::Object(given) = given else { unreachable!() };
        find("package").unwrap().run(&given, host)
    }

    #[test]
    fn debian_has_apt() {
        let status =
            "Package: jq\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.6\n";
        let host = TestHost::with(&[("/bin/apt-get", ""), ("/var/lib/dpkg/status", status)])
            .executable(&["/bin/apt-get"]);
        let result =
            package(&host, json!({"name": "jq", "state": "present", "update_cache": false}));
        assert_eq!((&result["changed"], &result["cache_updated"]), (&json!(false), &json!(false)));
    }

    #[test]
    fn other_managers_are_named() {
        let host = TestHost::with(&[]);
        let given = json!({"name": "jq", "state": "present"});
        assert!(
            package(&host, given.clone())["msg"].as_str().unwrap().starts_with("Could not detect")
        );
        let host = TestHost::with(&[("/sbin/apk", "")]).executable(&["/sbin/apk"]);
        assert_eq!(package(&host, given)["msg"], "the package manager `apk` is not supported yet");
        let given = json!({"name": "jq", "use": "ansible.builtin.dnf"});
        assert_eq!(package(&host, given)["msg"], "the package manager `dnf` is not supported yet");
    }
}
