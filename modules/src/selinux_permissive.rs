//! `selinux_permissive`: domains that SELinux lets do what it only reports.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    semanage::{change, listed},
};

/// Makes a domain of SELinux's policy permissive, or enforced again
///
/// # Examples
/// ```yaml
/// - name: Only report what the web server may not do
///   community.general.selinux_permissive:
///     name: httpd_t
///     permissive: true
///
/// - name: Enforce the policy for it again
///   community.general.selinux_permissive:
///     name: httpd_t
///     permissive: false
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// The domain
    #[arg(alias = "name")]
    domain: String,
    /// Whether it is permissive
    permissive: bool,
    /// Whether the policy is not loaded after a change
    #[arg(default = "false")]
    no_reload: bool,
    /// Store of the policy that is meant; the one in use where it is empty
    #[arg(default = "")]
    store: String,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut words = vec!["permissive"];
    if !args.store.is_empty() {
        words.extend(["-S", &args.store]);
    }
    // The name of the exception is not told here.
    let told = |failure: Failure| {
        let message = failure.message.trim_end();
        let message = message.split_once("Error: ").map_or(message, |(_, reason)| reason);
        Failure::new(message).with("domain", args.domain.as_str())
    };
    let changed = listed(&words, host).map_err(told)?.contains(&args.domain) != args.permissive;
    if changed {
        words.extend([if args.permissive { "-a" } else { "-d" }, &args.domain]);
        change(&words, !args.no_reload, host).map_err(told)?;
    }
    Ok(Outcome::changed_if(changed)
        .with("changed", changed)
        .with("store", args.store)
        .with("permissive", args.permissive)
        .with("domain", args.domain))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        TestHost::with(&[("/sbin/semanage", "")]).executable(&["/sbin/semanage"]).answer(
            "/sbin/semanage permissive -l -n",
            0,
            "httpd_t\n\n",
        )
    }

    fn set(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("selinux_permissive").unwrap().run(&given, host))
    }

    #[test]
    fn domains_become_permissive_and_enforced() {
        let same = set(&host(), json!({"name": "httpd_t", "permissive": true}));
        assert_eq!(
            same,
            json!({"changed": false, "store": "", "permissive": true, "domain": "httpd_t"})
        );
        let off = host().answer("/sbin/semanage permissive -d httpd_t -N", 0, "");
        let args = json!({"domain": "httpd_t", "permissive": false, "no_reload": true});
        assert_eq!(set(&off, args)["changed"], true);
        let on = host().answer("/sbin/semanage permissive -a x_t", 0, "");
        assert_eq!(set(&on, json!({"domain": "x_t", "permissive": true}))["changed"], true);
        let check = host().check();
        assert_eq!(set(&check, json!({"domain": "x_t", "permissive": true}))["changed"], true);
    }

    #[test]
    fn another_store_is_asked() {
        let list = "/sbin/semanage permissive -S mls -l -n";
        let other = TestHost::with(&[("/sbin/semanage", "")])
            .executable(&["/sbin/semanage"])
            .answer(list, 1, "");
        let result = set(&other, json!({"domain": "x_t", "permissive": true, "store": "mls"}));
        assert_eq!((&result["failed"], &result["domain"]), (&json!(true), &json!("x_t")));
    }
}
