//! The program `openssl`, and what its modules share: keys, fingerprints, files that are written when they differ.

mod choices;
mod sums;

use std::io::Write as _;

use crate::host::{
    AttributeDiff, Command, Failure, FileAttributes, Host, Outcome, Output, Result, errno_of,
};
pub use choices::{Backend, NameEncoding};
pub use sums::{colons, fingerprints};

/// Name of the variable that gives a passphrase to the program, which others cannot see as arguments.
const PASSPHRASE: &str = "WINDLASS_PASSPHRASE";

/// Runs `openssl` with these words; `passphrase` is what `-passin env:` and `-passout env:` read.
pub fn openssl(
    host: &Host,
    words: &[&str],
    stdin: &[u8],
    passphrase: Option<&str>,
) -> Result<Output> {
    let program = host.required("openssl")?;
    let mut argv = vec![program];
    argv.extend(words.iter().map(|word| (*word).to_owned()));
    let mut command = Command::new(argv).stdin(stdin);
    if let Some(passphrase) = passphrase {
        command = command.env(PASSPHRASE, passphrase);
    }
    host.run(&command)
}

/// Returns what `openssl` wrote; the failure says what it was to do.
pub fn openssl_gives(
    host: &Host,
    what: &str,
    words: &[&str],
    stdin: &[u8],
    passphrase: Option<&str>,
) -> Result<Vec<u8>> {
    let output = openssl(host, words, stdin, passphrase)?;
    if output.success() {
        return Ok(output.stdout);
    }
    let reason = output.error_text();
    let reason = reason.lines().next().unwrap_or_default();
    Err(Failure::new(format!("{what}: {reason}")))
}

/// Returns whether `openssl` succeeded, as it does where something is good.
pub fn openssl_succeeds(
    host: &Host,
    words: &[&str],
    stdin: &[u8],
    passphrase: Option<&str>,
) -> Result<bool> {
    let mut words = words.to_vec();
    words.extend(["-passin", if passphrase.is_some() { PASSPHRASE_FROM } else { "pass:" }]);
    Ok(openssl(host, &words, stdin, passphrase)?.success())
}

/// Where the passphrase comes from, as an argument.
pub const PASSPHRASE_FROM: &str = "env:WINDLASS_PASSPHRASE";

/// What a private key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// `RSA`, `ECC`, `Ed25519`.
    pub kind: String,
    pub size: u64,
    /// As arguments name it.
    pub curve: Option<String>,
}

/// Refuses any version but the one that there is.
pub fn only_version(option: &str, given: i64, only: i64) -> Result<()> {
    if given == only {
        return Ok(());
    }
    Err(Failure::new(format!("value of {option} must be one of: {only}, got: {given}")))
}

/// Returns what a private key is; nothing when it cannot be read, as with a wrong passphrase.
pub fn look_at_key(host: &Host, pem: &[u8], passphrase: Option<&str>) -> Result<Option<KeyFacts>> {
    let mut words = vec!["pkey", "-noout", "-text"];
    // Without a source, openssl would ask on a terminal.
    words.extend(["-passin", if passphrase.is_some() { PASSPHRASE_FROM } else { "pass:" }]);
    let output = openssl(host, &words, pem, passphrase)?;
    Ok(output.success().then(|| key_facts(&output.text())).flatten())
}

fn key_facts(text: &str) -> Option<KeyFacts> {
    let first = text.lines().next()?;
    let size = first.split('(').nth(1).and_then(|rest| rest.split(' ').next());
    let size = size.and_then(|size| size.parse().ok()).unwrap_or(0);
    let upper = first.to_ascii_uppercase();
    let curve = text.lines().find_map(|line| line.trim().strip_prefix("ASN1 OID: "));
    let kind = if upper.starts_with("ED25519") {
        "Ed25519"
    } else if upper.starts_with("ED448") {
        "Ed448"
    } else if upper.starts_with("X25519") {
        "X25519"
    } else if upper.starts_with("X448") {
        "X448"
    } else if curve.is_some() {
        "ECC"
    } else if text.lines().any(|line| line.starts_with("publicExponent")) {
        "RSA"
    } else {
        "DSA"
    };
    let curve = curve.map(|name| match name.trim() {
        "prime256v1" => "secp256r1".to_owned(),
        "prime192v1" => "secp192r1".to_owned(),
        other => other.to_owned(),
    });
    Some(KeyFacts { kind: kind.to_owned(), size, curve })
}

/// What is wrong with a text that is no PEM, or PEM of another kind.
pub fn not_pem(text: &[u8], delimiters: &str, kind: &str) -> String {
    if String::from_utf8_lossy(text).contains("-----BEGIN ") {
        return format!("Valid PEM but no {delimiters}. Are you sure this is a {kind}?");
    }
    "Unable to load PEM file. See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details. MalformedFraming".to_owned()
}

/// Returns the content that a task gives, or that of its file.
pub fn content_or_file(
    host: &Host,
    what: &str,
    content: Option<&str>,
    path: Option<&str>,
) -> Result<Vec<u8>> {
    if let Some(content) = content {
        return Ok(content.as_bytes().to_vec());
    }
    let path = path.unwrap_or_default();
    host.read_whole(path).map_err(|error| {
        let reason = errno_of(&error, path);
        Failure::new(format!("Error while reading {what} file from disk: {reason}"))
    })
}

