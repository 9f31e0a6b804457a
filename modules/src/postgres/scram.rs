//! SCRAM-SHA-256 and MD5: proving to know a password without saying it.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::Md5;
use sha2::{Digest, Sha256};

type Sum = [u8; 32];

/// HMAC over SHA-256.
pub(super) fn hmac(key: &[u8], parts: &[&[u8]]) -> Sum {
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut inner = Sha256::new();
    inner.update(block.map(|byte| byte ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    let mut outer = Sha256::new();
    outer.update(block.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// PBKDF2 with one block.
pub(super) fn salted(password: &[u8], salt: &[u8], iterations: u32) -> Sum {
    let mut last = hmac(password, &[salt, &1u32.to_be_bytes()]);
    let mut sum = last;
    for _ in 1..iterations {
        last = hmac(password, &[&last]);
        for (all, one) in sum.iter_mut().zip(last) {
            *all ^= one;
        }
    }
    sum
}

/// A conversation with a server.
pub(super) struct Scram {
    nonce: String,
    password: String,
    server: Option<Sum>,
}

impl Scram {
    pub(super) fn new(password: &str, random: &[u8; 18]) -> Scram {
        Scram { nonce: STANDARD.encode(random), password: password.to_owned(), server: None }
    }

    pub(super) fn first(&self) -> String {
        format!("n,,n=,r={}", self.nonce)
    }

    /// Answers the server's challenge; nothing when it is none.
    pub(super) fn answer(&mut self, challenge: &str) -> Option<String> {
        let field = |name: &str| challenge.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = field("r=")?;
        if !nonce.starts_with(&self.nonce) {
            return None;
        }
        let salt = STANDARD.decode(field("s=")?).ok()?;
        // A server that asks for more wants to keep us busy.
        let iterations =
            field("i=")?.parse().ok().filter(|count| (1..=10_000_000).contains(count))?;
        let salted = salted(self.password.as_bytes(), &salt, iterations);
        let client = hmac(&salted, &[b"Client Key"]);
        let bare = format!("n=,r={},{challenge},c=biws,r={nonce}", self.nonce);
        let signature = hmac(&Sha256::digest(client), &[bare.as_bytes()]);
        let mut proof = client;
        for (byte, other) in proof.iter_mut().zip(signature) {
            *byte ^= other;
        }
        self.server = Some(hmac(&hmac(&salted, &[b"Server Key"]), &[bare.as_bytes()]));
        Some(format!("c=biws,r={nonce},p={}", STANDARD.encode(proof)))
    }

    /// Returns whether the server knows the password, too.
    pub(super) fn is_right(&self, last: &str) -> bool {
        let sent = last.split(',').find_map(|part| part.strip_prefix("v="));
        let sent = sent.and_then(|sent| STANDARD.decode(sent).ok());
        self.server.is_some_and(|server| sent.as_deref() == Some(&server[..]))
    }
}

/// The answer to a question for an MD5.
pub(super) fn md5_answer(user: &str, password: &str, salt: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let inner = hex(&Md5::digest(format!("{password}{user}")));
    let mut outer = Md5::new();
    outer.update(inner);
    outer.update(salt);
    format!("md5{}", hex(&outer.finalize()))
}

/// Returns the verifier that a server keeps for a password, with this salt and count.
fn verifier(password: &str, salt: &[u8], iterations: u32) -> String {
    let salted = salted(password.as_bytes(), salt, iterations);
    let stored = Sha256::digest(hmac(&salted, &[b"Client Key"]));
    let server = hmac(&salted, &[b"Server Key"]);
    format!(
        "SCRAM-SHA-256${iterations}:{}${}:{}",
        STANDARD.encode(salt),
        STANDARD.encode(stored),
        STANDARD.encode(server)
    )
}

/// Returns whether a kept verifier or MD5 is that of a password.
pub fn fits(kept: &str, user: &str, password: &str) -> bool {
    if password.starts_with("SCRAM-SHA-256$")
        || (password.starts_with("md5") && password.len() == 35)
    {
        return kept == password;
    }
    if let Some(kept) = kept.strip_prefix("md5") {
        let sum = Md5::digest(format!("{password}{user}"));
        return kept == sum.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    }
    let parsed = kept.strip_prefix("SCRAM-SHA-256$").and_then(|rest| {
        let (count, rest) = rest.split_once(':')?;
        let (salt, _) = rest.split_once('$')?;
        Some((count.parse().ok()?, STANDARD.decode(salt).ok()?))
    });
    parsed.is_some_and(|(count, salt)| verifier(password, &salt, count) == kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversation_is_that_of_the_standard() {
        // RFC 7677's example, whose first message names the user, which PostgreSQL leaves out.
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let salted = salted(b"pencil", &salt, 4096);
        let bare = b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let client = hmac(&salted, &[b"Client Key"]);
        let signature = hmac(&Sha256::digest(client), &[bare]);
        let proof: Vec<u8> = client.iter().zip(signature).map(|(one, other)| one ^ other).collect();
        assert_eq!(STANDARD.encode(proof), "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let server = hmac(&hmac(&salted, &[b"Server Key"]), &[bare]);
        assert_eq!(STANDARD.encode(server), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn kept_passwords_are_recognised() {
        let kept = verifier("secret", b"0123456789abcdef", 4096);
        assert!(fits(&kept, "ann", "secret") && !fits(&kept, "ann", "other"));
        assert!(fits(&kept, "ann", &kept));
        assert!(fits(
            "md5d2d412ae78ef97ff4ad6ba1c0ef2c1b0",
            "x",
            "md5d2d412ae78ef97ff4ad6ba1c0ef2c1b0"
        ));
        assert!(!fits("", "ann", "x"));
    }
}
