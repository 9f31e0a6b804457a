//! What rpm's database has.

use std::cmp::Ordering;

use crate::host::{Command, Host, Result};

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Package {
    name: String,
    epoch: String,
    version: String,
    release: String,
    arch: String,
}

/// All installed packages.
#[derive(Debug)]
pub(super) struct Database {
    packages: Vec<Package>,
    root: String,
}

/// How rpm is asked for packages.
const FORMAT: &str = "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";

impl Package {
    fn parse(line: &str) -> Option<Package> {
        let mut fields = line.split('\t').map(ToOwned::to_owned);
        Some(Package {
            name: fields.next()?,
            epoch: fields.next()?,
            version: fields.next()?,
            release: fields.next()?,
            arch: fields.next()?,
        })
    }

    fn text(&self) -> String {
        format!("{}-{}-{}.{}", self.name, self.version, self.release, self.arch)
    }

    /// Returns whether this is what a name means, with or without version, release, epoch and architecture.
    fn is(&self, wanted: &str) -> bool {
        let Package { name, epoch, version, release, arch } = self;
        let Some(rest) = wanted.strip_prefix(name.as_str()) else {
            // `1:name-2-3`, as rpm writes it.
            return wanted.split_once(':').is_some_and(|(one, rest)| {
                one == epoch.as_str() && rest.starts_with(name.as_str()) && self.is(rest)
            });
        };
        let full = format!("{version}-{release}");
        [
            String::new(),
            format!(".{arch}"),
            format!("-{version}"),
            format!("-{full}"),
            format!("-{version}.{arch}"),
            format!("-{full}.{arch}"),
            format!("-{epoch}:{version}"),
            format!("-{epoch}:{full}"),
            format!("-{epoch}:{full}.{arch}"),
        ]
        .iter()
        .any(|one| one == rest)
    }
}

impl Database {
    pub(super) fn read(root: &str, host: &Host) -> Result<Database> {
        let mut words = vec!["rpm"];
        if root != "/" {
            words.extend(["--root", root]);
        }
        words.extend(["-qa", "--queryformat", FORMAT]);
        let output = host.must(&Command::new(words))?;
        let packages = output.text().lines().filter_map(Package::parse).collect();
        Ok(Database { packages, root: root.to_owned() })
    }

    /// Returns whether a package of this name, and version where that is given, is installed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.is(name))
    }

    /// Returns whether the package that a file holds is installed in that version.
    pub(super) fn has_file(&self, file: &str, host: &Host) -> Result<bool> {
        let output = host.run(&Command::new(["rpm", "-qp", "--queryformat", FORMAT, file]))?;
        let package = output.text().lines().find_map(Package::parse);
        Ok(package.is_some_and(|package| self.packages.contains(&package)))
    }

    /// Returns whether an installed package provides this name or file.
    pub(super) fn provides(&self, name: &str, host: &Host) -> Result<bool> {
        let mut words = vec!["rpm"];
        if self.root != "/" {
            words.extend(["--root", &self.root]);
        }
        words.extend(["-q", "--whatprovides", name]);
        Ok(host.run(&Command::new(words))?.success())
    }

    /// Returns whether `name-version` is older than what is installed.
    pub(super) fn has_newer(&self, name: &str) -> bool {
        self.packages.iter().any(|package| {
            let rest =
                name.strip_prefix(package.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
            let Some(rest) = rest.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            else {
                return false;
            };
            let version = rest.split('-').next().unwrap_or_default();
            compare(version, &package.version).is_lt()
        })
    }

    /// Returns what was installed and removed since.
    pub(super) fn since(&self, before: &Database) -> Vec<String> {
        let new = self.packages.iter().filter(|package| !before.packages.contains(package));
        let gone = before.packages.iter().filter(|package| !self.packages.contains(package));
        let mut told: Vec<String> =
            new.map(|package| format!("Installed: {}", package.text())).collect();
        told.extend(gone.map(|package| format!("Removed: {}", package.text())));
        told
    }
}

/// Parts what `same` holds for from the rest; at least one byte is taken.
fn parted(text: &[u8], same: impl Fn(&&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(same).count().max(1))
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    &digits[digits.iter().take_while(|byte| **byte == b'0').count()..]
}

/// Compares versions as rpm does: by turns numbers and letters; a number is newer than letters, `~` older than the end.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'~' || *byte == b'^';
    loop {
        left = &left[left.iter().take_while(|byte| !is_part(byte)).count()..];
        right = &right[right.iter().take_while(|byte| !is_part(byte)).count()..];
        match (left.first(), right.first()) {
            (Some(b'~'), Some(b'~')) => (),
            (None, None) => return Ordering::Equal,
            // The tilde is less than anything, the end too.
            (Some(b'~'), _) => return Ordering::Less,
            (Some(_), None) | (_, Some(b'~')) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (Some(byte), Some(other)) => {
                let digits = byte.is_ascii_digit();
                if digits != other.is_ascii_digit() {
                    return if digits { Ordering::Greater } else { Ordering::Less };
                }
                let same = |byte: &&u8| {
                    if digits { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() }
                };
                let (part, rest) = parted(left, same);
                let (other_part, other_rest) = parted(right, same);
                let order = if digits {
                    let (part, other_part) = (without_zeros(part), without_zeros(other_part));
                    part.len().cmp(&other_part.len()).then_with(|| part.cmp(other_part))
                } else {
                    part.cmp(other_part)
                };
                if order.is_ne() {
                    return order;
                }
                (left, right) = (rest, other_rest);
                continue;
            }
        }
        (left, right) = (&left[1..], &right[1..]);
    }
}
