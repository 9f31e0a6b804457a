//! What the modules' process may do beyond its user.

use serde_json::json;

use super::{Ask, Facts, Pace, Source};
use crate::host::{Command, Host};

pub(super) static SOURCE: Source = Source {
    collector: "caps",
    facts: &["system_capabilities", "system_capabilities_enforced"],
    pace: Pace::Slow,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    // Only hosts with `capsh` have it in the reference, in the words of that program.
    let current = host.which("capsh").and_then(|program| match simple(host) {
        Some(text) => Some(text.to_owned()),
        None => printed(host, &program),
    });
    let (enforced, list) = match current.as_deref() {
        None => (json!("N/A"), json!("N/A")),
        Some("=ep") => (json!("False"), json!([])),
        Some(text) => {
            let after = text.split('=').nth(1).unwrap_or_default();
            (json!("True"), json!(after.split(',').map(str::trim).collect::<Vec<_>>()))
        }
    };
    Facts::from_iter([
        ("system_capabilities_enforced".to_owned(), enforced),
        ("system_capabilities".to_owned(), list),
    ])
}

/// The text of the two usual states, which needs no program: everything, as root, or nothing.
fn simple(host: &Host) -> Option<&'static str> {
    let status = host.text("/proc/self/status")?;
    let set = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(line.trim(), 16).ok()
    };
    let (inheritable, permitted, effective) = (set("CapInh:")?, set("CapPrm:")?, set("CapEff:")?);
    let last: u32 = host.line("/proc/sys/kernel/cap_last_cap")?.parse().ok()?;
    let all = u64::MAX >> 63_u32.checked_sub(last)?;
    match (inheritable, permitted, effective) {
        (0, 0, 0) => Some("="),
        (0, permitted, effective) if permitted == all && effective == all => Some("=ep"),
        _ => None,
    }
}

fn printed(host: &Host, program: &str) -> Option<String> {
    let output = host.run(&Command::new([program, "--print"])).ok()?;
    let text = output.text();
    let current = text.lines().find_map(|line| line.strip_prefix("Current:"))?;
    Some(current.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    fn host(sets: [&str; 3]) -> TestHost {
        let [inheritable, permitted, effective] = sets;
        let status = format!(
            "Name:\tx\nCapInh:\t{inheritable}\nCapPrm:\t{permitted}\nCapEff:\t{effective}\n"
        );
        let host = TestHost::with(&[
            ("/usr/sbin/capsh", ""),
            ("/proc/self/status", &status),
            ("/proc/sys/kernel/cap_last_cap", "40\n"),
        ]);
        let program = host.path("/usr/sbin/capsh");
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
        host
    }

    #[test]
    fn root_and_nobody_need_no_program() {
        let root = gather(&host(["0", "1ffffffffff", "1ffffffffff"]), &test_ask());
        assert_eq!(
            (&root["system_capabilities_enforced"], &root["system_capabilities"]),
            (&json!("False"), &json!([]))
        );
        let nobody = gather(&host(["0", "0", "0"]), &test_ask());
        assert_eq!(nobody["system_capabilities"], json!([""]));
    }

    #[test]
    fn other_states_are_told_by_capsh() {
        let some = host(["0", "1fffeffffff", "1fffeffffff"]).answer(
            "/usr/sbin/capsh --print",
            0,
            "Current: =ep cap_sys_resource-ep\nBounding set =x\n",
        );
        let facts = gather(&some, &test_ask());
        assert_eq!(facts["system_capabilities"], json!(["ep cap_sys_resource-ep"]));
        assert_eq!(facts["system_capabilities_enforced"], "True");
    }

    #[test]
    fn without_capsh_nothing_is_known() {
        let facts = gather(&TestHost::with(&[]), &test_ask());
        assert_eq!(facts["system_capabilities"], "N/A");
    }
}
