//! Debian's package database, read without starting `dpkg`.

use std::cmp::Ordering;

use super::{Host, Result};

/// A package that the database knows: installed, or with something left of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DebPackage {
    pub name: String,
    pub architecture: String,
    pub version: String,
    pub installed: bool,
    /// Names that it stands for beside its own.
    pub provides: Vec<String>,
}

impl Host {
    /// Returns the packages in the database that `wanted` picks by their name, in their order.
    pub fn dpkg_packages(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<DebPackage>> {
        let text = self.read_text("/var/lib/dpkg/status")?.unwrap_or_default();
        Ok(paragraphs(&text)
            .filter(|paragraph| field(paragraph, "Package").is_some_and(&wanted))
            .map(DebPackage::parse)
            .collect())
    }

    /// Returns the installed packages that say they provide `name`.
    pub fn dpkg_providers(&self, name: &str) -> Result<Vec<DebPackage>> {
        let text = self.read_text("/var/lib/dpkg/status")?.unwrap_or_default();
        Ok(paragraphs(&text)
            .filter(|paragraph| field(paragraph, "Provides").is_some_and(|all| all.contains(name)))
            .map(DebPackage::parse)
            .filter(|package| package.installed && package.provides.iter().any(|one| one == name))
            .collect())
    }

    /// Returns what dpkg is to do with a package (`install`, `hold`, ...); `None` when it does not know it.
    pub fn dpkg_selection(&self, name: &str) -> Result<Option<String>> {
        let text = self.read_text("/var/lib/dpkg/status")?.unwrap_or_default();
        let (name, architecture) = name.split_once(':').unwrap_or((name, ""));
        let mut known = paragraphs(&text).filter(|paragraph| {
            field(paragraph, "Package") == Some(name)
                && (architecture.is_empty()
                    || field(paragraph, "Architecture") == Some(architecture))
        });
        let status = known.next().and_then(|paragraph| field(paragraph, "Status"));
        Ok(status.and_then(|status| status.split(' ').next()).map(ToOwned::to_owned))
    }

    /// Returns whether files of the package are left, its configuration included.
    pub fn dpkg_has_files(&self, package: &DebPackage) -> bool {
        let DebPackage { name, architecture, .. } = package;
        [format!("{name}.list"), format!("{name}:{architecture}.list")].iter().any(|list| {
            let found = self.stat(format!("/var/lib/dpkg/info/{list}"));
            matches!(found, Ok(Some(meta)) if meta.len() > 0)
        })
    }
}

impl DebPackage {
    fn parse(paragraph: &str) -> DebPackage {
        let text = |name| field(paragraph, name).unwrap_or_default().to_owned();
        let provides = field(paragraph, "Provides").unwrap_or_default();
        DebPackage {
            name: text("Package"),
            architecture: text("Architecture"),
            version: text("Version"),
            installed: text("Status").ends_with(" installed"),
            provides: provides
                .split(',')
                .filter_map(|one| one.split_whitespace().next())
                .map(ToOwned::to_owned)
                .collect(),
        }
    }
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").filter(|paragraph| !paragraph.is_empty())
}

/// Returns the first line of a field.
fn field<'a>(paragraph: &'a str, name: &str) -> Option<&'a str> {
    let is_field = |line: &&str| {
        line.len() > name.len() && line.starts_with(name) && line.as_bytes()[name.len()] == b':'
    };
    let line = paragraph.lines().find(is_field)?;
    Some(line[name.len() + 1..].trim())
}

/// Compares versions as `dpkg --compare-versions` does: epoch, upstream version, revision.
pub fn compare_versions(left: &str, right: &str) -> Ordering {
    let (left, right) = (parts(left), parts(right));
    left.0
        .cmp(&right.0)
        .then_with(|| compare_part(left.1, right.1))
        .then_with(|| compare_part(left.2, right.2))
}

fn parts(version: &str) -> (u64, &str, &str) {
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
        None => (0, version),
    };
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// Compares by turns what is no digit, letters before all else and `~` before the end, and numbers by their value.
fn compare_part(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    while !left.is_empty() || !right.is_empty() {
        loop {
            let next = |text: &[u8]| text.first().copied().filter(|byte| !byte.is_ascii_digit());
            let (a, b) = (next(left), next(right));
            if a.is_none() && b.is_none() {
                break;
            }
            let order = weight(a).cmp(&weight(b));
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (&left[1..], &right[1..]);
        }
        let (a, b) = (left.split_at(digits(left)), right.split_at(digits(right)));
        let (x, y) = (without_zeros(a.0), without_zeros(b.0));
        let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (a.1, b.1);
    }
    Ordering::Equal
}

fn weight(byte: Option<u8>) -> i32 {
    match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
        Some(byte) => i32::from(byte) + 256,
    }
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    &digits[digits.iter().take_while(|byte| **byte == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn versions_are_ordered_as_dpkg_orders_them() {
        for (left, order, right) in [
            ("1.0", "=", "1.0"),
            ("1.0-1", "<", "1.0-2"),
            ("1.9", "<", "1.10"),
            ("1.0~rc1", "<", "1.0"),
            ("1.0~~", "<", "1.0~"),
            ("1:0.1", ">", "9.9"),
            ("0:1.0", "=", "1.0"),
            ("1.0a", "<", "1.0+"),
            ("1.0-1", ">", "1.0"),
            ("1.0-0", "=", "1.0"),
            ("1.01", "=", "1.1"),
            ("2.36-9+deb12u14", ">", "2.36-9+deb12u4"),
            ("1.2.3-4-5", "<", "1.2.3-5-1"),
            ("a", "<", "b"),
        ] {
            let expected = match order {
                "<" => Ordering::Less,
                ">" => Ordering::Greater,
                _ => Ordering::Equal,
            };
            assert_eq!(compare_versions(left, right), expected, "{left} {order} {right}");
            assert_eq!(compare_versions(right, left), expected.reverse(), "{right} {order} {left}");
        }
    }

    #[test]
    fn the_database_is_read() {
        let status = "Package: jq\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.6-2\nDescription: x\n Package: not\n\n\
                      Package: old\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n\
                      Package: mawk\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.3\nProvides: awk, posix-awk (= 1)\n";
        let host = TestHost::with(&[
            ("/var/lib/dpkg/status", status),
            ("/var/lib/dpkg/info/old.list", "/etc/old\n"),
        ]);
        let found = host.dpkg_packages(|name| name != "mawk").unwrap();
        assert_eq!(
            found.iter().map(|one| (one.name.as_str(), one.installed)).collect::<Vec<_>>(),
            [("jq", true), ("old", false)]
        );
        assert_eq!(found[0].version, "1.6-2");
        assert!(host.dpkg_has_files(&found[1]) && !host.dpkg_has_files(&found[0]));
        assert_eq!(host.dpkg_providers("posix-awk").unwrap()[0].name, "mawk");
        assert!(host.dpkg_providers("aw").unwrap().is_empty());
    }
}
