//! Password hashes: whether a text is one, and setting one without showing it to the process list.

use super::Done;
use crate::host::{Command, Host, Result};

/// Returns whether the text is a hash, or one of the marks that lock an account.
pub(super) fn looks_hashed(password: &str) -> bool {
    const HASH64: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // These lock, and nothing is no password; `x` would say that the hash is elsewhere.
    if matches!(password, "" | "*" | "!" | "*************") {
        return true;
    }
    let Some(rest) = password.strip_prefix('$') else { return false };
    if !rest.contains('$') || password.contains([':', '*']) {
        return false;
    }
    let hash = rest.rsplit('$').next().unwrap_or_default();
    let length = match rest.split('$').next().unwrap_or_default() {
        "1" => 22,
        "5" => 43,
        "6" => 86,
        _ => return true,
    };
    hash.len() == length && hash.chars().all(|c| HASH64.contains(c))
}

/// Returns the option that sets `password`, unless it is a real hash: that is for `set` to hand over.
pub(super) fn option(password: &str, host: &Host) -> Vec<String> {
    if is_secret(password, host) {
        return Vec::new();
    }
    vec!["-p".to_owned(), password.to_owned()]
}

/// Sets a real hash through standard input: arguments are for everybody to read.
pub(super) fn set(name: &str, password: &str, host: &Host) -> Result<Done> {
    if !is_secret(password, host) {
        return Ok(None);
    }
    let command = Command::new(["chpasswd", "-e"]).stdin(format!("{name}:{password}\n"));
    host.change(&command).map(Some)
}

fn is_secret(password: &str, host: &Host) -> bool {
    password.contains('$') && !password.contains('\n') && host.which("chpasswd").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_known_by_their_form() {
        let sha512 = format!("$6$salt${}", "a".repeat(86));
        for hashed in
            ["", "*", "!", sha512.as_str(), "$y$j9T$salt$hash", "$1$salt$0123456789012345678901"]
        {
            assert!(looks_hashed(hashed), "{hashed}");
        }
        for plain in ["plain", "!!", "abcdefghijklm", "$6$abc$short", "x"] {
            assert!(!looks_hashed(plain), "{plain}");
        }
    }
}
