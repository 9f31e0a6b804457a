//! Passwords as web servers keep them.

use base64::Engine as _;
use sha1::{Digest as _, Sha1};

use crate::{
    crypt::{self, Sha2},
    host::{Failure, Result},
};

/// How a password is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Apr1,
    Md5,
    Sha1,
    Sha256,
    Sha512,
    Bcrypt,
    Plain,
}

const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Scheme {
    pub(super) fn named(name: &str) -> Option<Scheme> {
        Some(match name {
            "apr_md5_crypt" | "portable_apache_22" | "portable_apache22" => Scheme::Apr1,
            "portable" | "portable_apache_24" | "portable_apache24" => Scheme::Bcrypt,
            "host" | "host_apache_22" | "host_apache_24" => Scheme::Bcrypt,
            "linux_apache_24" => Scheme::Bcrypt,
            "linux_apache_22" => Scheme::Sha256,
            "md5_crypt" => Scheme::Md5,
            "ldap_sha1" => Scheme::Sha1,
            "sha256_crypt" => Scheme::Sha256,
            "sha512_crypt" => Scheme::Sha512,
            "bcrypt" => Scheme::Bcrypt,
            "plaintext" => Scheme::Plain,
            _ => return None,
        })
    }

    /// Returns the password as the file has it, with a salt that nobody can guess.
    pub(super) fn hash(self, password: &str) -> Result<String> {
        let mut bytes = [0; 22];
        rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
            .map_err(|error| Failure::io("cannot get random bytes", &error.into()))?;
        let salt: String =
            bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 64)])).collect();
        let key = password.as_bytes();
        Ok(match self {
            Scheme::Apr1 => crypt::md5(key, "$apr1$", &salt[..8]),
            Scheme::Md5 => crypt::md5(key, "$1$", &salt[..8]),
            Scheme::Sha1 => sha1(password),
            Scheme::Sha256 => crypt::sha2(key, Sha2::Sha256, &salt[..16], 535_000),
            Scheme::Sha512 => crypt::sha2(key, Sha2::Sha512, &salt[..16], 656_000),
            Scheme::Bcrypt => crypt::bcrypt(key, &salt, 12, "2y"),
            Scheme::Plain => password.to_owned(),
        })
    }
}

/// Returns whether what the file has is this password.
pub(super) fn verify(password: &str, kept: &str) -> bool {
    if let Some(is_it) = crypt::verify(password, kept) {
        return is_it;
    }
    if kept.starts_with("{SHA}") {
        return sha1(password) == kept;
    }
    !kept.is_empty() && !kept.starts_with(['$', '{']) && kept == password
}

fn sha1(password: &str) -> String {
    format!("{{SHA}}{}", base64::engine::general_purpose::STANDARD.encode(Sha1::digest(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hashes_are_verified() {
        assert!(verify("password", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="));
        assert!(verify("plain", "plain") && !verify("", ""));
    }
}
