//! The files by which distributions tell more than `os-release`, in the order in which they count.

use super::distribution::Guess;
use crate::host::Host;

/// The file that decided.
pub(super) struct Found {
    pub(super) path: &'static str,
    pub(super) variety: &'static str,
    /// Text by which the file was recognised.
    pub(super) search: Option<&'static str>,
    /// Whether the file's contents mattered.
    pub(super) parsed: bool,
    pub(super) major: Option<String>,
    pub(super) minor: Option<String>,
}

/// How a file is read; changes the guess and returns whether the file is that distribution's.
type Read = fn(&Host, &str, &mut Guess, &mut Found) -> bool;

struct ReleaseFile {
    path: &'static str,
    variety: &'static str,
    read: Read,
}

const fn file(path: &'static str, variety: &'static str, read: Read) -> ReleaseFile {
    ReleaseFile { path, variety, read }
}

static FILES: &[ReleaseFile] = &[
    file("/etc/altlinux-release", "Altlinux", |_, text, guess, found| {
        named(text, "ALT", guess, found)
    }),
    file("/etc/oracle-release", "OracleLinux", |_, text, guess, found| {
        named(text, "Oracle Linux", guess, found)
    }),
    file("/etc/slackware-version", "Slackware", slackware),
    file("/etc/centos-release", "CentOS", centos),
    file("/etc/redhat-release", "RedHat", |_, text, guess, found| {
        named(text, "Red Hat", guess, found)
    }),
    file("/etc/vmware-release", "VMwareESX", by_presence),
    file("/etc/openwrt_release", "OpenWrt", openwrt),
    file("/etc/os-release", "Amazon", amazon),
    file("/etc/system-release", "Amazon", amazon),
    file("/etc/alpine-release", "Alpine", alpine),
    file("/etc/arch-release", "Archlinux", by_presence),
    file("/etc/os-release", "Archlinux", |_, text, guess, found| {
        let known = text.contains("Arch Linux");
        known && by_name(guess, found)
    }),
    file("/etc/os-release", "SUSE", suse),
    file("/etc/os-release", "Debian", debian),
    file("/etc/lsb-release", "Debian", debian),
    file("/etc/lsb-release", "Mandriva", mandriva),
    file("/etc/sourcemage-release", "SMGL", |_, text, guess, found| {
        named(text, "Source Mage GNU/Linux", guess, found)
    }),
    file("/usr/lib/os-release", "ClearLinux", clear_linux),
    file("/etc/os-release", "Flatcar", flatcar),
    file("/etc/os-release", "NA", any),
];

/// Reads the first file that is its distribution's, and corrects the guess by it.
pub(super) fn read(host: &Host, guess: &mut Guess) -> Option<Found> {
    FILES.iter().find_map(|file| {
        let text = host.text(file.path)?;
        let mut found = Found {
            path: file.path,
            variety: file.variety,
            search: None,
            parsed: true,
            major: None,
            minor: None,
        };
        (file.read)(host, &text, guess, &mut found).then_some(found)
    })
}

/// A file that some distributions share: one is known by a text, the others by their first word.
fn named(text: &str, search: &'static str, guess: &mut Guess, found: &mut Found) -> bool {
    let Some(first) = text.split_whitespace().next() else { return false };
    if text.contains(search) {
        found.search = Some(search);
        return by_name(guess, found);
    }
    first.clone_into(&mut guess.name);
    true
}

/// The distribution is called as its variety is.
fn by_name(guess: &mut Guess, found: &mut Found) -> bool {
    found.variety.clone_into(&mut guess.name);
    true
}

fn by_presence(_: &Host, _: &str, guess: &mut Guess, found: &mut Found) -> bool {
    found.parsed = false;
    by_name(guess, found)
}

fn slackware(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if !text.contains("Slackware") {
        return false;
    }
    if let Some(version) = text.split_whitespace().find(|word| word.contains('.')) {
        version.clone_into(&mut guess.version);
    }
    by_name(guess, found)
}

fn centos(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if text.contains("CentOS Stream") {
        "Stream".clone_into(&mut guess.release);
        return by_name(guess, found);
    }
    if text.contains("TencentOS Server") {
        "TencentOS".clone_into(&mut guess.name);
        return true;
    }
    false
}

fn openwrt(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if !text.contains("OpenWrt") {
        return false;
    }
    if let Some(version) = assigned(text, "DISTRIB_RELEASE") {
        guess.version = bare(version);
    }
    if let Some(release) = assigned(text, "DISTRIB_CODENAME") {
        guess.release = bare(release);
    }
    by_name(guess, found)
}

