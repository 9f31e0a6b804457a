//! Machine code whose calls and jumps are taken out of it, put together again.
//!
//! A call says how far away its target is; where it is says the same of all calls of one target, and is packed better,
//! apart from the code and with its highest byte first.

/// The first byte of a call.
pub(crate) const CALL: u8 = 0xe8;
/// The first byte of a jump.
pub(crate) const JUMP: u8 = 0xe9;

/// Whether these are the two bytes of a jump under a condition.
pub(crate) fn is_conditional(before: u8, byte: u8) -> bool {
    before == 0x0f && byte & 0xf0 == 0x80
}

/// Writes `length` bytes of code of an x86, of which `code` has what is not in `calls` and `jumps`; `None` where a part is too short.
pub(crate) fn join_x86(
    code: &[u8],
    [calls, jumps]: [&[u8]; 2],
    stand_ins: [u8; 2],
    length: usize,
    mut write: impl FnMut(u8),
) -> Option<()> {
    let (mut calls, mut jumps) = (targets(calls), targets(jumps));
    let (mut at, mut before) = (0u32, 0);
    let length = u32::try_from(length).ok()?;
    for &byte in code {
        let mut written = byte;
        let mut target = None;
        if is_conditional(before, byte) {
            if at + 5 <= length {
                target = Some(jumps.next()?);
            }
        } else if byte == CALL || byte == JUMP {
            let (targets, stand_in) =
                if byte == CALL { (&mut calls, stand_ins[0]) } else { (&mut jumps, stand_ins[1]) };
            target = targets.next()?.checked_sub(1);
            if target.is_none() {
                written = stand_in;
            }
        } else if byte == stand_ins[0] {
            written = CALL;
        } else if byte == stand_ins[1] {
            written = JUMP;
        }
        write(written);
        before = written;
        at += 1;
        if let Some(target) = target {
            at += 4;
            for byte in target.wrapping_sub(at).to_le_bytes() {
                write(byte);
                before = byte;
            }
        }
    }
    (at == length).then_some(())
}

fn targets(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().copied().map(u32::from_be_bytes)
}

/// Makes targets relative again in code of an aarch64, where it stands; `back` makes them absolute.
pub(crate) fn convert_arm(code: &mut [u8], back: bool) {
    let sign = |number: u32| if back { number } else { number.wrapping_neg() };
    let mut at = 0u32;
    for bytes in code.as_chunks_mut().0 {
        let word = u32::from_le_bytes(*bytes);
        let converted = if word >> 26 == 0b10_0101 {
            // A call, in words.
            word & 0xfc00_0000 | word.wrapping_add(sign(at >> 2)) & 0x03ff_ffff
        } else if word & 0x9f00_0000 == 0x9000_0000 {
            // The page of an address, whose lowest bits stand apart.
            let page = word >> 29 & 3 | word >> 3 & 0x1f_fffc;
            let page = page.wrapping_add(sign(at >> 12));
            word & 0x9f00_001f | (page & 3) << 29 | (page & 0x1f_fffc) << 3
        } else {
            word
        };
        *bytes = converted.to_le_bytes();
        at = at.wrapping_add(4);
    }
}
