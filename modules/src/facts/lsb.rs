//! The distribution in the words of the Linux Standard Base.

use super::{Ask, Facts, Pace, Source, distribution::OsRelease};
use crate::host::{Command, Host};

pub(super) static SOURCE: Source =
    Source { collector: "lsb", facts: &["lsb"], pace: Pace::Slow, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    Facts::from_iter([("lsb".to_owned(), describe(host).into())])
}

/// Returns what `lsb_release` would say, or the file that it reads where there is no such program.
pub(super) fn describe(host: &Host) -> Facts {
    let mut lsb = match host.which("lsb_release") {
        Some(program) => from_program(host, &program),
        None => from_file(host),
    };
    let major = lsb
        .get("release")
        .and_then(serde_json::Value::as_str)
        .map(|release| release.split('.').next().unwrap_or_default().to_owned());
    if let Some(major) = major {
        lsb.insert("major_release".to_owned(), major.into());
    }
    for value in lsb.values_mut() {
        if let serde_json::Value::String(text) = value {
            *text = text.trim_matches(['"', '\'', '\\']).to_owned();
        }
    }
    lsb
}

fn facts(values: [(&str, Option<String>); 4]) -> Facts {
    let given =
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    given.collect()
}

fn from_file(host: &Host) -> Facts {
    let text = host.text("/etc/lsb-release").unwrap_or_default();
    let value = |name: &str| {
        let mut lines = text.lines().map(str::trim);
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(ToOwned::to_owned)
    };
    facts([
        ("id", value("DISTRIB_ID")),
        ("release", value("DISTRIB_RELEASE")),
        ("description", value("DISTRIB_DESCRIPTION")),
        ("codename", value("DISTRIB_CODENAME")),
    ])
}

/// What the program prints; where it only repeats a file, the file is read instead of starting it.
fn from_program(host: &Host, program: &str) -> Facts {
    if host.exists("/etc/lsb-release") && host.exists("/etc/debian_version") {
        return from_file(host);
    }
    let os = OsRelease::of(host);
    if os.get("ID") == Some("debian")
        && let Some(version) = os.get("VERSION_ID")
    {
        return facts([
            ("id", Some("Debian".to_owned())),
            ("description", os.get("PRETTY_NAME").map(ToOwned::to_owned)),
            ("release", Some(version.to_owned())),
            ("codename", os.get("VERSION_CODENAME").map(ToOwned::to_owned)),
        ]);
    }
    let output =
        host.run(&Command::new([program, "-a"])).map(|output| output.text()).unwrap_or_default();
    let value = |name: &str| {
        let value = output.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.map(|value| value.trim().to_owned())
    };
    facts([
        ("id", value("Distributor ID")),
        ("description", value("Description")),
        ("release", value("Release")),
        ("codename", value("Codename")),
    ])
}
