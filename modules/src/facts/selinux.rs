//! Whether and how `SELinux` confines processes.

use serde_json::{Map, Value as Json};

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "selinux",
    facts: &["selinux", "selinux_python_present"],
    pace: Pace::Quick,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    let mut selinux = Map::new();
    let mut put = |name: &str, value: Json| drop(selinux.insert(name.to_owned(), value));
    if let Some(enforce) = host.line("/sys/fs/selinux/enforce") {
        put("status", "enabled".into());
        let version =
            host.line("/sys/fs/selinux/policyvers").and_then(|text| text.parse::<u32>().ok());
        put("policyvers", version.map_or_else(|| "unknown".into(), Json::from));
        let config = host.text("/etc/selinux/config").unwrap_or_default();
        let setting = |name: &str| {
            let mut lines = config.lines().map(str::trim);
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::trim)
        };
        let known = |mode: &&str| ["enforcing", "permissive", "disabled"].contains(mode);
        put("config_mode", setting("SELINUX").filter(known).unwrap_or("unknown").into());
        put("mode", if enforce == "1" { "enforcing" } else { "permissive" }.into());
        put("type", setting("SELINUXTYPE").unwrap_or("unknown").into());
    } else {
        put("status", "disabled".into());
    }
    Facts::from_iter([
        ("selinux".to_owned(), selinux.into()),
        // The reference says here whether it could ask; reading the kernel's files, there is nothing to miss.
        ("selinux_python_present".to_owned(), true.into()),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    #[test]
    fn an_enforcing_host_is_described() {
        let host = TestHost::with(&[
            ("/sys/fs/selinux/enforce", "1"),
            ("/sys/fs/selinux/policyvers", "33"),
            ("/etc/selinux/config", "# mode\nSELINUX=permissive\nSELINUXTYPE=targeted\n"),
        ]);
        assert_eq!(
            gather(&host, &test_ask())["selinux"],
            json!({"status": "enabled", "policyvers": 33, "config_mode": "permissive", "mode": "enforcing", "type": "targeted"})
        );
    }

    #[test]
    fn without_its_file_system_it_is_disabled() {
        let facts = gather(&TestHost::with(&[]), &test_ask());
        assert_eq!(facts["selinux"], json!({"status": "disabled"}));
    }
}
