//! Public keys of OpenPGP: their fingerprints, from binary or armored text.

use std::io::Write;

use super::Hasher;

/// A key of a key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Forty hexadecimal digits, capitals.
    pub fingerprint: String,
    /// Whether it belongs to the primary key before it.
    pub is_subkey: bool,
}

impl PublicKey {
    /// Returns the last sixteen digits.
    pub fn id(&self) -> &str {
        &self.fingerprint[self.fingerprint.len().saturating_sub(16)..]
    }
}

/// Returns the keys in the order of the file; what is no key is skipped.
pub fn public_keys(bytes: &[u8]) -> Vec<PublicKey> {
    const BEGIN: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
    if !bytes.windows(BEGIN.len()).any(|part| part == BEGIN) {
        return packets(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let blocks = text.split("-----BEGIN PGP PUBLIC KEY BLOCK-----").skip(1);
    blocks.flat_map(|block| packets(&dearmored(block))).collect()
}

/// Decodes the lines of a block: after the headers and an empty line, before the sum.
fn dearmored(block: &str) -> Vec<u8> {
    let mut lines = block.trim_start_matches(['\r', '\n']).lines().map(str::trim).peekable();
    while lines.peek().is_some_and(|line| line.contains(": ")) {
        lines.next();
    }
    let body = lines.take_while(|line| !line.starts_with('=') && !line.starts_with('-'));
    decoded(&body.collect::<String>())
}

/// Decodes base64; what is no digit of it is skipped.
fn decoded(text: &str) -> Vec<u8> {
    let digit = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for value in text.bytes().filter_map(digit) {
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or(0));
        }
    }
    out
}

fn packets(mut bytes: &[u8]) -> Vec<PublicKey> {
    const KEY: u8 = 6;
    const SUBKEY: u8 = 14;
    let mut keys = Vec::new();
    while let Some((tag, body, rest)) = packet(bytes) {
        if tag == KEY || tag == SUBKEY {
            keys.extend(
                fingerprint(body)
                    .map(|fingerprint| PublicKey { fingerprint, is_subkey: tag == SUBKEY }),
            );
        }
        bytes = rest;
    }
    keys
}

/// Returns the first packet's kind and content, and what follows it; nothing at the end or where it is broken.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&head, rest) = bytes.split_first()?;
    if head & 0x80 == 0 {
        return None;
    }
    let number =
        |bytes: &[u8]| bytes.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
    let (tag, size, skip): (u8, usize, usize) = if head & 0x40 != 0 {
        match *rest.first()? {
            first @ 0..=191 => (head & 0x3f, usize::from(first), 1),
            first @ 192..=223 => {
                let second = usize::from(*rest.get(1)?);
                (head & 0x3f, (usize::from(first) - 192) * 256 + second + 192, 2)
            }
            255 => (head & 0x3f, number(rest.get(1..5)?), 5),
            // Keys do not come in parts.
            _ => return None,
        }
    } else {
        match head & 3 {
            0 => ((head >> 2) & 15, number(rest.get(..1)?), 1),
            1 => ((head >> 2) & 15, number(rest.get(..2)?), 2),
            2 => ((head >> 2) & 15, number(rest.get(..4)?), 4),
            _ => ((head >> 2) & 15, rest.len(), 0),
        }
    };
    let end = skip.checked_add(size)?;
    Some((tag, rest.get(skip..end)?, &rest[end..]))
}

/// Returns the fingerprint of a key of version 4.
fn fingerprint(body: &[u8]) -> Option<String> {
    if body.first() != Some(&4) {
        return None;
    }
    let mut hasher = Hasher::sha1();
    let length = u16::try_from(body.len()).ok()?.to_be_bytes();
    hasher.write_all(&[0x99]).and_then(|()| hasher.write_all(&length)).ok()?;
    hasher.write_all(body).ok()?;
    Some(hasher.hex().to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of Ed25519 as GnuPG exports it.
    const ARMORED: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: x\n\nmDMEYCQjIxYJKwYBBAHaRw8BAQdAD/P5Nvvnvk66SxBBHDbhRml9ORg1WV5CvzKY\nCuMfoIW0BmFiY2RlZg==\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";

    #[test]
    fn keys_have_fingerprints() {
        let keys = public_keys(ARMORED.as_bytes());
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].fingerprint.len(), keys[0].is_subkey), (40, false));
        assert!(keys[0].fingerprint.ends_with(keys[0].id()));
        let binary =
            decoded("mDMEYCQjIxYJKwYBBAHaRw8BAQdAD/P5Nvvnvk66SxBBHDbhRml9ORg1WV5CvzKYCuMfoIU=");
        assert_eq!(public_keys(&binary), keys);
    }

    #[test]
    fn nonsense_has_none() {
        for bytes in [&b""[..], b"\x98", b"\xff\xff\xff\xff\xff\xff", b"hello", b"\xc6\xf0"] {
            assert_eq!(public_keys(bytes), []);
        }
    }
}
