//! Which package manager the host has.

use super::{Ask, Facts, Pace, Source, distribution};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "pkg_mgr", facts: &["pkg_mgr"], pace: Pace::Quick, gather };

/// Programs by which package managers are known; the last one that is there counts.
const PROGRAMS: [(&str, &str); 25] = [
    ("/usr/bin/rpm-ostree", "atomic_container"),
    ("/usr/bin/dnf-3", "dnf"),
    ("/usr/bin/dnf5", "dnf5"),
    ("/usr/bin/yum", "yum"),
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/sbin/urpmi", "urpmi"),
    ("/usr/bin/pacman", "pacman"),
    ("/bin/opkg", "opkg"),
    ("/usr/pkg/bin/pkgin", "pkgin"),
    ("/opt/local/bin/pkgin", "pkgin"),
    ("/opt/tools/bin/pkgin", "pkgin"),
    ("/opt/local/bin/port", "macports"),
    ("/usr/local/bin/brew", "homebrew"),
    ("/opt/homebrew/bin/brew", "homebrew"),
    ("/sbin/apk", "apk"),
    ("/usr/sbin/pkg", "pkgng"),
    ("/usr/sbin/swlist", "swdepot"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/sbin/pkgadd", "svr4pkg"),
    ("/usr/bin/pkg", "pkg5"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/usr/local/sbin/pkg", "pkgng"),
    ("/usr/bin/swupd", "swupd"),
    ("/usr/sbin/sorcery", "sorcery"),
];

fn gather(host: &Host, _: &Ask) -> Facts {
    let distribution = distribution::detect(host);
    let text =
        |name: &str| distribution.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let manager =
        manager(host, text("os_family"), text("distribution"), text("distribution_major_version"));
    Facts::from_iter([("pkg_mgr".to_owned(), manager.into())])
}

fn manager(host: &Host, family: &str, distribution: &str, major: &str) -> String {
    if family == "RedHat" {
        return red_hat(host, distribution, major).to_owned();
    }
    let mut found = "unknown";
    for (program, name) in PROGRAMS {
        if host.exists(program) {
            found = name;
        }
    }
    // These have another distribution's programs for guests and images.
    match (family, found) {
        ("Debian", _) if host.exists("/usr/bin/apt-get") => "apt",
        ("Altlinux", "apt") => "apt_rpm",
        ("Archlinux", _) if host.exists("/usr/bin/pacman") => "pacman",
        ("Suse", _) if host.exists("/usr/bin/zypper") => "zypper",
        ("Gentoo", _) if host.exists("/usr/bin/emerge") => "portage",
        _ => found,
    }
    .to_owned()
}

/// On the Red Hat family the distribution's version says which of its managers is meant.
fn red_hat(host: &Host, distribution: &str, major: &str) -> &'static str {
    if host.exists("/run/ostree-booted") {
        return "atomic_container";
    }
    // Where `dnf` leads tells its generation.
    match host.real_name("/usr/bin/dnf").as_deref() {
        Some("dnf5") => return "dnf5",
        Some("dnf-3") => return "dnf",
        _ => (),
    }
    let number = major.parse::<u32>().unwrap_or(0);
    let last_with_yum = match distribution {
        "Fedora" => 22,
        "Amazon" => 2021,
        _ => 7,
    };
    if number <= last_with_yum && host.exists("/usr/bin/yum") {
        return "yum";
    }
    let programs =
        [("/usr/bin/dnf5", "dnf5"), ("/usr/bin/dnf-3", "dnf"), ("/usr/bin/microdnf", "dnf")];
    programs.into_iter().find(|(path, _)| host.exists(path)).map_or("unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn each_family_has_its_own() {
        for (family, programs, expected) in [
            ("Debian", &["/usr/bin/apt-get", "/usr/bin/zypper"][..], "apt"),
            ("Suse", &["/usr/bin/zypper", "/usr/bin/apt-get"], "zypper"),
            ("Alpine", &["/sbin/apk"], "apk"),
            ("Archlinux", &["/usr/bin/pacman"], "pacman"),
            ("Altlinux", &["/usr/bin/apt-get"], "apt_rpm"),
            ("RedHat", &["/usr/bin/apt-get"], "unknown"),
            ("Gentoo", &["/usr/bin/emerge"], "portage"),
            ("Other", &[], "unknown"),
        ] {
            let files: Vec<_> = programs.iter().map(|program| (*program, "")).collect();
            assert_eq!(manager(&TestHost::with(&files), family, "", "9"), expected, "{family}");
        }
    }

    #[test]
    fn dnf_tells_its_generation() {
        let host = TestHost::with(&[("/usr/bin/dnf-3", ""), ("/usr/bin/dnf5", "")]);
        std::os::unix::fs::symlink("dnf-3", host.path("/usr/bin/dnf")).unwrap();
        assert_eq!(red_hat(&host, "Rocky", "9"), "dnf");
        let old = TestHost::with(&[("/usr/bin/yum", "")]);
        assert_eq!(red_hat(&old, "CentOS", "7"), "yum");
    }
}
