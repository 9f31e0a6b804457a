//! Unpacks what stands behind this program in its own file, from wherever the file is read.
//!
//! Invariant: what was written is what was packed, or the result says that it is not: the payload has a checksum of its own.
//!
//! The payload is a program taken apart: the targets of its calls and of its jumps, its code without them, and the rest, each of
//! them packed with LZMA, whose models are told apart as it suits that part.

#![cfg_attr(not(any(test, feature = "pack")), no_std)]

mod code;
mod lzma;
#[cfg(any(test, feature = "pack"))]
mod pack;
mod source;

#[cfg(any(test, feature = "pack"))]
pub use pack::pack;

pub use lzma::MODELS;
use lzma::Shape;
use source::Source;

/// How large a packed program may be.
pub const CONTENT: usize = 12 << 20;

/// How much is read and written at a time.
const PIECE: usize = 64 << 10;

/// How many bytes unpacking takes, beside [`MODELS`]; no more of them are touched than a program needs.
pub const BYTES: usize = CONTENT + 2 * PIECE;

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

/// Unpacks the payload of a file.
///
/// `read` fills a part of its buffer and says how much; 0 is the end of the file, `None` an error. `write` says how much
/// it took.
pub fn unpack(
    bytes: &mut [u8; BYTES],
    models: &mut [u16; MODELS],
    read: impl FnMut(&mut [u8]) -> Option<usize>,
    write: impl FnMut(&[u8]) -> Option<usize>,
) -> Result<(), Failure> {
    let (pieces, mut free) = bytes.split_at_mut(2 * PIECE);
    let (input, output) = pieces.split_at_mut(PIECE);
    let mut source = Source::new(input, read);
    source.find_payload()?;
    let [machine, call, jump] = source.bytes();
    let start = length(source.bytes());
    let code_length = length(source.bytes());
    let checksum = u64::from_le_bytes(source.bytes());
    let mut parts = [(); 4].map(|()| &mut [][..]);
    for part in &mut parts {
        let shape = Shape::of(source.bytes()).ok_or(Failure::Damaged)?;
        let length = length(source.bytes());
        source.state()?;
        let (this, rest) = free.split_at_mut_checked(length).ok_or(Failure::Damaged)?;
        lzma::unpack(&mut source, models, shape, this)?;
        (*part, free) = (this, rest);
    }
    let [calls, jumps, code, rest] = parts;
    let (before, after) = rest.split_at_checked(start).ok_or(Failure::Damaged)?;
    let mut sink = Sink { buffer: output, n_held: 0, checksum: CHECKSUM, write, failed: false };
    sink.bytes(before);
    if machine == 1 {
        code::join_x86(code, [calls, jumps], [call, jump], code_length, |byte| sink.byte(byte))
            .ok_or(Failure::Damaged)?;
    } else {
        if machine == 2 {
            code::convert_arm(code, false);
        }
        sink.bytes(code);
    }
    sink.bytes(after);
    sink.flush();
    if sink.failed {
        return Err(Failure::Write);
    }
    if sink.checksum == checksum { Ok(()) } else { Err(Failure::Damaged) }
}

fn length(bytes: [u8; 4]) -> usize {
    usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
}

/// The checksum of nothing: FNV-1a, which needs no table.
const CHECKSUM: u64 = 0xcbf2_9ce4_8422_2325;

fn with_byte(checksum: u64, byte: u8) -> u64 {
    (checksum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// Where the program is written to.
struct Sink<'a, W> {
    buffer: &'a mut [u8],
    n_held: usize,
    checksum: u64,
    write: W,
    failed: bool,
}

impl<W: FnMut(&[u8]) -> Option<usize>> Sink<'_, W> {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.checksum = with_byte(self.checksum, byte);
        self.buffer[self.n_held] = byte;
        self.n_held += 1;
        if self.n_held == self.buffer.len() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let mut rest = &self.buffer[..self.n_held];
        self.n_held = 0;
        while !rest.is_empty() && !self.failed {
            match (self.write)(rest) {
                Some(n) if n > 0 && n <= rest.len() => rest = &rest[n..],
                _ => self.failed = true,
            }
        }
    }
}

#[cfg(test)]
mod tests;
