//! What is signed: PEM around it, the signature's algorithm, and the host's `openssl`, which has the keys.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose};

use super::der::{Item, Reader, bits, oid, oid_text, sequence};
use crate::{
    host::{Failure, Host, Result},
    openssl::{PASSPHRASE_FROM, look_at_key, openssl_gives},
};

/// Something signed, taken apart: what is signed, how, and the signature.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub content: Item<'a>,
    pub algorithm: Item<'a>,
    pub signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes it apart.
    pub fn of(der: &'a [u8]) -> Option<Signed<'a>> {
        let mut parts = Reader { rest: der }.next()?.inside();
        let (content, algorithm) = (parts.next()?, parts.next()?);
        let signature = parts.next()?.value.get(1..)?;
        Some(Signed { content, algorithm, signature })
    }

    /// Returns the number of the algorithm.
    pub fn algorithm_number(&self) -> String {
        self.algorithm.inside().next().map(|item| oid_text(item.value)).unwrap_or_default()
    }
}

/// Returns what the first block of this kind holds.
pub fn from_pem(text: &[u8], kinds: &[&str]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    kinds.iter().find_map(|kind| {
        let (_, rest) = text.split_once(&format!("-----BEGIN {kind}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        general_purpose::STANDARD.decode(body).ok()
    })
}

/// Reads Base64 as Python does: whatever is none of its characters is passed over.
pub fn from_base64(text: &str) -> Result<Vec<u8>> {
    let is_one = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let text: String = text.chars().filter(is_one).collect();
    let data = text.chars().filter(|c| *c != '=').count();
    general_purpose::STANDARD.decode(text).map_err(|_| match data % 4 {
        1 => Failure::new(format!(
            "Invalid base64-encoded string: number of data characters ({data}) cannot be 1 more than a multiple of 4"
        )),
        _ => Failure::new("Incorrect padding"),
    })
}

/// Returns a block of this kind.
pub fn to_pem(kind: &str, der: &[u8]) -> String {
    let body = general_purpose::STANDARD.encode(der);
    let mut out = format!("-----BEGIN {kind}-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {kind}-----\n"));
    out
}

/// Returns the name of a signature's algorithm, or its number.
pub fn algorithm_name(number: &str) -> String {
    let known = match number {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.113549.1.1.14" => "sha224WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.1" => "ecdsa-with-SHA224",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "ED25519",
        "1.3.101.113" => "ED448",
        "2.16.840.1.101.3.4.3.2" => "dsa_with_SHA256",
        other => other,
    };
    known.to_owned()
}

/// Returns the algorithm's description for a kind of key and a sum.
pub fn algorithm(kind: &str, digest: &str) -> Option<Vec<u8>> {
    let null = || vec![5, 0];
    let number = match (kind, digest) {
        ("RSA", "md5") => "1.2.840.113549.1.1.4",
        ("RSA", "sha1") => "1.2.840.113549.1.1.5",
        ("RSA", "sha224") => "1.2.840.113549.1.1.14",
        ("RSA", "sha256") => "1.2.840.113549.1.1.11",
        ("RSA", "sha384") => "1.2.840.113549.1.1.12",
        ("RSA", "sha512") => "1.2.840.113549.1.1.13",
        ("ECC", "sha1") => "1.2.840.10045.4.1",
        ("ECC", "sha224") => "1.2.840.10045.4.3.1",
        ("ECC", "sha256") => "1.2.840.10045.4.3.2",
        ("ECC", "sha384") => "1.2.840.10045.4.3.3",
        ("ECC", "sha512") => "1.2.840.10045.4.3.4",
        ("DSA", "sha1") => "1.2.840.10040.4.3",
        ("DSA", "sha224") => "2.16.840.1.101.3.4.3.1",
        ("DSA", "sha256") => "2.16.840.1.101.3.4.3.2",
        ("Ed25519", _) => "1.3.101.112",
        ("Ed448", _) => "1.3.101.113",
        _ => return None,
    };
    let mut parts = vec![oid(number)?];
    if kind == "RSA" {
        parts.push(null());
    }
    Some(sequence(&parts))
}

/// Signs some content, which `content` makes of the algorithm, and returns all of it.
pub fn sign(
    host: &Host,
    pem: &[u8],
    passphrase: Option<&str>,
    digest: &str,
    content: &dyn Fn(&[u8]) -> Vec<u8>,
) -> Result<Vec<u8>> {
    let facts = look_at_key(host, pem, passphrase)?.ok_or_else(|| {
        Failure::new(
            "the private key cannot be read: it is broken, or its passphrase is another one",
        )
    })?;
    let algorithm = algorithm(&facts.kind, digest)
        .ok_or_else(|| Failure::new(format!("Unsupported digest \"{digest}\"")))?;
    let content = content(&algorithm);
    let edwards = facts.kind.starts_with("Ed");
    // Keys are given to the program as files, which nobody else can read.
    let key = Temporary::new(host, pem)?;
    let input = Temporary::new(host, &content)?;
    let from = if passphrase.is_some() { PASSPHRASE_FROM } else { "pass:" };
    let digest = format!("-{digest}");
    let words = if edwards {
        vec!["pkeyutl", "-sign", "-rawin", "-inkey", &key.path, "-passin", from, "-in", &input.path]
    } else {
        vec!["dgst", &digest, "-sign", &key.path, "-passin", from, &input.path]
    };
    let signature = openssl_gives(host, "cannot sign", &words, b"", passphrase)?;
    Ok(sequence(&[content, algorithm, bits(&signature)]))
}

/// A file that is removed again.
pub struct Temporary<'a> {
    host: &'a Host,
    pub path: String,
}

impl<'a> Temporary<'a> {
    /// Writes a file that only its owner can read.
    pub fn new(host: &'a Host, bytes: &[u8]) -> Result<Temporary<'a>> {
        let cannot = |error: &std::io::Error| Failure::io("cannot write a temporary file", error);
        let path = host
            .create_temporary("/tmp", "windlass-", "", false)
            .map_err(|error| cannot(&error))?;
        let temporary = Temporary { host, path };
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(host.path(&temporary.path))
            .map_err(|error| cannot(&error))?;
        file.write_all(bytes).map_err(|error| cannot(&error))?;
        Ok(temporary)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // Nothing depends on it any more.
        let _ = self.host.unlink(&self.path);
    }
}
