//! What the modules' process may do beyond its user.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Ask, Facts, Pace, Source};
use crate::host::{CAPABILITIES, Command, Host};

pub(super) static SOURCE: Source = Source {
    collector: "caps",
    facts: &["system_capabilities", "system_capabilities_enforced"],
    pace: Pace::Slow,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    // Only hosts with `capsh` have it in the reference, in the words of that program.
    let current = host.which("capsh").and_then(|program| match written(host) {
        Some(text) => Some(text),
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

/// The text of the usual states, which needs no program: nothing, or everything but a few.
fn written(host: &Host) -> Option<String> {
    let status = host.text("/proc/self/status")?;
    let sets: BTreeMap<&str, u64> = status
        .lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((
                name,
                u64::from_str_radix(value.trim(), 16).ok().filter(|_| name.starts_with("Cap"))?,
            ))
        })
        .collect();
    let (inheritable, permitted, effective) =
        (*sets.get("CapInh")?, *sets.get("CapPrm")?, *sets.get("CapEff")?);
    if inheritable != 0 || permitted != effective {
        return None;
    }
    if permitted == 0 {
        return Some("=".to_owned());
    }
    let last: u32 = host.line("/proc/sys/kernel/cap_last_cap")?.parse().ok()?;
    let all = u64::MAX >> 63_u32.checked_sub(last)?;
    let missing = all & !permitted;
    // Where fewer are missing than there are, they are the exception that is listed.
    if permitted & !all != 0 || missing.count_ones() * 2 >= all.count_ones() {
        return None;
    }
    let mut names = Vec::new();
    for number in 0..=last {
        if missing & (1 << number) != 0 {
            names.push(format!("cap_{}", CAPABILITIES.get(number as usize)?));
        }
    }
    Some(if names.is_empty() { "=ep".to_owned() } else { format!("=ep {}-ep", names.join(",")) })
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
    fn what_a_container_takes_away_is_listed() {
        let facts = gather(&host(["0", "1fffedfffff", "1fffedfffff"]), &test_ask());
        assert_eq!(
            facts["system_capabilities"],
            json!(["ep cap_sys_admin", "cap_sys_resource-ep"])
        );
        assert_eq!(facts["system_capabilities_enforced"], "True");
    }

    #[test]
    fn other_states_are_told_by_capsh() {
        let some = host(["0", "3", "1"]).answer(
            "/usr/sbin/capsh --print",
            0,
            "Current: cap_chown=ep cap_dac_override+p\nBounding set =x\n",
        );
        let facts = gather(&some, &test_ask());
        assert_eq!(facts["system_capabilities"], json!(["ep cap_dac_override+p"]));
        assert_eq!(facts["system_capabilities_enforced"], "True");
    }

    #[test]
    fn without_capsh_nothing_is_known() {
        let facts = gather(&TestHost::with(&[]), &test_ask());
        assert_eq!(facts["system_capabilities"], "N/A");
    }
}
