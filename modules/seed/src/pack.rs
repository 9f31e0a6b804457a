//! The other direction: what stands behind the program, as the build makes it.

use std::{io::Write as _, ops::Range};

use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};

use crate::{
    CHECKSUM, CONTENT,
    code::{CALL, JUMP, convert_arm, is_conditional},
    lzma::Shape,
    source::mark,
    with_byte,
};

/// What a file is packed for: its parts differ in what tells their bytes apart.
const TARGETS: Shape = Shape { before: 0, place: 2, matched: 2 };
const CODE: Shape = Shape { before: 8, place: 0, matched: 0 };
const TABLES: Shape = Shape { before: 4, place: 0, matched: 2 };

/// Packs a program for a machine, whose code is where `code` says, as small as it gets; `None` where it is too large.
#[must_use]
pub fn pack(content: &[u8], machine: &str, code: Range<usize>) -> Option<Vec<u8>> {
    if content.len() > CONTENT {
        return None;
    }
    let mut rest = content.get(..code.start)?.to_vec();
    rest.extend_from_slice(content.get(code.end..)?);
    let length = code.len();
    let mut parts = Split { code: content.get(code.clone())?.to_vec(), ..Split::default() };
    let kind = match machine {
        "x86_64" => {
            parts = split_x86(&parts.code);
            1
        }
        "aarch64" => {
            convert_arm(&mut parts.code, true);
            2
        }
        _ => 0,
    };
    let checksum = content.iter().fold(CHECKSUM, |checksum, byte| with_byte(checksum, *byte));
    let mut packed = mark().to_vec();
    packed.push(kind);
    packed.extend_from_slice(&parts.stand_ins);
    for number in [code.start, length] {
        packed.extend_from_slice(&u32::try_from(number).ok()?.to_le_bytes());
    }
    packed.extend_from_slice(&checksum.to_le_bytes());
    let streams =
        [(TARGETS, parts.calls), (TARGETS, parts.jumps), (CODE, parts.code), (TABLES, rest)];
    for (shape, bytes) in streams {
        packed.extend(shape.written());
        packed.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
        packed.extend(stream(shape, &bytes)?);
    }
    Some(packed)
}

impl Shape {
    fn written(self) -> impl Iterator<Item = u8> {
        [self.before, self.place, self.matched].into_iter().map(|bits| bits.to_le_bytes()[0])
    }
}

fn stream(shape: Shape, bytes: &[u8]) -> Option<Vec<u8>> {
    let bits = |bits: usize| u32::try_from(bits).ok();
    let mut options = LzmaOptions::with_preset(9);
    options.dict_size = u32::try_from(CONTENT).ok()?;
    options.lc = bits(shape.before)?;
    options.lp = bits(shape.place)?;
    options.pb = bits(shape.matched)?;
    options.mode = EncodeMode::Normal;
    options.mf = MfType::Bt4;
    options.nice_len = 273;
    options.depth_limit = 512;
    let mut writer = LzmaWriter::new_no_header(Vec::new(), &options, false).ok()?;
    writer.write_all(bytes).ok()?;
    writer.finish().ok()
}

/// Code, and what was taken out of it.
#[derive(Default)]
struct Split {
    code: Vec<u8>,
    calls: Vec<u8>,
    jumps: Vec<u8>,
    stand_ins: [u8; 2],
}

fn split_x86(bytes: &[u8]) -> Split {
    let stand_ins = rarest(bytes);
    let mut split = Split { stand_ins, ..Split::default() };
    let length = u32::try_from(bytes.len()).expect("a file that is packed has a length");
    let (mut at, mut before) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        let end = u32::try_from(at + 5).expect("it is less than the length of all");
        let distance = bytes.get(at + 1..).and_then(|rest| rest.first_chunk());
        let target = distance.map(|bytes| end.wrapping_add(u32::from_le_bytes(*bytes)));
        let inside = target.filter(|target| *target < length);
        let (written, taken) = if is_conditional(before, byte) {
            (byte, target)
        } else {
            match byte {
                CALL if inside.is_none() => (stand_ins[0], None),
                JUMP if inside.is_none() => (stand_ins[1], None),
                CALL | JUMP => (byte, inside.map(|target| target + 1)),
                // What is written for something else is a call or a jump to nowhere.
                _ if byte == stand_ins[0] => (CALL, Some(0)),
                _ if byte == stand_ins[1] => (JUMP, Some(0)),
                _ => (byte, None),
            }
        };
        split.code.push(written);
        if let Some(target) = taken {
            let targets = if written == CALL { &mut split.calls } else { &mut split.jumps };
            targets.extend_from_slice(&target.to_be_bytes());
        }
        at += if taken.is_some() && written == byte { 5 } else { 1 };
        before = bytes[at - 1];
    }
    split
}

/// Returns the two bytes that are there least, neither of them of a call or a jump.
fn rarest(bytes: &[u8]) -> [u8; 2] {
    let mut counts = [0; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let is_free = |byte: &u8| *byte != CALL && *byte != JUMP && !is_conditional(0x0f, *byte);
    let mut found: Vec<u8> = (0..=u8::MAX).filter(is_free).collect();
    found.sort_by_key(|byte| counts[usize::from(*byte)]);
    [found[0], found[1]]
}
