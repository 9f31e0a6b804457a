//! Passwords as web servers and directories keep them.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    crypt::{self, Sha2},
    host::{Failure, Hasher, Result},
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
    Des,
    Bsdi,
    Plain,
    /// A directory's plain text, which nothing in braces is.
    LdapPlain,
    /// A checksum in hex, by its name.
    Hex(&'static str),
    /// A checksum behind a mark, with so many bytes of salt.
    Ldap(&'static str, &'static str, usize),
}

const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Passlib's names.
const SCHEMES: [(&str, Scheme); 20] = [
    ("apr_md5_crypt", Scheme::Apr1),
    ("bcrypt", Scheme::Bcrypt),
    ("bsdi_crypt", Scheme::Bsdi),
    ("des_crypt", Scheme::Des),
    ("hex_md5", Scheme::Hex("md5")),
    ("hex_sha1", Scheme::Hex("sha1")),
    ("hex_sha256", Scheme::Hex("sha256")),
    ("hex_sha512", Scheme::Hex("sha512")),
    ("ldap_md5", Scheme::Ldap("{MD5}", "md5", 0)),
    ("ldap_plaintext", Scheme::LdapPlain),
    ("ldap_salted_md5", Scheme::Ldap("{SMD5}", "md5", 4)),
    ("ldap_salted_sha1", Scheme::Ldap("{SSHA}", "sha1", 4)),
    ("ldap_salted_sha256", Scheme::Ldap("{SSHA256}", "sha256", 8)),
    ("ldap_salted_sha512", Scheme::Ldap("{SSHA512}", "sha512", 8)),
    ("ldap_sha1", LDAP_SHA1),
    ("md5_crypt", Scheme::Md5),
    ("plaintext", Scheme::Plain),
    ("sha1_crypt", Scheme::Sha1),
    ("sha256_crypt", Scheme::Sha256),
    ("sha512_crypt", Scheme::Sha512),
];
const LDAP_SHA1: Scheme = Scheme::Ldap("{SHA}", "sha1", 0);

impl Scheme {
    pub(super) fn named(name: &str) -> Option<Scheme> {
        SCHEMES.iter().find(|(known, _)| *known == name).map(|(_, scheme)| *scheme)
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
            Scheme::Sha1 => crypt::sha1(key, &salt[..8], 480_000),
            Scheme::Sha256 => crypt::sha2(key, Sha2::Sha256, &salt[..16], 535_000),
            Scheme::Sha512 => crypt::sha2(key, Sha2::Sha512, &salt[..16], 656_000),
            Scheme::Bcrypt => crypt::bcrypt(key, &salt, 12, "2b"),
            Scheme::Des => crypt::des(key, &salt[..2]),
            // Five thousand and one rounds.
            Scheme::Bsdi => crypt::bsdi(key, &format!("_7C/.{}", &salt[..4])),
            Scheme::Plain | Scheme::LdapPlain => password.to_owned(),
            Scheme::Hex(sum) => summed(sum, &[key]).hex(),
            Scheme::Ldap(mark, sum, size) => marked(mark, sum, key, &bytes[..size]),
        })
    }

    /// Returns whether a text looks as if it were kept like this.
    fn has(self, kept: &str) -> bool {
        let crypted = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| LETTERS.contains(&byte))
        };
        match self {
            Scheme::Apr1 => kept.starts_with("$apr1$"),
            Scheme::Md5 => kept.starts_with("$1$"),
            Scheme::Sha1 => kept.starts_with("$sha1$"),
            Scheme::Sha256 => kept.starts_with("$5$"),
            Scheme::Sha512 => kept.starts_with("$6$"),
            Scheme::Bcrypt => kept.starts_with("$2"),
            Scheme::Des => crypted(kept, 13),
            Scheme::Bsdi => kept.strip_prefix('_').is_some_and(|rest| crypted(rest, 19)),
            Scheme::Plain => true,
            Scheme::LdapPlain => !kept.starts_with('{'),
            Scheme::Hex(sum) => {
                kept.len() == summed(sum, &[]).hex().len()
                    && kept.bytes().all(|byte| byte.is_ascii_hexdigit())
            }
            Scheme::Ldap(mark, ..) => kept.starts_with(mark),
        }
    }

    /// Returns whether what the file has is this password: what it looks like first decides, of what this scheme is
    /// understood beside.
    pub(super) fn verify(self, password: &str, kept: &str) -> bool {
        const WEB: [Scheme; 7] = [
            Scheme::Bcrypt,
            Scheme::Sha256,
            Scheme::Sha512,
            Scheme::Apr1,
            Scheme::Des,
            LDAP_SHA1,
            Scheme::Plain,
        ];
        let own = (!WEB[3..].contains(&self)).then_some(self);
        let beside = if own.is_some() { &WEB[3..] } else { &WEB[..] };
        let mut known = own.into_iter().chain(beside.iter().copied());
        let key = password.as_bytes();
        known.find(|scheme| scheme.has(kept)).is_some_and(|scheme| match scheme {
            Scheme::Plain | Scheme::LdapPlain => !kept.is_empty() && kept == password,
            Scheme::Des => crypt::des(key, &kept[..2]) == kept,
            Scheme::Bsdi => crypt::bsdi(key, &kept[..9]) == kept,
            Scheme::Hex(sum) => summed(sum, &[key]).hex().eq_ignore_ascii_case(kept),
            Scheme::Ldap(mark, sum, size) => {
                let bytes = STANDARD.decode(&kept[mark.len()..]).unwrap_or_default();
                let salt = bytes.get(summed(sum, &[]).bytes().len()..).filter(|_| size > 0);
                marked(mark, sum, key, salt.unwrap_or_default()) == kept
            }
            _ => crypt::verify(password, kept).unwrap_or_default(),
        })
    }
}

