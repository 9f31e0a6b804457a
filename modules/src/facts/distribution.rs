//! Which distribution the host runs, from the files by which distributions name themselves.

use super::{Ask, Facts, Pace, Source, release_file};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "distribution",
    facts: &["distribution", "distribution_*", "os_family"],
    pace: Pace::Quick,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    detect(host)
}

/// What `os-release` says, and what is taken from elsewhere where it says nothing.
pub(super) struct OsRelease {
    text: String,
}

impl OsRelease {
    pub(super) fn of(host: &Host) -> OsRelease {
        let text = host.text("/etc/os-release").or_else(|| host.text("/usr/lib/os-release"));
        OsRelease { text: text.unwrap_or_default() }
    }

    /// Returns a value without its quotes.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines();
        let value =
            lines.find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim().trim_matches(['"', '\'']))
    }
}

/// What is known of a distribution before its own file is looked at.
pub(super) struct Guess {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) release: String,
}

impl Guess {
    fn of(host: &Host) -> Guess {
        let os = OsRelease::of(host);
        let id = os.get("ID").unwrap_or_default().to_lowercase();
        let name = match id.as_str() {
            "amzn" => "Amazon".to_owned(),
            "rhel" => "Redhat".to_owned(),
            "" => "OtherLinux".to_owned(),
            id => capitalised(id),
        };
        let version = os.get("VERSION_ID").unwrap_or_default().to_owned();
        let version = match id.as_str() {
            // These say more in other files.
            "debian" => host.line("/etc/debian_version").unwrap_or(version),
            "centos" => {
                let file = release_file(host);
                let more = file.as_deref().and_then(release_version).unwrap_or(&version);
                more.split('.').take(2).collect::<Vec<_>>().join(".")
            }
            _ => version,
        };
        Guess { name, version, release: release(host, &os, &id) }
    }
}

/// The code name: the one that is given as such, or what stands in parentheses.
fn release(host: &Host, os: &OsRelease, id: &str) -> String {
    let given = os.get("VERSION_CODENAME").or_else(|| os.get("UBUNTU_CODENAME"));
    if let Some(name) = given {
        return name.to_owned();
    }
    let in_version = os.get("VERSION").and_then(|version| {
        let inner =
            parenthesised(version).or_else(|| version.split_once(", ").map(|(_, name)| name));
        inner.map(str::trim)
    });
    let found = in_version.map(ToOwned::to_owned).or_else(|| {
        release_file(host).and_then(|text| parenthesised(&text).map(ToOwned::to_owned))
    });
    let found = found.unwrap_or_default();
    if found.is_empty() && id != "fedora" { "NA".to_owned() } else { found }
}

/// The text of the distribution's own release file: the first one in the order of their names.
fn release_file(host: &Host) -> Option<String> {
    const OTHERS: [&str; 9] = [
        "board-release",
        "debian_version",
        "initrd-release",
        "iredmail-release",
        "lsb-release",
        "oem-release",
        "os-release",
        "plesk-release",
        "system-release",
    ];
    let mut names: Vec<_> = host
        .folder("/etc")
        .into_iter()
        .filter(|name| {
            let word = name.strip_suffix("-release").is_some_and(|word| !word.contains(['-', '.']));
            word && !OTHERS.contains(&name.as_str())
        })
        .collect();
    names.sort_unstable();
    host.text(format!("/etc/{}", names.first()?))
}

fn parenthesised(text: &str) -> Option<&str> {
    Some(text.split_once('(')?.1.split_once(')')?.0)
}

