//! The oldest `crypt(3)`: DES with a salt, and BSDI's with a number of rounds and passwords of any length.

use super::LETTERS;

/// Where the bits of a key's two halves come from, and those of each round's key.
const CHOICE_1: [u8; 56] = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60,
    52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29,
    21, 13, 5, 28, 20, 12, 4,
];
const CHOICE_2: [u8; 48] = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52,
    31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];
const MIXED: [u8; 32] = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19,
    13, 30, 6, 22, 11, 4, 25,
];
/// The eight boxes: four rows of sixteen values, a digit each.
#[expect(
    clippy::unreadable_literal,
    reason = "each digit is a value, and rows are compared with the standard's"
)]
const BOXES: [[u64; 4]; 8] = [
    [0xe4d12fb83a6c5907, 0x0f74e2d1a6cb9538, 0x41e8d62bfc973a50, 0xfc8249175b3ea06d],
    [0xf18e6b34972dc05a, 0x3d47f28ec01a69b5, 0x0e7ba4d158c6932f, 0xd8a13f42b67c05e9],
    [0xa09e63f51dc7b428, 0xd709346a285ecbf1, 0xd6498f30b12c5ae7, 0x1ad069874fe3b52c],
    [0x7de3069a1285bc4f, 0xd8b56f03472c1ae9, 0xa690cb7df13e5284, 0x3f06a1d8945bc72e],
    [0x2c417ab6853fd0e9, 0xeb2c47d150fa3986, 0x421bad78f9c5630e, 0xb8c71e2d6f09a453],
    [0xc1af92680d34e75b, 0xaf427c9561de0b38, 0x9ef528c3704a1db6, 0x432c95fabe17608d],
    [0x4b2ef08d3c975a61, 0xd0b7491ae35c2f86, 0x14bdc37eaf680592, 0x6bd814a7950fe23c],
    [0xd2846fb1a93e50c7, 0x1fd8a374c56b0e92, 0x7b419ce206adf358, 0x21e74a8dfc90356b],
];

/// Returns a password's hash; the salt has two letters, of which each has six bits.
pub fn hash(password: &[u8], salt: &str) -> String {
    format!("{salt}{}", letters(crypt(key(password), 0, number(salt), 25)))
}

/// Returns a password's hash by BSDI's way: `_`, four letters with the number of rounds, four with the salt.
pub fn bsdi(password: &[u8], config: &str) -> String {
    let (rounds, salt) = (number(&config[1..5]), number(&config[5..9]));
    let mut folded = key(password);
    for more in password.chunks(8).skip(1) {
        folded = arranged(crypt(folded, first(folded), 0, 1)) ^ key(more);
    }
    format!("{config}{}", letters(crypt(folded, 0, salt, rounds)))
}

fn number(letters: &str) -> u32 {
    letters.bytes().rev().fold(0, |number, letter| {
        let value = LETTERS.iter().position(|one| *one == letter).unwrap_or_default();
        (number << 6) | u32::try_from(value).unwrap_or_default()
    })
}

/// The first eight bytes, seven bits of each.
fn key(password: &[u8]) -> u64 {
    (0..8).fold(0, |key, at| (key << 8) | u64::from(password.get(at).copied().unwrap_or(0) << 1))
}

/// Returns the bits that `table` names, counted from the highest of `width` as one.
fn picked(value: u64, width: u8, table: &[u8]) -> u64 {
    table.iter().fold(0, |out, place| (out << 1) | ((value >> (width - place)) & 1))
}

/// Where the bits of a block go before the first round.
fn order() -> [u8; 64] {
    std::array::from_fn(|at| {
        let (row, column) = (at / 8, at % 8);
        [58, 60, 62, 64, 57, 59, 61, 63][row] - 8 * u8::try_from(column).unwrap_or_default()
    })
}

fn first(block: u64) -> u64 {
    picked(block, 64, &order())
}

/// Undoes `first`.
fn arranged(block: u64) -> u64 {
    let places = order().into_iter().enumerate();
    places.fold(0, |out, (at, place)| out | (((block >> (63 - at)) & 1) << (64 - place)))
}

/// Encrypts a block so many times, without arranging its bits before and after.
fn crypt(key: u64, block: u64, salt: u32, count: u32) -> u64 {
    let halves = picked(key, 64, &CHOICE_1);
    let (mut c, mut d) = (halves >> 28, halves & 0xfff_ffff);
    let turned = |half: u64, by: u32| ((half << by) | (half >> (28 - by))) & 0xfff_ffff;
    let keys: [u64; 16] = std::array::from_fn(|round| {
        let by = if matches!(round, 0 | 1 | 8 | 15) { 1 } else { 2 };
        (c, d) = (turned(c, by), turned(d, by));
        picked((c << 28) | d, 56, &CHOICE_2)
    });
    // The salt's lowest bit exchanges the first bits of the halves.
    let salt = u64::from(salt.reverse_bits() >> 8);
    let (mut left, mut right) = (block >> 32, block & 0xffff_ffff);
    for _ in 0..count {
        for key in keys {
            (left, right) = (right, left ^ mixed(right, key, salt));
        }
        (left, right) = (right, left);
    }
    (left << 32) | right
}

fn mixed(half: u64, key: u64, salt: u64) -> u64 {
    // Each six bits are four and one of each neighbour, around the end.
    let around = (half << 33) | (half << 1) | (half >> 31);
    let wide = (0..8).fold(0, |wide, at| (wide << 6) | ((around >> (28 - 4 * at)) & 63));
    let exchanged = ((wide >> 24) ^ wide) & salt;
    let wide = wide ^ exchanged ^ (exchanged << 24) ^ key;
    let boxed = BOXES.iter().enumerate().fold(0, |out, (at, rows)| {
        let six = (wide >> (42 - 6 * at)) & 63;
        let row = match (six >> 5, six & 1) {
            (0, 0) => rows[0],
            (0, _) => rows[1],
            (_, 0) => rows[2],
            _ => rows[3],
        };
        (out << 4) | ((row >> (60 - 4 * ((six >> 1) & 15))) & 15)
    });
    picked(boxed, 32, &MIXED)
}

/// Eleven letters of six bits each, the highest first; two bits of zero fill the last.
fn letters(block: u64) -> String {
    let block = u128::from(arranged(block)) << 2;
    let letter = |at: u32| usize::try_from((block >> (60 - 6 * at)) & 63).unwrap_or_default();
    (0..11).map(|at| char::from(LETTERS[letter(at)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_system() {
        for (password, expected) in [
            ("password", "abJnggxhB/yWI"),
            ("", "..X8NBuQ4l6uQ"),
            ("ü", "/93MUKeBK4/ug"),
            ("123456789", "zzRtj6pNdfpLE"),
        ] {
            assert_eq!(hash(password.as_bytes(), &expected[..2]), expected);
        }
        for (password, expected) in [
            ("password", "_J9..rasmEedsvB6g8/6"),
            ("a longer password than eight", "_J9..rasm4uqaIbzIhNY"),
            ("12345678", "_7C/.zzzzU3XmCvxQsxA"),
            ("123456789", "_J9..rasmZdzY4EtEz26"),
        ] {
            assert_eq!(bsdi(password.as_bytes(), &expected[..9]), expected);
        }
    }
}
