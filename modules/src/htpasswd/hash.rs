//! Passwords as web servers keep them.

use base64::Engine as _;
use md5::{Digest, Md5};
use sha1::Sha1;

use crate::host::{Failure, Result};

/// How a password is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Apr1,
    Md5,
    Sha1,
    Plain,
}

const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Scheme {
    pub(super) fn named(name: &str) -> Option<Scheme> {
        Some(match name {
            "apr_md5_crypt" | "portable" | "portable_apache22" | "portable_apache24" | "host"
            | "host_apache22" | "host_apache24" | "linux_apache22" | "linux_apache24" => Scheme::Apr1,
            "md5_crypt" => Scheme::Md5,
            "ldap_sha1" => Scheme::Sha1,
            "plaintext" => Scheme::Plain,
            _ => return None,
        })
    }

    /// Returns the password as the file has it, with a salt that nobody can guess.
    pub(super) fn hash(self, password: &str) -> Result<String> {
        let mut bytes = [0; 8];
        rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
            .map_err(|error| Failure::io("cannot get random bytes", &error.into()))?;
        let salt: String =
            bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect();
        Ok(match self {
            Scheme::Apr1 => md5_crypt("$apr1$", password, &salt),
            Scheme::Md5 => md5_crypt("$1$", password, &salt),
            Scheme::Sha1 => sha1(password),
            Scheme::Plain => password.to_owned(),
        })
    }
}

/// Returns whether what the file has is this password.
pub(super) fn verify(password: &str, kept: &str) -> bool {
    for mark in ["$apr1$", "$1$"] {
        if let Some(rest) = kept.strip_prefix(mark) {
            let salt = rest.split('$').next().unwrap_or_default();
            return md5_crypt(mark, password, salt) == kept;
        }
    }
    if kept.starts_with("{SHA}") {
        return sha1(password) == kept;
    }
    !kept.is_empty() && !kept.starts_with(['$', '{']) && kept == password
}

fn sha1(password: &str) -> String {
    format!("{{SHA}}{}", base64::engine::general_purpose::STANDARD.encode(Sha1::digest(password)))
}

/// The MD5 of the nineties: a thousand rounds, and letters of its own.
fn md5_crypt(mark: &str, password: &str, salt: &str) -> String {
    let salt = salt.get(..8).unwrap_or(salt);
    let (password, salt_bytes) = (password.as_bytes(), salt.as_bytes());
    let inner = Md5::digest([password, salt_bytes, password].concat());
    let mut first = Md5::new();
    first.update(password);
    first.update(mark);
    first.update(salt_bytes);
    let mut left = password.len();
    while left > 0 {
        first.update(&inner[..left.min(16)]);
        left = left.saturating_sub(16);
    }
    let mut bits = password.len();
    while bits > 0 {
        first.update(if bits & 1 == 1 { &[0][..] } else { &password[..1] });
        bits >>= 1;
    }
    let mut sum = first.finalize();
    for round in 0..1000 {
        let mut next = Md5::new();
        if round & 1 == 1 { next.update(password) } else { next.update(&sum[..]) }
        if round % 3 != 0 {
            next.update(salt_bytes);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        if round & 1 == 1 { next.update(&sum[..]) } else { next.update(password) }
        sum = next.finalize();
    }
    let mut text = format!("{mark}{salt}$");
    let mut add = |value: u32, n: usize| {
        let mut value = value;
        for _ in 0..n {
            text.push(char::from(LETTERS[(value & 0x3f) as usize]));
            value >>= 6;
        }
    };
    for [a, b, c] in [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] {
        add((u32::from(sum[a]) << 16) | (u32::from(sum[b]) << 8) | u32::from(sum[c]), 4);
    }
    add(u32::from(sum[11]), 2);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes_are_verified() {
        // As `openssl passwd -apr1 -salt abcdefgh password` prints it.
        assert_eq!(md5_crypt("$apr1$", "password", "abcdefgh"), APR1);
        assert!(verify("password", APR1) && !verify("other", APR1));
        assert!(verify("password", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="));
        assert!(verify("plain", "plain") && !verify("", ""));
    }

    const APR1: &str = "$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1";
}
