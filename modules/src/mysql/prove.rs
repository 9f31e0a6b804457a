//! How one proves to a server who one is.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// Returns the answer to a challenge by `mysql_native_password`.
pub(super) fn native(password: &str, challenge: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let first = Sha1::digest(password.as_bytes());
    let second = Sha1::digest(first);
    let mut hasher = Sha1::new();
    hasher.update(challenge);
    hasher.update(second);
    let mask = hasher.finalize();
    first.iter().zip(mask).map(|(one, other)| one ^ other).collect()
}

/// Returns the answer to a challenge by `caching_sha2_password`.
pub(super) fn sha2(password: &str, challenge: &[u8]) -> Vec<u8> {
    if password.is_empty() {
        return Vec::new();
    }
    let first = Sha256::digest(password.as_bytes());
    let mut hasher = Sha256::new();
    hasher.update(Sha256::digest(first));
    hasher.update(challenge);
    let mask = hasher.finalize();
    first.iter().zip(mask).map(|(one, other)| one ^ other).collect()
}

/// Returns a password as the server keeps it for `mysql_native_password`: `*` and 40 digits.
pub fn native_hash(password: &str) -> String {
    if password.is_empty() {
        return String::new();
    }
    let twice = Sha1::digest(Sha1::digest(password.as_bytes()));
    let hex: Vec<String> = twice.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("*{}", hex.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_kept_as_servers_keep_them() {
        assert_eq!(native_hash("password"), "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
        assert_eq!(native_hash(""), "");
        assert_eq!(native("x", &[0; 20]).len(), 20);
        assert_eq!(sha2("x", &[0; 20]).len(), 32);
    }
}
