//! Checksums that a download must have.

use crate::host::{Hasher, Host, Result};

/// A checksum that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Before its first byte.
    pub(super) hasher: Hasher,
    pub(super) sum: String,
}

impl Wanted {
    /// Reads an algorithm's name and a sum; the error is the task's message.
    pub(super) fn new(algorithm: &str, sum: &str) -> std::result::Result<Wanted, String> {
        let sum: String = sum.chars().filter(|c| !c.is_whitespace()).collect();
        let sum = sum.to_lowercase();
        if sum.is_empty() || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("The checksum format is invalid".to_owned());
        }
        match Hasher::named(algorithm.trim()) {
            Some(hasher) => Ok(Wanted { hasher, sum }),
            None => Err(format!(
                "Could not hash file with algorithm '{algorithm}'. Available algorithms: md5, sha1, sha224, sha256, sha384, sha512"
            )),
        }
    }

    /// Returns whether a file of the host has it.
    pub(super) fn fits(&self, host: &Host, path: &str) -> Result<bool> {
        Ok(host.checksum(path, self.hasher.clone())? == self.sum)
    }
}

/// Finds a file's sum in a list as `sha256sum` and the BSDs write them; a lone sum is that of any file.
pub(super) fn in_list(list: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = list
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if let [only] = lines.as_slice()
        && !only.contains(char::is_whitespace)
    {
        return Some((*only).to_owned());
    }
    lines.into_iter().find_map(|line| {
        if let Some((head, sum)) = line.split_once(") = ") {
            let (_, listed) = head.split_once(" (")?;
            return is_name(listed, name).then(|| sum.trim().to_owned());
        }
        let (sum, listed) = line.split_once(char::is_whitespace)?;
        is_name(listed.trim_start().trim_start_matches('*'), name).then(|| sum.to_owned())
    })
}

fn is_name(listed: &str, name: &str) -> bool {
    listed.trim_start_matches("./").trim() == name || listed.rsplit('/').next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_all_kinds_are_read() {
        let check = |list: &str, expected: Option<&str>| {
            assert_eq!(in_list(list, "f.tar").as_deref(), expected, "{list}");
        };
        check("abc\n", Some("abc"));
        check("abc  f.tar\n", Some("abc"));
        check("# x\nabc *./f.tar\ndef  g.tar\n", Some("abc"));
        check("abc  dist/f.tar\n", Some("abc"));
        check("SHA256 (g.tar) = def\nSHA256 (f.tar) = abc\n", Some("abc"));
        check("abc  other.f.tar\n", None);
    }

    #[test]
    fn sums_that_are_none_are_refused() {
        assert_eq!(Wanted::new("md5", "zz").unwrap_err(), "The checksum format is invalid");
        assert!(Wanted::new("foo", "ab").unwrap_err().starts_with("Could not hash file"));
        assert_eq!(Wanted::new("sha1", " AB cd").unwrap().sum, "abcd");
    }
}