fn amazon(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if !text.contains("Amazon") {
        return false;
    }
    if found.path == "/etc/os-release" {
        if let Some(version) =
            assigned(text, "VERSION_ID").filter(|version| version.starts_with('"'))
        {
            guess.version = bare(version);
            let minor = guess.version.split_once('.').map_or("NA", |(_, minor)| minor);
            found.minor = Some(minor.to_owned());
        }
    } else {
        let number =
            text.split_whitespace().find(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        number.unwrap_or("NA").clone_into(&mut guess.version);
    }
    by_name(guess, found)
}

fn alpine(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    text.trim().clone_into(&mut guess.version);
    by_name(guess, found)
}

fn suse(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if !text.to_lowercase().contains("suse") {
        return false;
    }
    if let Some(name) = assigned(text, "NAME") {
        guess.name = bare(name);
    }
    let version = assigned(text, "VERSION_ID").map(bare).unwrap_or_default();
    // The service pack is the release.
    let pack = version.split_once('.').map(|(_, pack)| pack.to_owned()).unwrap_or_default();
    found.major = version.split('.').next().map(ToOwned::to_owned);
    guess.version = version;
    guess.release = pack;
    if assigned(text, "CPE_NAME").is_some_and(|name| name.contains("sles_sap")) {
        "SLES_SAP".clone_into(&mut guess.name);
    }
    true
}

fn debian(host: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if text.contains("Debian") || text.contains("Raspbian") {
        "Debian".clone_into(&mut guess.name);
        let pretty = assigned(text, "PRETTY_NAME").unwrap_or_default();
        if let Some(release) = pretty.split_once('(').and_then(|(_, rest)| rest.split_once(')')) {
            release.0.clone_into(&mut guess.release);
        }
        found.minor = minor_version(&host.line("/etc/debian_version").unwrap_or_default());
    } else if text.contains("Ubuntu") {
        "Ubuntu".clone_into(&mut guess.name);
    } else if text.contains("SteamOS") {
        "SteamOS".clone_into(&mut guess.name);
    } else if text.contains("Kali") {
        "Kali".clone_into(&mut guess.name);
    } else if text.contains("Parrot") {
        "Parrot".clone_into(&mut guess.name);
    } else if text.contains("Devuan") {
        "Devuan".clone_into(&mut guess.name);
    } else if text.contains("Cumulus") {
        "Cumulus Linux".clone_into(&mut guess.name);
        if let Some(version) = assigned(text, "VERSION_ID") {
            // The reference leaves the quotes on.
            version.clone_into(&mut guess.version);
            found.major = guess.version.split('.').next().map(ToOwned::to_owned);
        }
        if let Some(release) = assigned(text, "VERSION") {
            guess.release = bare(release);
        }
    } else if text.contains("Mint") {
        "Linux Mint".clone_into(&mut guess.name);
        if let Some(version) = assigned(text, "VERSION_ID") {
            guess.version = bare(version);
            found.major = guess.version.split('.').next().map(ToOwned::to_owned);
        }
    } else if text.contains("UOS") || text.contains("Uos") {
        "Uos".clone_into(&mut guess.name);
    } else if text.contains("Deepin") || text.contains("deepin") {
        "Deepin".clone_into(&mut guess.name);
    } else {
        return false;
    }
    true
}

/// The second number of `12.7`.
fn minor_version(text: &str) -> Option<String> {
    let (major, minor) = text.split_once('.')?;
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    let known = major.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty();
    known.then_some(digits)
}

fn mandriva(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if !text.contains("Mandriva") {
        return false;
    }
    if let Some(version) = assigned(text, "DISTRIB_RELEASE") {
        guess.version = bare(version);
    }
    if let Some(release) = assigned(text, "DISTRIB_CODENAME") {
        guess.release = bare(release);
    }
    by_name(guess, found)
}

/// As the reference, this also takes other distributions that do not quote their name.
fn clear_linux(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    let name = assigned(text, "NAME").unwrap_or_default();
    let quoted = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(name) if !name.contains("Clear Linux") => return false,
        Some(name) => name.clone_into(&mut guess.name),
        None => drop(by_name(guess, found)),
    }
    if let Some(version) = assigned(text, "VERSION_ID") {
        // The reference leaves the quotes on.
        version.clone_into(&mut guess.version);
        found.major = Some(guess.version.clone());
    }
    if let Some(id) = assigned(text, "ID") {
        id.clone_into(&mut guess.release);
    }
    true
}

fn flatcar(_: &Host, text: &str, guess: &mut Guess, found: &mut Found) -> bool {
    if guess.name != "Flatcar" {
        return false;
    }
    if let Some(version) = assigned(text, "VERSION") {
        guess.version = bare(version);
    }
    by_name(guess, found)
}

/// A distribution that nobody knows is called as it calls itself.
fn any(_: &Host, text: &str, guess: &mut Guess, _: &mut Found) -> bool {
    if let Some(name) = assigned(text, "NAME") {
        guess.name = bare(name);
    }
    if guess.version.is_empty()
        && let Some(version) = assigned(text, "VERSION")
    {
        guess.version = bare(version);
    }
    true
}

/// The right side of an assignment, with its quotes.
fn assigned<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::trim)
}

fn bare(value: &str) -> String {
    value.trim_matches(['"', '\'']).to_owned()
}
