//! Unpacks what stands behind this program in its own file: an xz stream, from wherever the file is read.
//!
//! Invariant: what was written is what was packed, or the result says that it is not: the stream has a checksum of its own.

#![cfg_attr(not(test), no_std)]

use core::hint::black_box;

use xz4rust::{XzDecoder, XzError};

/// How far back a packed file may refer.
pub const DICTIONARY: usize = 8 << 20;

/// How much is read and written at a time.
const PIECE: usize = 64 << 10;

/// How much memory unpacking takes.
pub const MEMORY: usize = DICTIONARY + 2 * PIECE;

/// How an xz stream with a CRC-32 begins, each byte inverted: the program that looks for it must not contain it.
const INVERTED_HEADER: [u8; 12] =
    [!0xfd, !b'7', !b'z', !b'X', !b'Z', 0xff, 0xff, !1, !0x69, !0x22, !0xde, !0x36];

/// Why a file could not be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Reading failed.
    Read,
    /// Writing failed.
    Write,
    /// The file ended before its payload did.
    Short,
    /// The payload is not what was packed.
    Damaged,
}

/// Unpacks the payload of a file in memory of [`MEMORY`] bytes.
///
/// `read` fills a part of its buffer and says how much; 0 is the end of the file, `None` an error. `write` says how much
/// it took.
pub fn unpack(
    memory: &mut [u8; MEMORY],
    mut read: impl FnMut(&mut [u8]) -> Option<usize>,
    mut write: impl FnMut(&[u8]) -> Option<usize>,
) -> Result<(), Failure> {
    let (dictionary, buffers) = memory.split_at_mut(DICTIONARY);
    let (input, output) = buffers.split_at_mut(PIECE);
    let mut window = Window { buffer: input, start: 0, end: 0 };
    while !window.skip_to_payload() {
        window.fill(&mut read)?;
    }
    let mut decoder = XzDecoder::with_fixed_size_dict(dictionary);
    loop {
        let (produced, progress) = match decoder.decode(window.unread(), output) {
            Ok(step) => {
                window.start += step.input_consumed();
                let produced = step.output_produced();
                write_all(output.get(..produced).ok_or(Failure::Damaged)?, &mut write)?;
                if step.is_end_of_stream() {
                    return Ok(());
                }
                (produced, step.made_progress())
            }
            Err(XzError::NeedsLargerInputBuffer) => (0, false),
            Err(_) => return Err(Failure::Damaged),
        };
        // A full output may have more behind it, without more input.
        if !progress || (window.unread().is_empty() && produced < output.len()) {
            window.fill(&mut read)?;
        }
    }
}

/// The part of the file that is in memory.
struct Window<'a> {
    buffer: &'a mut [u8],
    start: usize,
    end: usize,
}

impl Window<'_> {
    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Moves what is not read yet to the front and reads more behind it.
    fn fill(&mut self, read: &mut impl FnMut(&mut [u8]) -> Option<usize>) -> Result<(), Failure> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        if free.is_empty() {
            return Err(Failure::Damaged);
        }
        let limit = free.len();
        let n = read(free).ok_or(Failure::Read)?;
        if n == 0 || n > limit {
            return Err(Failure::Short);
        }
        self.end += n;
        Ok(())
    }

    /// Returns whether the payload begins in the window, which then begins there too.
    fn skip_to_payload(&mut self) -> bool {
        // Whoever compiles this must not undo the inversion.
        let header = black_box(&INVERTED_HEADER);
        let begins = |bytes: &[u8]| bytes.iter().zip(header).all(|(byte, other)| *byte == !*other);
        match self.unread().windows(header.len()).position(begins) {
            Some(at) => {
                self.start += at;
                true
            }
            // Its first bytes may be the last of the window.
            None => {
                self.start = self.start.max(self.end.saturating_sub(header.len() - 1));
                false
            }
        }
    }
}

fn write_all(
    mut bytes: &[u8],
    write: &mut impl FnMut(&[u8]) -> Option<usize>,
) -> Result<(), Failure> {
    while !bytes.is_empty() {
        let n = write(bytes).filter(|n| *n > 0).ok_or(Failure::Write)?;
        bytes = bytes.get(n..).ok_or(Failure::Write)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
