//! Which systemd runs the host.

use serde_json::json;

use super::{Ask, Facts, Pace, Source, binary};
use crate::host::{Command, Host};

pub(super) static SOURCE: Source =
    Source { collector: "systemd", facts: &["systemd"], pace: Pace::Slow, gather };

const FOLDERS: [&str; 4] =
    ["/usr/lib/systemd", "/lib/systemd", "/usr/lib64/systemd", "/usr/lib/x86_64-linux-gnu/systemd"];

fn gather(host: &Host, _: &Ask) -> Facts {
    let canaries = ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"];
    let Some(systemctl) = host.which("systemctl") else { return Facts::new() };
    if !canaries.iter().any(|path| host.exists(path)) {
        return Facts::new();
    }
    let Some((version, features)) = from_library(host).or_else(|| printed(host, &systemctl)) else {
        return Facts::new();
    };
    let facts = json!({ "version": version, "features": features });
    Facts::from_iter([("systemd".to_owned(), facts)])
}

/// Version and features as they stand in the library that all of systemd's programs use.
fn from_library(host: &Host) -> Option<(u64, String)> {
    FOLDERS.iter().find_map(|folder| {
        let name =
            host.folder(folder).into_iter().find(|name| name.starts_with("libsystemd-shared-"))?;
        let digits: String =
            name["libsystemd-shared-".len()..].chars().take_while(char::is_ascii_digit).collect();
        let features = binary::find(host, &format!("{folder}/{name}"), b'P', |rest| {
            let listed = rest.starts_with(b"AM +AUDIT") || rest.starts_with(b"AM -AUDIT");
            let end = rest.iter().position(|byte| *byte == 0).filter(|_| listed)?;
            std::str::from_utf8(&rest[..end]).ok().map(|text| format!("+P{text}"))
        })?;
        Some((digits.parse().ok()?, features))
    })
}

fn printed(host: &Host, systemctl: &str) -> Option<(u64, String)> {
    let output = host.run(&Command::new([systemctl, "--version"])).ok()?;
    let text = output.text();
    let mut lines = text.lines();
    let version = lines.next()?.split_whitespace().nth(1)?.parse().ok()?;
    Some((version, lines.next().unwrap_or_default().trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    fn host(library: &[(&str, &str)]) -> TestHost {
        let mut files = vec![("/usr/bin/systemctl", ""), ("/run/systemd/system/x", "")];
        files.extend(library);
        let host = TestHost::with(&files);
        let program = host.path("/usr/bin/systemctl");
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
        host
    }

    #[test]
    fn version_and_features_are_read_from_the_library() {
        let library = "PAM\0+PAM +AUDIT -SELINUX default-hierarchy=unified\0more";
        let host = host(&[("/usr/lib/systemd/libsystemd-shared-252.so", library)]);
        assert_eq!(
            gather(&host, &test_ask())["systemd"],
            json!({"version": 252, "features": "+PAM +AUDIT -SELINUX default-hierarchy=unified"})
        );
    }

    #[test]
    fn otherwise_systemctl_is_asked() {
        let host = host(&[]).answer(
            "/usr/bin/systemctl --version",
            0,
            "systemd 239 (239-74)\n+PAM +AUDIT\n",
        );
        assert_eq!(
            gather(&host, &test_ask())["systemd"],
            json!({"version": 239, "features": "+PAM +AUDIT"})
        );
    }
}
