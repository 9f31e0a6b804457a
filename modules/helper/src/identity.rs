//! Which helper this is, as who started it says, and whether it is still whole.

use std::{
    fs::File,
    io::{self, Read as _},
};

/// What the bootstrap calls a helper: `HASH:CHECKSUM`, the SHA-256 of the binary and its CRC-32, both in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) sha256: String,
    pub(crate) crc32: u32,
}

impl Identity {
    pub(crate) fn parse(text: &str) -> Option<Identity> {
        let (sha256, crc32) = text.split_once(':')?;
        Some(Identity { sha256: sha256.to_owned(), crc32: u32::from_str_radix(crc32, 16).ok()? })
    }

    /// Fails where the running binary is not the one that is meant: it was damaged since it was stored.
    ///
    /// Every start pays for this, hence the checksum: a binary that vouches for itself can only find damage, which a
    /// hash would not find better. The buffer stays in the processor's cache, and costs no page faults.
    pub(crate) fn verify(&self) -> io::Result<()> {
        let mut binary = File::open("/proc/self/exe")?;
        let mut checksum = crc32fast::Hasher::new();
        let mut buffer = [0; 16 << 10];
        loop {
            match binary.read(&mut buffer)? {
                0 => break,
                length => checksum.update(&buffer[..length]),
            }
        }
        if checksum.finalize() == self.crc32 {
            return Ok(());
        }
        Err(io::Error::other("this helper is not what its name says; it is replaced"))
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn an_identity_is_a_hash_and_a_checksum() {
        let identity = Identity { sha256: "ab12".to_owned(), crc32: 0xff };
        assert_eq!(Identity::parse("ab12:000000ff"), Some(identity));
        assert_eq!(Identity::parse("ab12"), None);
        assert_eq!(Identity::parse("ab12:x"), None);
    }

    #[test]
    fn another_binary_is_refused() {
        let bytes = std::fs::read("/proc/self/exe").unwrap();
        let mut identity = Identity { sha256: String::new(), crc32: crc32fast::hash(&bytes) };
        identity.verify().unwrap();
        identity.crc32 ^= 1;
        identity.verify().unwrap_err();
    }
}
