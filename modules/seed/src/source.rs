//! The file that is read, byte for byte.

use core::hint::black_box;

use crate::Failure;

/// How a payload begins, each byte inverted: the program that looks for it must not contain it.
const INVERTED_MARK: [u8; MARK] =
    [!b'w', !b'i', !b'n', !b'd', !b'l', !b'a', !b's', !b's', !0, !0xff, !b'P', !b'1'];
const MARK: usize = 12;

/// Returns how a payload begins.
#[cfg(any(test, feature = "pack"))]
pub(crate) fn mark() -> [u8; MARK] {
    INVERTED_MARK.map(|byte| !byte)
}

/// A file, of which a part is in memory.
pub(crate) struct Source<'a, R> {
    buffer: &'a mut [u8],
    start: usize,
    end: usize,
    read: R,
    failure: Option<Failure>,
}

impl<'a, R: FnMut(&mut [u8]) -> Option<usize>> Source<'a, R> {
    pub(crate) fn new(buffer: &'a mut [u8], read: R) -> Self {
        Source { buffer, start: 0, end: 0, read, failure: None }
    }

    /// Leaves out everything before the payload, and how that begins.
    pub(crate) fn find_payload(&mut self) -> Result<(), Failure> {
        let mut n_found = 0;
        // No byte of the mark is its first one again, so that a search never goes back.
        while n_found < MARK {
            let byte = !self.byte();
            self.state()?;
            // Whoever compiles this must not undo the inversion.
            let mark = black_box(&INVERTED_MARK);
            n_found = match byte {
                _ if byte == mark[n_found] => n_found + 1,
                _ => usize::from(byte == mark[0]),
            };
        }
        Ok(())
    }

    /// Returns the next byte; zero where there is none, which [`Self::state`] tells.
    pub(crate) fn byte(&mut self) -> u8 {
        if self.start == self.end && self.failure.is_none() {
            let read = (self.read)(self.buffer);
            (self.start, self.end) = (0, read.unwrap_or_default().min(self.buffer.len()));
            if self.end == 0 {
                self.failure = Some(if read.is_none() { Failure::Read } else { Failure::Short });
            }
        }
        if self.failure.is_some() {
            return 0;
        }
        self.start += 1;
        self.buffer[self.start - 1]
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        [(); N].map(|()| self.byte())
    }

    /// Returns whether all bytes so far were there.
    pub(crate) fn state(&self) -> Result<(), Failure> {
        self.failure.map_or(Ok(()), Err)
    }
}
