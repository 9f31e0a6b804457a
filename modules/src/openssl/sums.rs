//! Fingerprints: every sum that the reference's library always has.

use crate::{
    host::{Hasher, checksum_of},
    spec::JsonMap,
};

/// Returns the sums of some bytes, as fingerprints are written.
pub fn fingerprints(bytes: &[u8]) -> JsonMap {
    let named = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"].into_iter();
    let mut sums: Vec<(&str, String)> = named
        .filter_map(|name| Some((name, checksum_of(&mut &*bytes, Hasher::named(name)?).ok()?)))
        .collect();
    for (name, wide) in [("blake2b", true), ("blake2s", false)] {
        sums.push((name, hex(&blake2(bytes, wide))));
    }
    for (name, length, rate, pad) in [
        ("sha3_224", 28, 144, 6),
        ("sha3_256", 32, 136, 6),
        ("sha3_384", 48, 104, 6),
        ("sha3_512", 64, 72, 6),
        ("shake_128", 32, 168, 0x1f),
        ("shake_256", 32, 136, 0x1f),
    ] {
        sums.push((name, hex(&sponge(bytes, length, rate, pad))));
    }
    sums.into_iter().map(|(name, hex)| (name.to_owned(), colons(&hex).into())).collect()
}

/// Puts a colon after every second digit but the last.
pub fn colons(hex: &str) -> String {
    let mut out = String::with_capacity(hex.len() * 3 / 2);
    for (at, c) in hex.chars().enumerate() {
        if at > 0 && at % 2 == 0 {
            out.push(':');
        }
        out.push(c);
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-3 and its relatives: `rate` bytes go in at once, `length` come out, `pad` tells the relatives apart.
fn sponge(bytes: &[u8], length: usize, rate: usize, pad: u8) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.push(pad);
    padded.resize(padded.len().next_multiple_of(rate), 0);
    if let Some(last) = padded.last_mut() {
        *last |= 0x80;
    }
    let mut state = [0u64; 25];
    for block in padded.chunks_exact(rate) {
        for (lane, eight) in state.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane ^= u64::from_le_bytes(*eight);
        }
        keccak(&mut state);
    }
    state.iter().flat_map(|lane| lane.to_le_bytes()).take(length).collect()
}

fn keccak(state: &mut [u64; 25]) {
    let mut register = 1u8;
    for _ in 0..24 {
        // Theta.
        let columns: [u64; 5] =
            std::array::from_fn(|x| (0..5).fold(0, |sum, y| sum ^ state[x + 5 * y]));
        for (at, lane) in state.iter_mut().enumerate() {
            *lane ^= columns[(at + 4) % 5] ^ columns[(at + 1) % 5].rotate_left(1);
        }
        // Rho and pi.
        let (mut x, mut y, mut lane) = (1, 0, state[1]);
        for step in 0..24u32 {
            (x, y) = (y, (2 * x + 3 * y) % 5);
            let turned = lane.rotate_left((step + 1) * (step + 2) / 2 % 64);
            lane = std::mem::replace(&mut state[x + 5 * y], turned);
        }
        // Chi.
        for row in state.as_chunks_mut::<5>().0 {
            let old = *row;
            for x in 0..5 {
                row[x] ^= !old[(x + 1) % 5] & old[(x + 2) % 5];
            }
        }
        // Iota, whose constants come out of a shift register.
        for bit in 0..7 {
            if register & 1 == 1 {
                state[0] ^= 1 << ((1u32 << bit) - 1);
            }
            register = register << 1 ^ if register & 0x80 == 0 { 0 } else { 0x71 };
        }
    }
}

