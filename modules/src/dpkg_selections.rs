//! `dpkg_selections`: what dpkg is to do with a package.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Holds packages, releases them, or marks them for removal
///
/// # Examples
/// ```yaml
/// - name: Keep the kernel as it is
///   ansible.builtin.dpkg_selections:
///     name: linux-image-amd64
///     selection: hold
///
/// - name: Let it be upgraded again
///   ansible.builtin.dpkg_selections:
///     name: linux-image-amd64
///     selection: install
/// ```
#[derive(Args)]
pub struct Args {
    /// Package
    name: String,
    /// What is to be done with it
    selection: Selection,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Selection {
    Install,
    Hold,
    Deinstall,
    Purge,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let (name, wanted) = (&args.name, args.selection.as_str());
    let tool = host.required("dpkg")?;
    let Some(before) = host.dpkg_selection(name)? else {
        return Err(Failure::new(format!(
            "Failed to find package '{name}' to perform selection '{wanted}'."
        )));
    };
    let changed = before != wanted;
    if changed {
        let command = Command::new([tool.as_str(), "--set-selections"]);
        host.must_change(&command.stdin(format!("{name} {wanted}")))?;
    }
    Ok(Outcome::changed_if(changed).with("before", before).with("after", wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    fn host() -> TestHost {
        let status = "Package: jq\nStatus: install ok installed\nArchitecture: amd64\n\n\
                      Package: vim\nStatus: hold ok installed\nArchitecture: amd64\n";
        let files = [("/bin/dpkg", ""), ("/var/lib/dpkg/status", status)];
        TestHost::with(&files).executable(&["/bin/dpkg"])
    }

    fn select(host: &TestHost, name: &str, selection: &str) -> Json {
        let given = json!({"name": name, "selection": selection});
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("dpkg_selections").unwrap().run(&given, host))
    }

    #[test]
    fn selections_change() {
        let host = host().answer("/bin/dpkg --set-selections", 0, "");
        let expected = json!({"changed": true, "before": "install", "after": "hold"});
        assert_eq!(select(&host, "jq", "hold"), expected);
    }

    #[test]
    fn a_selection_that_is_made_stays() {
        assert_eq!(select(&host(), "vim", "hold")["changed"], false);
        assert_eq!(select(&host().check(), "vim:amd64", "purge")["changed"], true);
    }

    #[test]
    fn unknown_packages_are_named() {
        assert_eq!(
            select(&host(), "none", "hold")["msg"],
            "Failed to find package 'none' to perform selection 'hold'."
        );
    }
}
