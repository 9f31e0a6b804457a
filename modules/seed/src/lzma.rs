//! What LZMA packs, unpacked into a slice that is also its dictionary.
//!
//! Invariant: whatever is read, nothing outside the slice is written, and it ends.

use crate::{Failure, source::Source};

/// How a stream tells its models apart, in bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Of the byte before, for literals.
    pub(crate) before: usize,
    /// Of the place, for literals.
    pub(crate) place: usize,
    /// Of the place, for matches.
    pub(crate) matched: usize,
}

impl Shape {
    /// Returns the shape, if there is room for its models.
    pub(crate) fn of(bits: [u8; 3]) -> Option<Self> {
        let [before, place, matched] = bits.map(usize::from);
        let fits = before + place <= 8 && matched <= 4;
        fits.then_some(Shape { before, place, matched })
    }
}

// Where each kind of model stands.
const IS_MATCH: usize = 0;
const IS_REPEATED: usize = IS_MATCH + (12 << 4);
const IS_OLDER: usize = IS_REPEATED + 12;
const IS_LONG: usize = IS_OLDER + 12;
const IS_THIRD: usize = IS_LONG + (12 << 4);
const IS_FOURTH: usize = IS_THIRD + 12;
const SLOTS: usize = IS_FOURTH + 12;
const SPECIAL: usize = SLOTS + (4 << 6);
const ALIGNED: usize = SPECIAL + 115;
const LENGTH: usize = ALIGNED + 16;
const REPEATED_LENGTH: usize = LENGTH + LENGTHS;
const LITERALS: usize = REPEATED_LENGTH + LENGTHS;
/// How many models a length has.
const LENGTHS: usize = 2 + (16 << 3) + (16 << 3) + 256;
/// How many models literals have that are not told apart.
const LITERAL: usize = 0x300;

/// How many models there are at most.
pub const MODELS: usize = LITERALS + (LITERAL << 8);

/// Fills `out` with what the source holds next.
pub(crate) fn unpack<R: FnMut(&mut [u8]) -> Option<usize>>(
    source: &mut Source<'_, R>,
    models: &mut [u16; MODELS],
    shape: Shape,
    out: &mut [u8],
) -> Result<(), Failure> {
    models.fill(1 << 10);
    let mut coder = Coder::start(source);
    let mut distances = [0; 4];
    let (mut at, mut state) = (0, 0);
    while at < out.len() {
        let place = at & ((1 << shape.matched) - 1);
        if coder.bit(&mut models[IS_MATCH + (state << 4) + place]) == 0 {
            let expected = if state < 7 { None } else { Some(out[at - distances[0] - 1]) };
            let before = at.checked_sub(1).map_or(0, |before| usize::from(out[before]));
            let kind = at & ((1 << shape.place) - 1);
            let kind = kind << shape.before | before >> (8 - shape.before);
            let models = &mut models[LITERALS + LITERAL * kind..][..LITERAL];
            out[at] = coder.literal(models, expected);
            at += 1;
            state = state.saturating_sub(if state < 10 { 3 } else { 6 });
            continue;
        }
        let after_literal = state < 7;
        let mut length = 1;
        if coder.bit(&mut models[IS_REPEATED + state]) == 0 {
            length = coder.length(&mut models[LENGTH..], place);
            distances.rotate_right(1);
            distances[0] = coder.distance(models, length);
            state = if after_literal { 7 } else { 10 };
        } else {
            let mut older = coder.bit(&mut models[IS_OLDER + state]);
            if older == 1 {
                older += coder.bit(&mut models[IS_THIRD + state]);
                if older == 2 {
                    older += coder.bit(&mut models[IS_FOURTH + state]);
                }
                distances[..=older].rotate_right(1);
            }
            if older == 0 && coder.bit(&mut models[IS_LONG + (state << 4) + place]) == 0 {
                state = if after_literal { 9 } else { 11 };
            } else {
                length = coder.length(&mut models[REPEATED_LENGTH..], place);
                state = if after_literal { 8 } else { 11 };
            }
        }
        let Some(from) = at.checked_sub(distances[0] + 1).filter(|_| length <= out.len() - at)
        else {
            return coder.source.state().and(Err(Failure::Damaged));
        };
        for step in 0..length {
            out[at + step] = out[from + step];
        }
        at += length;
    }
    // As far as what packed it came, so that the next stream begins where this one ends.
    coder.settle();
    coder.source.state()?;
    // What packed it ended on the number that is left.
    if coder.code == 0 { Ok(()) } else { Err(Failure::Damaged) }
}

