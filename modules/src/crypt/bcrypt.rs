//! bcrypt: Blowfish with a schedule of keys that takes its time.

use blowfish::Blowfish;

const LETTERS: &[u8] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns a password's hash; the salt has 22 letters of bcrypt's own base64.
pub fn hash(password: &[u8], salt: &str, cost: u32, ident: &str) -> String {
    let mut key = password.to_vec();
    // The first version did not count the zero at the end.
    if ident != "2" || key.is_empty() {
        key.push(0);
    }
    key.truncate(72);
    let salt = decode(salt);
    let mut state = Blowfish::bc_init_state();
    state.salted_expand_key(&salt, &key);
    for _ in 0..1_u64 << cost {
        state.bc_expand_key(&key);
        state.bc_expand_key(&salt);
    }
    let mut digest = Vec::with_capacity(24);
    for block in b"OrpheanBeholderScryDoubt".chunks(8) {
        let word = |at: usize| {
            u32::from_be_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
        };
        let mut pair = [word(0), word(4)];
        for _ in 0..64 {
            pair = state.bc_encrypt(pair);
        }
        digest.extend(pair.into_iter().flat_map(u32::to_be_bytes));
    }
    format!("${ident}${cost:02}${}{}", encode(&salt), encode(&digest[..23]))
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..=chunk.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 0x3f) as usize]));
        }
    }
    text
}

/// Returns the 16 bytes of a salt.
fn decode(salt: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in salt.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter).unwrap_or(0);
        bits = (bits << 6 | u32::try_from(value).unwrap_or(0)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes.truncate(16);
    bytes
}
