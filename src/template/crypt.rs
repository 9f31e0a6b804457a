//! Password hashes as `crypt(3)` makes them: SHA-512, SHA-256, MD5 and bcrypt, with passlib's limits and words.

use windlass_modules::crypt::{self, Sha2};

use super::random::Random;

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
    Sha2(Sha2),
}

const MD5: Algorithm =
    Algorithm { name: "md5_crypt", kind: Kind::Md5, longest_salt: 8, rounds: None };
const BCRYPT: Algorithm =
    Algorithm { name: "bcrypt", kind: Kind::Bcrypt, longest_salt: 22, rounds: Some((4, 31, 12)) };
const SHA256: Algorithm = Algorithm {
    name: "sha256_crypt",
    kind: Kind::Sha2(Sha2::Sha256),
    longest_salt: 16,
    rounds: Some((1000, 999_999_999, 535_000)),
};
const SHA512: Algorithm = Algorithm {
    name: "sha512_crypt",
    kind: Kind::Sha2(Sha2::Sha512),
    longest_salt: 16,
    rounds: Some((1000, 999_999_999, 656_000)),
};

/// Returns a salt by chance, as long as an algorithm's may be.
pub(crate) fn random_salt(kind: &str) -> String {
    let size = match kind {
        "md5" | "md5_crypt" => MD5.longest_salt,
        "blowfish" | "bcrypt" => BCRYPT.longest_salt,
        _ => SHA512.longest_salt,
    };
    let mut random = Random::seeded(None);
    let mut pick = |letters: &[u8]| {
        let at = usize::try_from(random.below(letters.len() as u64)).unwrap_or(0);
        char::from(letters[at])
    };
    let mut salt: String = (0..size).map(|_| pick(LETTERS)).collect();
    if size == BCRYPT.longest_salt {
        // The last letter stands for two bits only.
        salt.pop();
        salt.push(pick(b".Oeu"));
    }
    salt
}

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
    let key = password.as_bytes();
    match algorithm.kind {
        Kind::Md5 => Ok(crypt::md5(key, "$1$", &salt)),
        Kind::Sha2(kind) => Ok(crypt::sha2(key, kind, &salt, rounds)),
        Kind::Bcrypt => {
            let ident = recipe.ident.as_deref().unwrap_or("2b").trim_matches('$');
            if !["2", "2a", "2b", "2y"].contains(&ident) {
                return failed(format!("invalid ident: '{ident}'"));
            }
            Ok(crypt::bcrypt(key, &salt, rounds, ident))
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