/// A range coder's other half.
struct Coder<'a, 'b, R> {
    source: &'a mut Source<'b, R>,
    range: u32,
    code: u32,
}

impl<'a, 'b, R: FnMut(&mut [u8]) -> Option<usize>> Coder<'a, 'b, R> {
    fn start(source: &'a mut Source<'b, R>) -> Self {
        // The first byte is always nothing.
        source.byte();
        let code = u32::from_be_bytes([(); 4].map(|()| source.byte()));
        Coder { source, range: u32::MAX, code }
    }

    fn settle(&mut self) {
        if self.range < 1 << 24 {
            self.range <<= 8;
            self.code = self.code << 8 | u32::from(self.source.byte());
        }
    }

    fn bit(&mut self, model: &mut u16) -> usize {
        self.settle();
        let bound = (self.range >> 11) * u32::from(*model);
        if self.code < bound {
            self.range = bound;
            *model += ((1 << 11) - *model) >> 5;
            0
        } else {
            self.range -= bound;
            self.code -= bound;
            *model -= *model >> 5;
            1
        }
    }

    /// Returns a number whose bits have no models.
    fn plain(&mut self, bits: usize) -> usize {
        let mut number = 0;
        for _ in 0..bits {
            self.settle();
            self.range >>= 1;
            let is_set = self.code >= self.range;
            if is_set {
                self.code -= self.range;
            }
            number = number << 1 | usize::from(is_set);
        }
        number
    }

    /// Returns a number whose bits have models by the bits above them.
    fn tree(&mut self, models: &mut [u16], bits: usize) -> usize {
        let mut symbol = 1;
        for _ in 0..bits {
            symbol = symbol << 1 | self.bit(&mut models[symbol]);
        }
        symbol - (1 << bits)
    }

    /// Returns a number whose bits come from the lowest to the highest.
    fn reversed(&mut self, models: &mut [u16], bits: usize) -> usize {
        let (mut symbol, mut number) = (1, 0);
        for at in 0..bits {
            let bit = self.bit(&mut models[symbol]);
            symbol = symbol << 1 | bit;
            number |= bit << at;
        }
        number
    }

    /// Returns a byte; what stands where the last match would go on tells much of it.
    fn literal(&mut self, models: &mut [u16], expected: Option<u8>) -> u8 {
        let mut expected_bits = usize::from(expected.unwrap_or_default());
        let mut as_expected = if expected.is_some() { 0x100 } else { 0 };
        let mut symbol = 1;
        while symbol < 0x100 {
            expected_bits <<= 1;
            let predicted = expected_bits & as_expected;
            let bit = self.bit(&mut models[as_expected + predicted + symbol]);
            as_expected &= if bit == 0 { !predicted } else { predicted };
            symbol = symbol << 1 | bit;
        }
        symbol.to_le_bytes()[0]
    }

    fn length(&mut self, models: &mut [u16], place: usize) -> usize {
        if self.bit(&mut models[0]) == 0 {
            2 + self.tree(&mut models[2 + (place << 3)..], 3)
        } else if self.bit(&mut models[1]) == 0 {
            10 + self.tree(&mut models[2 + (16 << 3) + (place << 3)..], 3)
        } else {
            18 + self.tree(&mut models[2 + (32 << 3)..], 8)
        }
    }

    /// Returns how far back a new match lies, less one.
    fn distance(&mut self, models: &mut [u16], length: usize) -> usize {
        let slots = SLOTS + ((length - 2).min(3) << 6);
        let slot = self.tree(&mut models[slots..], 6);
        if slot < 4 {
            return slot;
        }
        let bits = (slot >> 1) - 1;
        let base = (2 | slot & 1) << bits;
        if slot < 14 {
            return base + self.reversed(&mut models[SPECIAL + base - slot - 1..], bits);
        }
        base + (self.plain(bits - 4) << 4) + self.reversed(&mut models[ALIGNED..], 4)
    }
}
