//! Checksums of files, read in pieces.

use std::io::{self, Read, Write};

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::{Failure, Host, Result, pour};

/// A checksum as far as its bytes are known.
#[derive(Clone, Debug)]
pub enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha224(Sha224),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    /// Returns the checksum of this name; `None` when there is none.
    pub fn named(name: &str) -> Option<Hasher> {
        Some(match name {
            "md5" => Hasher::Md5(Md5::new()),
            "sha1" => Hasher::Sha1(Sha1::new()),
            "sha224" => Hasher::Sha224(Sha224::new()),
            "sha256" => Hasher::Sha256(Sha256::new()),
            "sha384" => Hasher::Sha384(Sha384::new()),
            "sha512" => Hasher::Sha512(Sha512::new()),
            _ => return None,
        })
    }

    /// Returns SHA-1, by which contents are compared.
    pub fn sha1() -> Hasher {
        Hasher::Sha1(Sha1::new())
    }

    /// Returns SHA-256, by which archives are known.
    pub fn sha256() -> Hasher {
        Hasher::Sha256(Sha256::new())
    }

    /// Returns MD5, which results still show.
    pub fn md5() -> Hasher {
        Hasher::Md5(Md5::new())
    }

    /// Returns the checksum.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Hasher::Md5(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha1(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha224(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha384(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha512(hasher) => hasher.finalize().to_vec(),
        }
    }

    /// Returns the checksum in hex.
    pub fn hex(self) -> String {
        self.bytes().iter().fold(String::new(), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        })
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Hasher::Md5(hasher) => hasher.update(bytes),
            Hasher::Sha1(hasher) => hasher.update(bytes),
            Hasher::Sha224(hasher) => hasher.update(bytes),
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha384(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Several writers that get the same bytes.
pub struct Tee<'a>(pub Vec<&'a mut dyn Write>);

impl Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for writer in &mut self.0 {
            writer.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.iter_mut().try_for_each(Write::flush)
    }
}

impl Host {
    /// Returns the checksum of the file that `path` leads to.
    pub fn checksum(&self, path: &str, hasher: Hasher) -> Result<String> {
        checksum_of(&mut self.open(path)?, hasher)
            .map_err(|error| Failure::io(format!("cannot read `{path}`"), &error))
    }
}

/// Returns the checksum of what a reader has.
pub fn checksum_of(reader: &mut dyn Read, mut hasher: Hasher) -> io::Result<String> {
    pour(reader, &mut hasher)?;
    Ok(hasher.hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_coreutils() {
        let check = |name: &str, expected: &str| {
            let hasher = Hasher::named(name).unwrap();
            assert_eq!(checksum_of(&mut b"one\n".as_slice(), hasher).unwrap(), expected);
        };
        check("md5", "5bbf5a52328e7439ae6e719dfe712200");
        check("sha1", "c7059bb19433cc3cabaa6236c83d56668a843dd2");
        check("sha256", "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806");
        assert!(Hasher::named("crc32").is_none());
    }
}
