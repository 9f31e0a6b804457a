//! `package`: packages under whatever manages them.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    spec::{self, ArgError, Given, Item, Json, Spec},
};

/// Manages packages with the host's own package manager
///
/// Further arguments go to the module of the package manager as they are, and names of packages differ between
/// distributions.
///
/// # Examples
/// ```yaml
/// - name: Have tools that are called the same everywhere
///   ansible.builtin.package:
///     name:
///       - git
///       - rsync
///     state: present
///
/// - name: Have the web server, whatever it is called here
///   ansible.builtin.package:
///     name: "{{ 'apache2' if ansible_facts.os_family == 'Debian' else 'httpd' }}"
///     state: latest
/// ```
#[derive(Args)]
#[args(open)]
pub struct Args {
    /// Package manager to use; found out when `auto`
    #[arg(name = "use", default = "auto")]
    manager: String,
    // What a playbook gives beside `use` is the package manager's to understand.
    #[arg(flatten)]
    rest: Rest,
}

/// Everything else that was given.
struct Rest(Given);

/// What the managers have in common.
#[derive(Args)]
struct Common {
    /// Packages, as the package manager names them
    #[arg(alias = "pkg")]
    #[expect(dead_code, reason = "it is read from what was given")]
    name: Option<Json>,
    /// Whether the packages should be there: `present`, `absent`, or what else the package manager knows
    #[expect(dead_code, reason = "it is read from what was given")]
    state: Option<String>,
}

impl spec::Args for Rest {
    const SPEC: Spec = Spec {
        items: &[Item::Flatten(&<Common as spec::Args>::SPEC)],
        ..<Common as spec::Args>::SPEC
    };
    fn from_given(given: &Given) -> std::result::Result<Self, ArgError> {
        Ok(Rest(
            given
                .iter()
                .filter(|(key, _)| *key != "use")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        ))
    }
}

/// Managers by the program that shows them, in the order in which they are looked for.
const MANAGERS: [(&str, &str); 9] = [
    ("apt-get", "apt"),
    ("dnf5", "dnf"),
    ("dnf", "dnf"),
    ("dnf-3", "dnf"),
    ("microdnf", "dnf"),
    ("yum", "dnf"),
    ("zypper", "zypper"),
    ("apk", "apk"),
    ("pacman", "pacman"),
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let asked = args.manager.as_str();
    let name = if asked == "auto" {
        let found = MANAGERS.iter().find(|(program, _)| host.which(program).is_some());
        found.map(|(_, manager)| *manager).ok_or_else(|| {
            Failure::new(
                "Could not detect which package manager to use. Try gathering facts or setting the \"use\" option.",
            )
        })?
    } else {
        asked
    };
    let is_manager = |name: &str| MANAGERS.iter().any(|(_, manager)| *manager == name);
    let module = crate::find(name).filter(|module| is_manager(module.name));
    let Some(module) = module else {
        return Err(Failure::new(format!(
            "Could not find a matching action for the \"{asked}\" package manager."
        ))
        .with("_ansible_windlass_plain", true));
    };
    let known = if module.spec.collection == "ansible.builtin" {
        format!("ansible.legacy.{}", module.name)
    } else {
        module.full_name()
    };
    (module.run)(&known, &args.rest.0, host)
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
    fn other_managers_have_their_own_arguments() {
        let host = TestHost::with(&[]);
        let given = json!({"name": "jq", "state": "present"});
        assert!(package(&host, given)["msg"].as_str().unwrap().starts_with("Could not detect"));
        let query =
            "rpm -qa --queryformat %{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";
        let host = TestHost::with(&[("/bin/dnf", "")]).executable(&["/bin/dnf"]).answer(
            query,
            0,
            "jq\t0\t1.6\t1\tx86_64\n",
        );
        let given = json!({"name": "jq", "state": "present", "enablerepo": "epel"});
        assert_eq!(package(&host, given)["msg"], "Nothing to do");
    }

    #[test]
    fn what_is_unknown_is_named() {
        let host = TestHost::with(&[("/bin/apt-get", "")]).executable(&["/bin/apt-get"]);
        let given = json!({"name": "jq", "use": "nonsense"});
        assert_eq!(
            package(&host, given)["msg"],
            "Could not find a matching action for the \"nonsense\" package manager."
        );
        let message = package(&host, json!({"name": "jq", "nonsense": 1}))["msg"].clone();
        assert!(
            message
                .as_str()
                .unwrap()
                .starts_with("Unsupported parameters for (ansible.legacy.apt) module: nonsense."),
            "{message}"
        );
    }
}
