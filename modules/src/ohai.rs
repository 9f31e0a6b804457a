//! `ohai`: facts as Chef's Ohai tells them.

use windlass_macros::Args;

use crate::host::{Host, Outcome, Result};

/// Gathers facts with Ohai
///
/// The host needs `ohai`. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: What Ohai knows
///   community.general.ohai:
///   register: ohai
///
/// - name: See which cloud the host is in
///   community.general.ohai:
///   register: ohai
///   failed_when: "'cloud' not in ohai"
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {}

pub fn run(_: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("community.general.ohai"));
    }
    super::facter::told(["/usr/bin/env", "ohai"].map(ToOwned::to_owned), host)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::host::TestHost;

    #[test]
    fn facts_are_the_result() {
        let host = TestHost::with(&[]).answer("/usr/bin/env ohai", 0, "{\"kernel\": {}}");
        let run = |host: &TestHost| {
            Value::Object(crate::find("ohai").unwrap().run(&crate::spec::Given::new(), host))
        };
        assert_eq!(run(&host), json!({"changed": false, "kernel": {}}));
        assert_eq!(run(&TestHost::with(&[]).check())["skipped"], true);
    }
}
