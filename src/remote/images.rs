//! The helpers that this executable carries.

use std::io::Read as _;

use windlass_protocol::bootstrap::Image;

/// A helper as `build.rs` embedded it.
#[derive(Debug)]
pub struct Embedded {
    /// The first part of its target: `x86_64`.
    pub machine: &'static str,
    pub sha256: &'static str,
    pub crc32: u32,
    pub raw_len: usize,
    pub gzip: &'static [u8],
}

/// Every helper that was built.
#[expect(clippy::unreadable_literal, reason = "written by the build script")]
pub static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/helpers.rs"));

impl Embedded {
    /// Returns the binary as it runs.
    pub fn raw(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.raw_len);
        let read = flate2::read::GzDecoder::new(self.gzip).read_to_end(&mut bytes);
        read.expect("what the build packed can be unpacked");
        bytes
    }

    /// Returns what `uname -m` calls the machines that it runs on.
    pub fn machines(&self) -> Vec<&'static str> {
        match self.machine {
            "x86_64" => vec!["x86_64", "amd64"],
            "aarch64" => vec!["aarch64", "arm64"],
            other => vec![other],
        }
    }

    fn image(&self) -> Image {
        Image {
            machines: self.machines().iter().map(|&name| name.to_owned()).collect(),
            sha256: self.sha256.to_owned(),
            crc32: self.crc32,
            raw_len: self.raw_len,
            gzip_len: Some(self.gzip.len()),
        }
    }
}

/// Returns the bootstrap for all helpers.
pub(super) fn script(serve: &str, keep: bool) -> String {
    let images: Vec<Image> = EMBEDDED.iter().map(Embedded::image).collect();
    windlass_protocol::bootstrap::script(&images, serve, keep)
}

#[cfg(test)]
mod tests {
    use super::EMBEDDED;

    #[test]
    fn a_helper_is_quickly_uploaded() {
        for helper in EMBEDDED {
            let size = helper.gzip.len();
            assert!(
                size <= 2_000_000,
                "the helper for {} has {size} bytes, packed",
                helper.machine
            );
        }
    }
}
