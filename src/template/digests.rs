//! Digests by the names that Python's `hashlib` has for them.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

/// Returns a digest's bytes.
pub(crate) fn raw(kind: &str, data: &[u8]) -> Result<Vec<u8>, String> {
    Ok(match kind {
        "md5" => Md5::digest(data).to_vec(),
        "sha1" => Sha1::digest(data).to_vec(),
        "sha224" => Sha224::digest(data).to_vec(),
        "sha256" => Sha256::digest(data).to_vec(),
        "sha384" => Sha384::digest(data).to_vec(),
        "sha512" => Sha512::digest(data).to_vec(),
        other => return Err(format!("unsupported hash type {other}")),
    })
}

/// Returns a digest in hexadecimal digits.
pub(crate) fn hex(kind: &str, data: &[u8]) -> Result<String, String> {
    Ok(raw(kind, data)?.iter().map(|byte| format!("{byte:02x}")).collect())
}