/// Returns the public key of a private one, in DER.
pub fn public_key(host: &Host, pem: &[u8], passphrase: Option<&str>) -> Result<Vec<u8>> {
    private_key_to(host, pem, passphrase, &["-pubout", "-outform", "DER"])
}

/// Returns a private key as `openssl pkey` writes it with these options.
pub fn private_key_to(
    host: &Host,
    pem: &[u8],
    passphrase: Option<&str>,
    options: &[&str],
) -> Result<Vec<u8>> {
    let from = if passphrase.is_some() { PASSPHRASE_FROM } else { "pass:" };
    let mut words = vec!["pkey", "-passin", from];
    words.extend(options);
    let text = String::from_utf8_lossy(pem);
    // The program reads more ways to write a key than are asked for.
    let output = if text.contains("-----BEGIN ") {
        openssl(host, &words, pem, passphrase)?
    } else {
        Output { status: 1, ..Output::default() }
    };
    let protected = text.contains("ENCRYPTED");
    if protected != passphrase.is_some() && (output.success() || protected) {
        return Err(Failure::new("Wrong or empty passphrase provided for private key"));
    }
    if output.success() {
        return Ok(output.stdout);
    }
    let reason = if protected {
        "Incorrect password, could not decrypt key".to_owned()
    } else if text.contains("PRIVATE KEY-----") {
        "Could not deserialize key data. The data may be in an incorrect format, it may be encrypted with an unsupported algorithm, or it may be an unsupported key type (e.g. EC curves with explicit parameters).".to_owned()
    } else {
        not_pem(pem, "BEGIN/END delimiters for a private key found", "private key")
    };
    Err(Failure::new(format!(
        "Wrong passphrase provided for private key, or private key cannot be parsed: {reason}"
    )))
}

/// Returns a private key as PEM without passphrase, in the classic way where its kind has one.
pub fn classic_key(host: &Host, pem: &[u8], passphrase: Option<&str>) -> Result<Vec<u8>> {
    private_key_to(host, pem, passphrase, &["-traditional"])
        .or_else(|_| private_key_to(host, pem, passphrase, &[]))
}

/// A file that a module makes.
pub struct Made<'a> {
    pub path: &'a str,
    pub attributes: &'a FileAttributes,
    pub backup: bool,
    /// Permissions where none are asked for.
    pub mode: u32,
}

impl Made<'_> {
    /// Writes new content, or only sets attributes where there is none; returns what changed and the backup's name.
    pub fn write(&self, host: &Host, content: Option<&[u8]>) -> Result<(bool, Option<String>)> {
        let mut backup = None;
        if let Some(content) = content {
            if self.backup && !host.checking() && host.exists(self.path) {
                backup = host.backup(self.path)?;
            }
            let folder = self.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
            let folder = if folder.is_empty() { "/" } else { folder };
            if !host.checking() && !host.may(folder, rustix::fs::Access::WRITE_OK) {
                return Err(Failure::new(format!(
                    "Error while writing result: The destination directory '{folder}' is not writable by the current user."
                )));
            }
            let mode = if host.exists(self.path) { None } else { Some(self.mode) };
            host.replace(self.path, mode, |file| file.write_all(content))?;
        }
        let written = content.is_some();
        if host.checking() && !host.exists(self.path) {
            return Ok((written, backup));
        }
        let changed = host.set_attributes(
            self.path,
            self.attributes,
            written,
            &mut AttributeDiff::default(),
        )?;
        Ok((changed, backup))
    }

    /// Removes the file; returns the outcome.
    pub fn remove(&self, host: &Host) -> Result<Outcome> {
        let mut backup = None;
        if self.backup && !host.checking() && host.exists(self.path) {
            backup = host.backup(self.path)?;
        }
        let changed = host.remove_file(self.path)?;
        Ok(Outcome::changed_if(changed)
            .with("filename", self.path)
            .with_some("backup_file", backup))
    }
}

/// Returns a failure where the folder of a file that is to be made is missing.
pub fn folder_must_exist(host: &Host, path: &str) -> Result<()> {
    folder_must_be(host, path, |folder| format!("{folder} does not exist or the file"))
}

/// The same in the words of some modules.
pub fn folder_must_be(host: &Host, path: &str, told: impl Fn(&str) -> String) -> Result<()> {
    let folder = path
        .rsplit_once('/')
        .map_or(".", |(folder, _)| if folder.is_empty() { "/" } else { folder });
    if host.is_folder(folder) {
        return Ok(());
    }
    let message = format!("The directory {} is not a directory", told(folder));
    Err(Failure::new(message).with("name", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart() {
        let check = |text: &str, kind: &str, size: u64, curve: Option<&str>| {
            let facts = key_facts(text).unwrap();
            assert_eq!(
                (facts.kind.as_str(), facts.size, facts.curve.as_deref()),
                (kind, size, curve)
            );
        };
        check(
            "Private-Key: (2048 bit, 2 primes)\nmodulus:\npublicExponent: 65537 (0x10001)\n",
            "RSA",
            2048,
            None,
        );
        check(
            "Private-Key: (256 bit)\npriv:\nASN1 OID: prime256v1\nNIST CURVE: P-256\n",
            "ECC",
            256,
            Some("secp256r1"),
        );
        check("ED25519 Private-Key:\npriv:\n", "Ed25519", 0, None);
        assert_eq!(colons("aabbcc"), "aa:bb:cc");
    }
}
