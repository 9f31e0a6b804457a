//! Password hashes as `crypt(3)` makes them: SHA-512, SHA-256, MD5 and bcrypt, with passlib's limits and words.
//!
//! The algorithms are those of Ulrich Drepper's "Unix crypt using SHA-256 and SHA-512" and of FreeBSD's MD5 crypt.

use super::{digests::raw, random::Random};

const LETTERS: &[u8] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How a hash is made; what is absent is the algorithm's default.
#[derive(Default)]
pub(crate) struct Recipe {
    pub(crate) salt: Option<String>,
    pub(crate) salt_size: Option<usize>,
    pub(crate) rounds: Option<i64>,
    /// Which of bcrypt's versions.
    pub(crate) ident: Option<String>,
}

struct Algorithm {
    /// passlib's name, for its words.
    name: &'static str,
    kind: Kind,
    longest_salt: usize,
    /// Fewest, most and default rounds.
    rounds: Option<(i64, i64, i64)>,
}

enum Kind {
    Md5,
    Bcrypt,
    Sha2(&'static str),
}

const MD5: Algorithm =
    Algorithm { name: "md5_crypt", kind: Kind::Md5, longest_salt: 8, rounds: None };
const BCRYPT: Algorithm =
    Algorithm { name: "bcrypt", kind: Kind::Bcrypt, longest_salt: 22, rounds: Some((4, 31, 12)) };
const SHA256: Algorithm = Algorithm {
    name: "sha256_crypt",
    kind: Kind::Sha2("sha256"),
    longest_salt: 16,
    rounds: Some((1000, 999_999_999, 535_000)),
};
const SHA512: Algorithm = Algorithm {
    name: "sha512_crypt",
    kind: Kind::Sha2("sha512"),
    longest_salt: 16,
    rounds: Some((1000, 999_999_999, 656_000)),
};

/// Returns a password's hash; without a salt, one by chance.
pub(crate) fn hash(password: &str, kind: &str, recipe: &Recipe) -> Result<String, String> {
    let algorithm = match kind {
        "sha512" | "sha512_crypt" => SHA512,
        "sha256" | "sha256_crypt" => SHA256,
        "md5" | "md5_crypt" => MD5,
        "blowfish" | "bcrypt" => BCRYPT,
        other => {
            return Err(format!(
                "{other} is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512"
            ));
        }
    };
    let is_bcrypt = matches!(algorithm.kind, Kind::Bcrypt);
    let salt = match recipe.salt.as_deref().filter(|salt| !salt.is_empty()) {
        Some(salt) => checked_salt(salt, &algorithm)?,
        None => {
            let mut random = Random::seeded(None);
            let size = recipe.salt_size.filter(|_| !is_bcrypt).unwrap_or(algorithm.longest_salt);
            let letter = |_| LETTERS[usize::try_from(random.below(64)).unwrap_or(0)];
            (0..size.min(algorithm.longest_salt)).map(letter).map(char::from).collect()
        }
    };
    let failed = |message: String| Err(format!("Could not hash the secret: {message}"));
    let rounds = match (algorithm.rounds, recipe.rounds) {
        (None, None) => 0,
        (None, Some(_)) => {
            return Err(
                "MinimalHandler.using() got an unexpected keyword argument 'rounds'".to_owned()
            );
        }
        (Some((.., default)), None) => default,
        (Some((fewest, most, _)), Some(rounds)) => {
            let name = algorithm.name;
            if rounds < fewest {
                return failed(format!(
                    "{name}: min_desired_rounds ({rounds}) is too low, must be at least {fewest}"
                ));
            }
            if rounds > most {
                return failed(format!(
                    "{name}: min_desired_rounds ({rounds}) is too large, cannot be more than {most}"
                ));
            }
            rounds
        }
    };
    let rounds = u32::try_from(rounds).unwrap_or_default();
    match algorithm.kind {
        Kind::Md5 => md5(password.as_bytes(), &salt),
        Kind::Sha2(kind) => sha2(password.as_bytes(), kind, &salt, rounds),
        Kind::Bcrypt => {
            let ident = recipe.ident.as_deref().unwrap_or("2b").trim_matches('$');
            if !["2", "2a", "2b", "2y"].contains(&ident) {
                return failed(format!("invalid ident: '{ident}'"));
            }
            Ok(super::bcrypt::hash(password.as_bytes(), &salt, rounds, ident))
        }
    }
}

/// Returns a salt that an algorithm can take.
fn checked_salt(salt: &str, algorithm: &Algorithm) -> Result<String, String> {
    let (name, longest) = (algorithm.name, algorithm.longest_salt);
    let is_bcrypt = matches!(algorithm.kind, Kind::Bcrypt);
    let length = salt.chars().count();
    if is_bcrypt && length % 4 == 1 {
        return Err("source length must != 1 mod 4".to_owned());
    }
    let failed = |message: String| Err(format!("Could not hash the secret: {message}"));
    if salt.chars().any(|c| !c.is_ascii() || !LETTERS.contains(&(c as u8))) {
        return failed(format!("invalid characters in {name} salt"));
    }
    let wanted = if is_bcrypt { "exactly" } else { "<=" };
    if length > longest {
        return failed(format!("salt too large ({name} requires {wanted} {longest} chars)"));
    }
    if is_bcrypt && length < longest {
        return failed(format!("salt too small ({name} requires {wanted} {longest} chars)"));
    }
    Ok(salt.to_owned())
}

fn repeated(block: &[u8], length: usize) -> Vec<u8> {
    block.iter().copied().cycle().take(length).collect()
}

#[expect(
    clippy::many_single_char_names,
    reason = "the names are those of the algorithm's description"
)]
fn sha2(key: &[u8], kind: &str, salt: &str, count: u32) -> Result<String, String> {
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
