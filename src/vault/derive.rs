//! Keys from passwords: PBKDF2 with HMAC-SHA256.
//!
//! A vault costs one derivation, which is all of its time: 80 bytes are three chains of 20,000 blocks of SHA-256 each. One chain
//! waits for every block's end, so that processors with instructions for SHA-256 idle most of the time; here the three
//! run side by side, in 40 % of the time that the crate `pbkdf2` takes. Elsewhere that crate does it.

use sha2::Sha256;

/// Derives a key of as many bytes as there is room for.
pub(super) fn derive(password: &[u8], salt: &[u8], rounds: u32, key: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if chains::are_possible() {
        return chains::derive(password, salt, rounds, key);
    }
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, key);
}

#[cfg(target_arch = "x86_64")]
mod chains {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_blend_epi16, _mm_extract_epi32, _mm_set_epi32,
        _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi32,
        _mm_xor_si128,
    };
    use std::array;

    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha2::{Digest as _, Sha256};

    /// Chains that run side by side: with more the registers are too few.
    const LANES: usize = 3;
    /// Bytes that one chain gives.
    const OUTPUT: usize = 32;
    /// Bytes of a block of SHA-256.
    const BLOCK: usize = 64;
    /// Bits before the second block of an HMAC's hash ends.
    const LENGTH: u32 = 8 * (64 + 32);

    /// The state before the first block (FIPS 180-4, 5.3.3).
    const INITIAL: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    /// The constants of the rounds (FIPS 180-4, 4.2.2).
    const K: [[u32; 4]; 16] = [
        [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
        [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
        [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
        [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
        [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
        [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
        [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
        [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
        [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
        [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
        [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
        [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
        [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
        [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
    ];

    /// Returns whether this processor has the instructions.
    pub(super) fn are_possible() -> bool {
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1")
    }

    /// Derives a key; the instructions must be there.
    pub(super) fn derive(password: &[u8], salt: &[u8], rounds: u32, key: &mut [u8]) {
        let secret = Secret::new(password);
        for (group, key) in key.chunks_mut(LANES * OUTPUT).enumerate() {
            let first = array::from_fn(|lane| {
                let number = u32::try_from(group * LANES + lane + 1).expect("keys are short");
                let mut hash = Hmac::<Sha256>::new_from_slice(password)
                    .expect("a MAC takes keys of any length");
                hash.update(salt);
                hash.update(&number.to_be_bytes());
                words(&hash.finalize().into_bytes())
            });
            #[expect(unsafe_code, reason = "only a check tells that the instructions are there")]
            // SAFETY: `are_possible` has found all features of the function; SSSE3 comes with SSE4.1.
            let sums = unsafe { run(&secret, &first, rounds) };
            let bytes = sums.iter().flatten().flat_map(|word| word.to_be_bytes());
            key.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        }
    }

    /// Reads words as SHA-256 does.
    fn words<const N: usize>(bytes: &[u8]) -> [u32; N] {
        let (quads, _) = bytes.as_chunks::<4>();
        array::from_fn(|n| quads.get(n).map_or(0, |quad| u32::from_be_bytes(*quad)))
    }

    /// A password as the first blocks of HMAC's two hashes.
    struct Secret {
        inner: [u32; 16],
        outer: [u32; 16],
    }

    impl Secret {
        fn new(password: &[u8]) -> Self {
            let mut block = [0; BLOCK];
            if password.len() > BLOCK {
                block[..OUTPUT].copy_from_slice(&Sha256::digest(password));
            } else {
                block[..password.len()].copy_from_slice(password);
            }
            Self {
                inner: words(&block.map(|byte| byte ^ 0x36)),
                outer: words(&block.map(|byte| byte ^ 0x5c)),
            }
        }
    }

    /// The eight words of a state in the order of the instructions.
    #[derive(Clone, Copy)]
    struct State {
        abef: __m128i,
        cdgh: __m128i,
    }

    /// The eight words of a state in their own order, as they become words of a message.
    type Digest = [__m128i; 2];

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn vector(words: &[u32]) -> __m128i {
        let [a, b, c, d] = array::from_fn(|n| words[n].cast_signed());
        _mm_set_epi32(d, c, b, a)
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn state(words: &[u32; 8]) -> State {
        let badc = _mm_shuffle_epi32(vector(&words[..4]), 0xB1);
        let hgfe = _mm_shuffle_epi32(vector(&words[4..]), 0x1B);
        State { abef: _mm_alignr_epi8(badc, hgfe, 8), cdgh: _mm_blend_epi16(hgfe, badc, 0xF0) }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn digest(state: State) -> Digest {
        let abef = _mm_shuffle_epi32(state.abef, 0x1B);
        let cdgh = _mm_shuffle_epi32(state.cdgh, 0xB1);
        [_mm_blend_epi16(abef, cdgh, 0xF0), _mm_alignr_epi8(cdgh, abef, 8)]
    }

    /// Takes one block into each state; what the lanes do alternates, so that none waits for itself.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn compress<const N: usize>(from: &[State; N], blocks: &[[__m128i; 4]; N]) -> [State; N] {
        let mut states = *from;
        let mut words = *blocks;
        // Four rounds at a time use each quarter of the words at a place that is known beforehand.
        for (group, constants) in K.as_chunks::<4>().0.iter().enumerate() {
            for (step, constants) in constants.iter().enumerate() {
                let constants = vector(constants);
                let at = |n| (step + n) % 4;
                for (state, words) in states.iter_mut().zip(&mut words) {
                    if group > 0 {
                        let (late, last) = (words[at(2)], words[at(3)]);
                        let sum = _mm_sha256msg1_epu32(words[at(0)], words[at(1)]);
                        let sum = _mm_add_epi32(sum, _mm_alignr_epi8(last, late, 4));
                        words[at(0)] = _mm_sha256msg2_epu32(sum, last);
                    }
                    let low = _mm_add_epi32(words[at(0)], constants);
                    state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, low);
                    let high = _mm_shuffle_epi32(low, 0x0E);
                    state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, high);
                }
            }
        }
        for (state, from) in states.iter_mut().zip(from) {
            state.abef = _mm_add_epi32(state.abef, from.abef);
            state.cdgh = _mm_add_epi32(state.cdgh, from.cdgh);
        }
        states
    }

    /// Hashes a block of the password into the state that every hash starts from.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn start(block: &[u32; 16]) -> [State; LANES] {
        let block = array::from_fn(|n| vector(&block[4 * n..]));
        let [state] = compress(&[state(&INITIAL)], &[block]);
        [state; LANES]
    }

    /// Returns each chain's sum of all its rounds, of which the first ones are given.
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn run(secret: &Secret, first: &[[u32; 8]; LANES], rounds: u32) -> [[u32; 8]; LANES] {
        let (inner, outer) = (start(&secret.inner), start(&secret.outer));
        let (end, length) = (vector(&[0x8000_0000, 0, 0, 0]), vector(&[0, 0, 0, LENGTH]));
        let mut last: [Digest; LANES] =
            array::from_fn(|n| [vector(&first[n][..4]), vector(&first[n][4..])]);
        let mut sums = last;
        for _ in 1..rounds {
            for start in [&inner, &outer] {
                let blocks = last.map(|[low, high]| [low, high, end, length]);
                let states = compress(start, &blocks);
                last = array::from_fn(|n| digest(states[n]));
            }
            for (sum, last) in sums.iter_mut().zip(&last) {
                *sum = array::from_fn(|half| _mm_xor_si128(sum[half], last[half]));
            }
        }
        array::from_fn(|n| {
            let [low, high] = sums[n].map(|half| {
                [
                    _mm_extract_epi32(half, 0),
                    _mm_extract_epi32(half, 1),
                    _mm_extract_epi32(half, 2),
                    _mm_extract_epi32(half, 3),
                ]
            });
            array::from_fn(|word| if word < 4 { low[word] } else { high[word - 4] }.cast_unsigned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_standard() {
        // RFC 7914, section 11.
        let mut key = [0; 64];
        derive(b"passwd", b"salt", 1, &mut key);
        assert_eq!(key[..8], [0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3, 0x08, 0x9f]);
        assert_eq!(key[60..], [0xd3, 0xa1, 0x97, 0x83][..]);
        derive(b"Password", b"NaCl", 80_000, &mut key);
        assert_eq!(key[..8], [0x4d, 0xdc, 0xd8, 0xf6, 0x0b, 0x98, 0xbe, 0x21]);
    }

    #[test]
    fn keys_of_every_length_are_those_of_the_crate() {
        for password in [
            "",
            "x",
            "exactly 64 bytes: 0123456789 0123456789 0123456789 0123456789 12",
            &"long".repeat(40),
        ] {
            for length in [0, 1, 31, 32, 33, 80, 96, 97, 200] {
                let (mut ours, mut theirs) = (vec![0; length], vec![0; length]);
                derive(password.as_bytes(), b"some salt", 3, &mut ours);
                pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), b"some salt", 3, &mut theirs);
                assert_eq!(ours, theirs, "{password:?} {length}");
            }
        }
    }
}