fn summed(sum: &str, parts: &[&[u8]]) -> Hasher {
    let mut hasher = Hasher::named(sum).unwrap_or_else(Hasher::sha1);
    for part in parts {
        // Summing up cannot fail.
        let _ = hasher.write_all(part);
    }
    hasher
}

fn marked(mark: &str, sum: &str, key: &[u8], salt: &[u8]) -> String {
    let bytes = [summed(sum, &[key, salt]).bytes().as_slice(), salt].concat();
    format!("{mark}{}", STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_knows_its_own_and_what_the_web_has_beside_it() {
        let slow = ["bcrypt", "sha1_crypt", "sha256_crypt", "sha512_crypt"];
        for (name, scheme) in SCHEMES.into_iter().filter(|(name, _)| !slow.contains(name)) {
            let kept = scheme.hash("secret").unwrap();
            assert!(scheme.verify("secret", &kept) && !scheme.verify("other", &kept), "{name}");
            let web =
                ["apr_md5_crypt", "des_crypt", "ldap_sha1"].contains(&name) || kept == "secret";
            assert_eq!(Scheme::Md5.verify("secret", &kept), web || name == "md5_crypt", "{name}");
        }
        let names: Vec<_> = SCHEMES.iter().map(|(name, _)| name).collect();
        assert!(names.is_sorted());
    }

    #[test]
    fn known_hashes_are_verified() {
        for (name, kept) in [
            ("plaintext", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="),
            ("ldap_sha1", "password"),
            ("des_crypt", "abJnggxhB/yWI"),
            ("apr_md5_crypt", "$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1"),
            ("bsdi_crypt", "_J9..rasmEedsvB6g8/6"),
            ("ldap_salted_sha1", "{SSHA}2D7DXcHaxkWxjlTTFhTzbi4Z/sdhYmNk"),
            ("ldap_salted_md5", "{SMD5}++18jMg8ZSwt3EL7ARFIjWFiY2Q="),
            ("hex_md5", "5F4DCC3B5AA765D61D8327DEB882CF99"),
        ] {
            assert!(Scheme::named(name).unwrap().verify("password", kept), "{kept}");
        }
        assert!(!Scheme::Plain.verify("", "") && !Scheme::Bcrypt.verify("x", "$6$x"));
    }
}
