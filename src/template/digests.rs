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
    Ok(hexadecimal(&raw(kind, data)?))
}

/// Returns bytes in hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