/// The version in a line such as `CentOS Linux release 7.9.2009 (Core)`.
fn release_version(text: &str) -> Option<&str> {
    text.split_once("release ")?.1.split_whitespace().next()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Returns the facts about the distribution.
pub(super) fn detect(host: &Host) -> Facts {
    let mut guess = Guess::of(host);
    let mut facts = Facts::new();
    let found = release_file::read(host, &mut guess);
    let mut put = |key: &str, value: serde_json::Value| drop(facts.insert(key.to_owned(), value));
    if let Some(found) = &found {
        put("distribution_file_path", found.path.into());
        put("distribution_file_variety", found.variety.into());
        if let Some(search) = found.search {
            put("distribution_file_search_string", search.into());
        }
        if found.parsed {
            put("distribution_file_parsed", true.into());
        }
    }
    let or_na = |text: &str| if text.is_empty() { "NA".to_owned() } else { text.to_owned() };
    let major = match found.as_ref().and_then(|found| found.major.clone()) {
        Some(major) => major,
        None => or_na(guess.version.split('.').next().unwrap_or_default()),
    };
    put("distribution_major_version", major.into());
    if let Some(minor) = found.and_then(|found| found.minor) {
        put("distribution_minor_version", minor.into());
    }
    put("distribution_version", or_na(&guess.version).into());
    put("distribution_release", guess.release.into());
    put("os_family", family(&guess.name).unwrap_or(&guess.name).into());
    put("distribution", guess.name.into());
    facts
}

/// The family by which playbooks choose between package managers and paths.
fn family(name: &str) -> Option<&'static str> {
    const FAMILIES: [(&str, &[&str]); 12] = [
        (
            "RedHat",
            &[
                "RedHat",
                "RHEL",
                "Fedora",
                "CentOS",
                "Scientific",
                "SLC",
                "Ascendos",
                "CloudLinux",
                "PSBM",
                "OracleLinux",
                "OVS",
                "OEL",
                "Amazon",
                "Amzn",
                "Virtuozzo",
                "XenServer",
                "Alibaba",
                "EulerOS",
                "openEuler",
                "AlmaLinux",
                "Rocky",
                "TencentOS",
                "EuroLinux",
                "Kylin Linux Advanced Server",
                "MIRACLE",
            ],
        ),
        (
            "Debian",
            &[
                "Debian",
                "Ubuntu",
                "Raspbian",
                "Neon",
                "KDE neon",
                "Linux Mint",
                "SteamOS",
                "Devuan",
                "Kali",
                "Cumulus Linux",
                "Pop!_OS",
                "Parrot",
                "Pardus GNU/Linux",
                "Uos",
                "Deepin",
                "OSMC",
                "LinuxMint",
            ],
        ),
        (
            "Suse",
            &[
                "SuSE",
                "SLES",
                "SLED",
                "openSUSE",
                "openSUSE Tumbleweed",
                "SLES_SAP",
                "SUSE_LINUX",
                "openSUSE Leap",
                "ALP-Dolomite",
                "SL-Micro",
                "openSUSE MicroOS",
            ],
        ),
        ("Archlinux", &["Archlinux", "Antergos", "Manjaro"]),
        ("Mandrake", &["Mandrake", "Mandriva"]),
        ("Slackware", &["Slackware"]),
        ("Altlinux", &["Altlinux"]),
        ("SMGL", &["SMGL"]),
        ("Gentoo", &["Gentoo", "Funtoo"]),
        ("Alpine", &["Alpine"]),
        ("ClearLinux", &["Clear Linux OS", "Clear Linux Mix"]),
        ("Flatcar", &["Flatcar"]),
    ];
    FAMILIES.iter().find(|(_, members)| members.contains(&name)).map(|(family, _)| *family)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use serde_json::Value as Json;

    use super::*;
    use crate::host::TestHost;

    /// The files of a fixture, by their path on the host.
    fn files(folder: &Path, at: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{at}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                files(&entry.path(), &name, found);
            } else {
                found.push((name, fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }

    #[test]
    fn distributions_are_named_as_the_reference_names_them() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/facts/fixtures/distribution");
        let (mut wrong, mut count) = (Vec::new(), 0);
        for entry in fs::read_dir(folder).unwrap() {
            let folder = entry.unwrap().path();
            let mut found = Vec::new();
            files(&folder, "", &mut found);
            let files: Vec<_> =
                found.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            let host = TestHost::with(&files);
            let mut facts = detect(&host);
            facts.insert("lsb".to_owned(), super::super::lsb::describe(&host).into());
            let expected = fs::read_to_string(folder.join("expected.json")).unwrap();
            let expected: Json = serde_json::from_str(&expected).unwrap();
            count += 1;
            if Json::Object(facts.clone()) != expected {
                let name = folder.file_name().unwrap().to_string_lossy().into_owned();
                wrong.push(format!(
                    "{name}\n  is        {}\n  should be {expected}",
                    Json::Object(facts)
                ));
            }
        }
        assert!(count > 40, "the fixtures are there");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
