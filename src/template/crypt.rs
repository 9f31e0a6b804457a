//! Password hashes as `crypt(3)` makes them: SHA-512, SHA-256 and MD5, with as many rounds as passlib takes.
//!
//! The algorithms are those of Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512" and of FreeBSD's MD5 crypt.

use super::{digests::raw, random::Random};

const LETTERS: &[u8] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Returns a password's hash; without a salt, one by chance.
pub(crate) fn hash(
    password: &str,
    kind: &str,
    salt: Option<&str>,
    rounds: Option<u32>,
) -> Result<String, String> {
    let (kind, longest) = match kind {
        "sha512" | "sha512_crypt" => ("sha512", 16),
        "sha256" | "sha256_crypt" => ("sha256", 16),
        "md5" | "md5_crypt" => ("md5", 8),
        other => return Err(format!("crypt does not support '{other}' algorithm")),
    };
    let salt = salt.map_or_else(|| random_salt(longest), ToOwned::to_owned);
    if let Some(wrong) = salt.chars().find(|c| !c.is_ascii() || !LETTERS.contains(&(*c as u8))) {
        return Err(format!("invalid characters in salt: '{wrong}'"));
    }
    let salt = &salt[..salt.len().min(longest)];
    if kind == "md5" {
        md5(password.as_bytes(), salt)
    } else {
        sha2(password.as_bytes(), kind, salt, rounds)
    }
}

/// Returns a salt by chance.
pub(crate) fn random_salt(length: usize) -> String {
    let mut random = Random::seeded(None);
    let letter = |_| LETTERS[usize::try_from(random.below(64)).unwrap_or(0)];
    (0..length).map(letter).map(char::from).collect()
}

fn repeated(block: &[u8], length: usize) -> Vec<u8> {
    block.iter().copied().cycle().take(length).collect()
}

#[expect(
    clippy::many_single_char_names,
    reason = "the names are those of the algorithm's description"
)]
fn sha2(key: &[u8], kind: &str, salt: &str, rounds: Option<u32>) -> Result<String, String> {
    let digest = |parts: &[&[u8]]| raw(kind, &parts.concat());
    let salt_bytes = salt.as_bytes();
    let b = digest(&[key, salt_bytes, key])?;
    let mut a = [key, salt_bytes, &repeated(&b, key.len())].concat();
    let mut length = key.len();
    while length > 0 {
        a.extend_from_slice(if length & 1 == 1 { &b } else { key });
        length >>= 1;
    }
    let a = raw(kind, &a)?;
    let p = repeated(&raw(kind, &key.repeat(key.len()))?, key.len());
    let s = repeated(&raw(kind, &salt_bytes.repeat(16 + usize::from(a[0])))?, salt.len());
    let mut c = a;
    let default = if kind == "sha512" { 656_000 } else { 535_000 };
    let count = rounds.unwrap_or(default).clamp(1000, 999_999_999);
    for round in 0..count {
        let odd = round % 2 == 1;
        let mut data = if odd { p.clone() } else { c.clone() };
        if round % 3 != 0 {
            data.extend_from_slice(&s);
        }
        if round % 7 != 0 {
            data.extend_from_slice(&p);
        }
        data.extend_from_slice(if odd { &c } else { &p });
        c = raw(kind, &data)?;
    }
    // 5000 is the number that goes without saying.
    let rounds = if count == 5000 { String::new() } else { format!("rounds={count}$") };
    let (id, encoded) = if kind == "sha512" { (6, order(&c, 21, 63)) } else { (5, order_256(&c)) };
    Ok(format!("${id}${rounds}{salt}${encoded}"))
}

/// Writes 24 bits as letters, the lowest first.
fn letters(high: u8, middle: u8, low: u8, count: usize, out: &mut String) {
    let mut bits = u32::from(high) << 16 | u32::from(middle) << 8 | u32::from(low);
    for _ in 0..count {
        out.push(char::from(LETTERS[(bits & 0x3f) as usize]));
        bits >>= 6;
    }
}

/// The order of bytes of SHA-512 crypt: triples that turn.
fn order(c: &[u8], triples: usize, last: usize) -> String {
    let mut out = String::new();
    let (mut x, mut y, mut z) = (0, triples, 2 * triples);
    for _ in 0..triples {
        letters(c[x], c[y], c[z], 4, &mut out);
        (x, y, z) = (y + 1, z + 1, x + 1);
    }
    letters(0, 0, c[last], 2, &mut out);
    out
}

/// The order of bytes of SHA-256 crypt.
fn order_256(c: &[u8]) -> String {
    let mut out = String::new();
    let (mut x, mut y, mut z) = (0, 10, 20);
    for _ in 0..10 {
        letters(c[x], c[y], c[z], 4, &mut out);
        (x, y, z) = (z + 1, x + 1, y + 1);
    }
    letters(0, c[31], c[30], 3, &mut out);
    out
}

fn md5(key: &[u8], salt: &str) -> Result<String, String> {
    let salt_bytes = salt.as_bytes();
    let b = raw("md5", &[key, salt_bytes, key].concat())?;
    let mut a = [key, b"$1$", salt_bytes, &repeated(&b, key.len())].concat();
    let mut length = key.len();
    while length > 0 {
        a.push(if length & 1 == 1 { 0 } else { key.first().copied().unwrap_or(0) });
        length >>= 1;
    }
    let mut c = raw("md5", &a)?;
    for round in 0..1000 {
        let odd = round % 2 == 1;
        let mut data = if odd { key.to_vec() } else { c.clone() };
        if round % 3 != 0 {
            data.extend_from_slice(salt_bytes);
        }
        if round % 7 != 0 {
            data.extend_from_slice(key);
        }
        data.extend_from_slice(if odd { &c } else { key });
        c = raw("md5", &data)?;
    }
    let mut out = String::new();
    for (x, y, z) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        letters(c[x], c[y], c[z], 4, &mut out);
    }
    letters(0, 0, c[11], 2, &mut out);
    Ok(format!("$1${salt}${out}"))
}
