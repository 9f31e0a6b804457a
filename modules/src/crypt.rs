//! Password hashes as `crypt(3)` makes them: SHA-512, SHA-256, SHA-1, MD5, DES and bcrypt.
//!
//! The algorithms are those of Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512" and of FreeBSD's MD5 crypt.

mod bcrypt;
mod des;

pub use bcrypt::hash as bcrypt;
pub use des::{bsdi, hash as des};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

const LETTERS: &[u8] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Which of the two lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sha2 {
    Sha256,
    Sha512,
}

fn repeated(block: &[u8], length: usize) -> Vec<u8> {
    block.iter().copied().cycle().take(length).collect()
}

/// Returns a password's hash with its salt and number of rounds.
#[expect(
    clippy::many_single_char_names,
    reason = "the names are those of the algorithm's description"
)]
pub fn sha2(key: &[u8], kind: Sha2, salt: &str, count: u32) -> String {
    let digest = |parts: &[&[u8]]| -> Vec<u8> {
        let bytes = parts.concat();
        match kind {
            Sha2::Sha256 => Sha256::digest(bytes).to_vec(),
            Sha2::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    };
    let salt_bytes = salt.as_bytes();
    let b = digest(&[key, salt_bytes, key]);
    let mut a = [key, salt_bytes, &repeated(&b, key.len())].concat();
    let mut length = key.len();
    while length > 0 {
        a.extend_from_slice(if length & 1 == 1 { &b } else { key });
        length >>= 1;
    }
    let a = digest(&[&a]);
    let p = repeated(&digest(&[&key.repeat(key.len())]), key.len());
    let s = repeated(&digest(&[&salt_bytes.repeat(16 + usize::from(a[0]))]), salt.len());
    let mut c = a;
    for round in 0..count {
        let odd = round % 2 == 1;
        let s: &[u8] = if round % 3 == 0 { &[] } else { &s };
        let q: &[u8] = if round % 7 == 0 { &[] } else { &p };
        let (first, last) = if odd { (&p, &c) } else { (&c, &p) };
        c = digest(&[first, s, q, last]);
    }
    // 5000 is the number that goes without saying.
    let rounds = if count == 5000 { String::new() } else { format!("rounds={count}$") };
    let (id, encoded) = match kind {
        Sha2::Sha512 => (6, order(&c, 21, 63)),
        Sha2::Sha256 => (5, order_256(&c)),
    };
    format!("${id}${rounds}{salt}${encoded}")
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

/// Returns a password's hash by MD5; `mark` is `$1$`, or `$apr1$` as Apache's has it.
#[expect(clippy::many_single_char_names, reason = "the algorithm's description calls them so")]
pub fn md5(key: &[u8], mark: &str, salt: &str) -> String {
    let salt_bytes = salt.as_bytes();
    let digest = |parts: &[&[u8]]| Md5::digest(parts.concat()).to_vec();
    let b = digest(&[key, salt_bytes, key]);
    let mut a = [key, mark.as_bytes(), salt_bytes, &repeated(&b, key.len())].concat();
    let mut length = key.len();
    while length > 0 {
        a.push(if length & 1 == 1 { 0 } else { key.first().copied().unwrap_or(0) });
        length >>= 1;
    }
    let mut c = digest(&[&a]);
    for round in 0..1000 {
        let odd = round % 2 == 1;
        let s: &[u8] = if round % 3 == 0 { &[] } else { salt_bytes };
        let k: &[u8] = if round % 7 == 0 { &[] } else { key };
        let (first, last): (&[u8], &[u8]) = if odd { (key, &c) } else { (&c, key) };
        c = digest(&[first, s, k, last]);
    }
    let mut out = String::new();
    for (x, y, z) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        letters(c[x], c[y], c[z], 4, &mut out);
    }
    letters(0, 0, c[11], 2, &mut out);
    format!("{mark}{salt}${out}")
}

/// Returns a password's hash by NetBSD's SHA-1: a keyed sum of a keyed sum, and so on.
pub fn sha1(key: &[u8], salt: &str, rounds: u32) -> String {
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let [inner, outer] =
        [0x36, 0x5c].map(|pad| Sha1::new_with_prefix(block.map(|byte| byte ^ pad)));
    let keyed = |text: &[u8]| {
        let sum = inner.clone().chain_update(text).finalize();
        outer.clone().chain_update(sum).finalize()
    };
    let mut c = keyed(format!("{salt}$sha1${rounds}").as_bytes());
    for _ in 1..rounds {
        c = keyed(&c);
    }
    let mut out = String::new();
    for at in (0..18).step_by(3) {
        letters(c[at], c[at + 1], c[at + 2], 4, &mut out);
    }
    letters(c[18], c[19], c[0], 4, &mut out);
    format!("$sha1${rounds}${salt}${out}")
}

/// Returns whether `kept` is a hash of this password; `None` where it is a hash of none of these kinds.
pub fn verify(password: &str, kept: &str) -> Option<bool> {
    let key = password.as_bytes();
    let fields: Vec<&str> = kept.split('$').collect();
    let again = match fields[..] {
        ["", "1", salt, _] => md5(key, "$1$", salt),
        ["", "sha1", rounds, salt, _] => sha1(key, salt, rounds.parse().ok()?),
        ["", "apr1", salt, _] => md5(key, "$apr1$", salt),
        ["", "2" | "2a" | "2b" | "2y", cost, rest] => {
            let cost = cost.parse().ok().filter(|cost| *cost <= 20)?;
            bcrypt(key, rest.get(..22)?, cost, fields[1])
        }
        ["", id @ ("5" | "6"), ref rest @ ..] => {
            let kind = if id == "5" { Sha2::Sha256 } else { Sha2::Sha512 };
            match *rest {
                [rounds, salt, _] => {
                    let rounds = rounds.strip_prefix("rounds=")?.parse().ok()?;
                    sha2(key, kind, salt, u32::min(rounds, 10_000_000))
                }
                [salt, _] => sha2(key, kind, salt, 5000),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(again == kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_others_are_verified() {
        // As `openssl passwd`, `mkpasswd` and `htpasswd -B` print them for `password`.
        for kept in [
            "$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1",
            "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/",
            "$5$saltsalt$ZmXuGRoijgHd8VONhlUsWfVPzPZqlPmRyXfKbvYdcf6",
        ] {
            assert_eq!(verify("other", kept), Some(false), "{kept}");
        }
        assert_eq!(verify("password", "$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1"), Some(true));
        assert_eq!(verify("password", "$sha1$20$abcd$wO5TDktn3LBIXRBaV.QkrnQGwBFl"), Some(true));
        assert_eq!(verify("password", "plain"), None);
        let own = bcrypt(b"password", "abcdefghijklmnopqrstuu", 4, "2y");
        assert_eq!(verify("password", &own), Some(true));
        assert_eq!(verify("Password", &own), Some(false));
    }
}