/// BLAKE2 with its longest sum: the wide one counts with 64 bits, the other with 32.
fn blake2(bytes: &[u8], wide: bool) -> Vec<u8> {
    const START: [u64; 8] = [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ];
    let word = if wide { 8 } else { 4 };
    // The narrow one starts with the upper halves, which are those of SHA-256.
    let start = START.map(|value| if wide { value } else { value >> 32 });
    let mut sum = start;
    sum[0] ^= 0x0101_0000 ^ (8 * word) as u64;
    let size = 16 * word;
    let blocks = bytes.len().div_ceil(size).max(1);
    for at in 0..blocks {
        let from = at * size;
        let until = bytes.len().min(from + size);
        let mut block = bytes[from..until].to_vec();
        block.resize(size, 0);
        let mut message = [0u64; 16];
        for (value, part) in message.iter_mut().zip(block.chunks_exact(word)) {
            *value = part.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
        }
        let mut work = [0u64; 16];
        work[..8].copy_from_slice(&sum);
        work[8..].copy_from_slice(&start);
        work[12] ^= until as u64;
        if at + 1 == blocks {
            work[14] ^= if wide { u64::MAX } else { u64::from(u32::MAX) };
        }
        mix(&mut work, &message, wide);
        for (index, value) in sum.iter_mut().enumerate() {
            *value ^= work[index] ^ work[index + 8];
        }
    }
    sum.iter().flat_map(|value| value.to_le_bytes().into_iter().take(word)).collect()
}

fn mix(work: &mut [u64; 16], message: &[u64; 16], wide: bool) {
    /// In which order the words of a block are taken, a digit a word.
    const ORDER: [u64; 10] = [
        0x0123_4567_89ab_cdef,
        0xea48_9fd6_1c02_b753,
        0xb8c0_52fd_ae36_7194,
        0x7931_dcbe_265a_40f8,
        0x9057_24af_e1bc_683d,
        0x2c6a_0b83_4d75_fe19,
        0xc51f_ed4a_0763_928b,
        0xdb7e_c139_50f4_862a,
        0x6fe9_b308_c2d7_14a5,
        0xa284_7615_fb9e_3cd0,
    ];
    let (rounds, turns) = if wide { (12, [32, 24, 16, 63]) } else { (10, [16, 12, 8, 7]) };
    let add = |one: u64, two: u64| {
        let sum = one.wrapping_add(two);
        if wide { sum } else { sum & u64::from(u32::MAX) }
    };
    let turn = |value: u64, by: u32| {
        if wide {
            value.rotate_right(by)
        } else {
            (value >> by | value << (32 - by)) & u64::from(u32::MAX)
        }
    };
    for round in 0..rounds {
        let order = ORDER[round % 10];
        for step in 0..8 {
            // First the columns, then the diagonals.
            let skew = usize::from(step >= 4);
            let [a, b, c, d] = [0, 1, 2, 3].map(|row| row * 4 + (step + row * skew) % 4);
            for half in 0..2 {
                let word = (order >> (60 - 4 * (2 * step + half)) & 15) as usize;
                work[a] = add(add(work[a], work[b]), message[word]);
                work[d] = turn(work[d] ^ work[a], turns[2 * half]);
                work[c] = add(work[c], work[d]);
                work[b] = turn(work[b] ^ work[c], turns[2 * half + 1]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sum_is_what_others_count() {
        let check = |input: &str, name: &str, wanted: &str| {
            let sums = fingerprints(input.as_bytes());
            let found = sums[name].as_str().unwrap().replace(':', "");
            assert_eq!(&found[..16], wanted, "{name} of {} bytes", input.len());
        };
        check("", "md5", "d41d8cd98f00b204");
        check("", "blake2b", "786a02f742015903");
        check("", "blake2s", "69217a3079908094");
        check("", "sha3_224", "6b4e03423667dbb7");
        check("", "sha3_512", "a69f73cca23a9ac5");
        check("", "shake_128", "7f9c2ba4e88f827d");
        check("", "shake_256", "46b9dd2b0ba88d13");
        check("abc", "md5", "900150983cd24fb0");
        check("abc", "blake2b", "ba80a53f981c4d0d");
        check("abc", "blake2s", "508c5e8c327c14e2");
        check("abc", "sha3_224", "e642824c3f8cf24a");
        check("abc", "sha3_512", "b751850b1a57168a");
        check("abc", "shake_128", "5881092dd818bf5c");
        check("abc", "shake_256", "483366601360a877");
        check(&"x".repeat(300), "md5", "8a4876ea55d998a5");
        check(&"x".repeat(300), "blake2b", "fe42f4108dd98f9b");
        check(&"x".repeat(300), "blake2s", "72cf091f39bb5de7");
        check(&"x".repeat(300), "sha3_224", "954b73c67d168410");
        check(&"x".repeat(300), "sha3_512", "523a0d2bd185ddcb");
        check(&"x".repeat(300), "shake_128", "4912c1c58c8823d7");
        check(&"x".repeat(300), "shake_256", "35a2940a1731f534");
    }
}
