//! Writing zip archives, as Python imports from them.

use std::io::Write as _;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// An archive in the making; the same files give the same bytes.
#[derive(Default)]
pub(super) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    pub(super) fn add(&mut self, name: &str, content: &[u8]) {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(content).and_then(|()| encoder.finish());
        let packed = packed.expect("memory takes what is written to it");
        let mut crc = Crc::new();
        crc.update(content);
        let size = |len: usize| u32::try_from(len).expect("sources are shorter than 4 GiB");
        let offset = size(self.bytes.len());
        // Version 2.0, UTF-8 names, deflate, the first day that there is.
        let mut common = vec![20, 0, 0, 8, 8, 0, 0, 0, 0x21, 0];
        for number in [crc.sum(), size(packed.len()), size(content.len())] {
            common.extend_from_slice(&number.to_le_bytes());
        }
        let name_len = u16::try_from(name.len()).expect("names of sources are short");
        common.extend_from_slice(&name_len.to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(b"PK\x03\x04");
        self.bytes.extend_from_slice(&common);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(&packed);
        self.directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        self.directory.extend_from_slice(&common);
        // No comment, first disk, no attributes but those of an ordinary file.
        self.directory.extend_from_slice(&[0, 0, 0, 0, 0, 0]);
        self.directory.extend_from_slice(&(0o100_644u32 << 16).to_le_bytes());
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.count = self.count.saturating_add(1);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let size = |len: usize| u32::try_from(len).expect("sources are shorter than 4 GiB");
        let (start, length) = (size(self.bytes.len()), size(self.directory.len()));
        self.bytes.append(&mut self.directory);
        self.bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            self.bytes.extend_from_slice(&self.count.to_le_bytes());
        }
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(&start.to_le_bytes());
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes
    }
}
