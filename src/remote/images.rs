//! The helpers that this executable carries.

use windlass_protocol::bootstrap::Image;

/// A helper as `build.rs` embedded it.
#[derive(Debug)]
pub struct Embedded {
    /// The first part of its target: `x86_64`.
    pub machine: &'static str,
    pub sha256: &'static str,
    pub crc32: u32,
    pub raw_len: usize,
    /// Whether what is sent unpacks itself, or is the helper.
    pub packed: bool,
    pub sent: &'static [u8],
}

/// Every helper that was built.
#[expect(clippy::unreadable_literal, reason = "written by the build script")]
pub static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/helpers.rs"));

impl Embedded {
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
            packed_len: self.packed.then_some(self.sent.len()),
        }
    }
}

/// Returns the bootstrap for all helpers.
pub(super) fn script(serve: &str, keep: bool) -> String {
    let images: Vec<Image> = EMBEDDED.iter().map(Embedded::image).collect();
    windlass_protocol::bootstrap::script(&images, serve, keep)
}

/// Returns the bootstrap that takes a helper only from where it is already.
pub(super) fn script_if_there(serve: &str) -> String {
    let images: Vec<Image> = EMBEDDED.iter().map(Embedded::image).collect();
    windlass_protocol::bootstrap::script_if_there(&images, serve)
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        process::{Command, Stdio},
    };

    use sha2::{Digest as _, Sha256};

    use super::EMBEDDED;

    #[test]
    fn a_helper_is_quickly_uploaded() {
        for helper in EMBEDDED {
            let size = helper.sent.len();
            assert!(
                size <= 2_000_000,
                "the helper for {} has {size} bytes, packed",
                helper.machine
            );
        }
    }

    #[test]
    fn what_is_sent_unpacks_to_the_helper() {
        for helper in EMBEDDED.iter().filter(|helper| helper.packed) {
            let (mut bytes, mut models) =
                (vec![0; windlass_seed::BYTES], vec![0; windlass_seed::MODELS]);
            let (mut rest, mut unpacked) = (helper.sent, Vec::new());
            windlass_seed::unpack(
                bytes.first_chunk_mut().unwrap(),
                models.first_chunk_mut().unwrap(),
                |buffer| io::Read::read(&mut rest, buffer).ok(),
                |bytes| io::Write::write(&mut unpacked, bytes).ok(),
            )
            .unwrap();
            assert_eq!((unpacked.len(), rest.len()), (helper.raw_len, 0));
            assert_eq!(hex(&unpacked), helper.sha256, "{}", helper.machine);
        }
    }

    /// A packed helper in a file, run with the end cut off.
    fn run(cut: usize) -> (Option<i32>, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("packed");
        let helper = EMBEDDED.iter().find(|helper| helper.machine == std::env::consts::ARCH);
        let helper = helper.unwrap();
        // Through a shell, as on a host: a program that this process writes may be open in a child of another test.
        let mut shell = Command::new("/bin/sh")
            .args(["-c", "head -c $1 >$0 && chmod 700 $0 && exec $0 <$0"])
            .arg(&file)
            .arg((helper.sent.len() - cut).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = shell.stdin.take().unwrap();
        let sender = std::thread::spawn(move || {
            // What is cut off is not read.
            let _ = io::Write::write_all(&mut stdin, helper.sent);
        });
        let output = shell.wait_with_output().unwrap();
        sender.join().unwrap();
        (output.status.code(), output.stdout)
    }

    #[test]
    fn a_packed_helper_unpacks_itself() {
        let (status, unpacked) = run(0);
        assert_eq!(status, Some(0));
        assert!(EMBEDDED.iter().any(|helper| helper.sha256 == hex(&unpacked)));
    }

    #[test]
    fn a_packed_helper_that_is_incomplete_says_so() {
        assert_eq!(run(1).0, Some(1));
        assert_eq!(run(100_000).0, Some(1));
    }

    fn hex(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
