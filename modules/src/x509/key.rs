//! Keys: what is told of public ones, what is secret in private ones, and how SSH writes them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use windlass_protocol::WHOLE_NUMBER;

use super::{
    der::{Reader, big_decimal, bits, oid, oid_text, sequence},
    sign::from_pem,
};
use crate::spec::{Json, JsonMap};

/// Numbers of curves, with their names and the bits of what they count with.
const CURVES: [(&str, &str, u64); 19] = [
    ("1.2.840.10045.3.1.7", "secp256r1", 256),
    ("1.3.132.0.34", "secp384r1", 384),
    ("1.3.132.0.35", "secp521r1", 521),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.132.0.33", "secp224r1", 224),
    ("1.2.840.10045.3.1.1", "secp192r1", 192),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
    ("1.3.132.0.1", "sect163k1", 163),
    ("1.3.132.0.15", "sect163r2", 163),
    ("1.3.132.0.26", "sect233k1", 232),
    ("1.3.132.0.27", "sect233r1", 233),
    ("1.3.132.0.16", "sect283k1", 281),
    ("1.3.132.0.17", "sect283r1", 282),
    ("1.3.132.0.36", "sect409k1", 407),
    ("1.3.132.0.37", "sect409r1", 409),
    ("1.3.132.0.38", "sect571k1", 570),
    ("1.3.132.0.39", "sect571r1", 570),
];

const RSA: &str = "1.2.840.113549.1.1.1";
const DSA: &str = "1.2.840.10040.4.1";

/// A number; with its digits alone where it is too long for JSON's.
pub fn number_json(bytes: &[u8]) -> Json {
    let text = big_decimal(bytes);
    text.parse::<u64>().map_or_else(|_| json!({ WHOLE_NUMBER: text }), Json::from)
}

/// A public key, taken apart.
struct Parts<'a> {
    algorithm: String,
    curve: Option<String>,
    /// Numbers that several keys share.
    domain: Option<Reader<'a>>,
    bits: &'a [u8],
}

fn parts(key: &[u8]) -> Option<Parts<'_>> {
    let mut outer = Reader { rest: key }.next()?.inside();
    let mut algorithm = outer.next()?.inside();
    let number = oid_text(algorithm.next()?.value);
    let curve = algorithm.next_if(6).map(|item| oid_text(item.value));
    let domain = algorithm.next_if(0x30).map(|item| item.inside());
    Some(Parts { algorithm: number, curve, domain, bits: outer.next()?.value.get(1..)? })
}

/// Returns how many bits a number has.
fn size(number: &[u8]) -> u64 {
    let skip = number.iter().take_while(|byte| **byte == 0).count();
    let zeros = number.get(skip).map_or(0, |byte| byte.leading_zeros() as usize);
    ((number.len() - skip) * 8 - zeros) as u64
}

/// Returns the kind of a public key and what is told of it.
pub fn public_key_data(key: &[u8]) -> (String, JsonMap) {
    let mut about = JsonMap::new();
    let mut set = |name: &str, value: Json| {
        about.insert(name.to_owned(), value);
    };
    let Some(mut parts) = parts(key) else { return ("unknown".to_owned(), about) };
    let kind = match parts.algorithm.as_str() {
        RSA => {
            let mut numbers = numbers(parts.bits);
            let (modulus, exponent) = (numbers(), numbers());
            set("size", size(modulus).into());
            set("modulus", number_json(modulus));
            set("exponent", number_json(exponent));
            "RSA"
        }
        "1.2.840.10045.2.1" => {
            let known = CURVES.iter().find(|(number, ..)| Some(*number) == parts.curve.as_deref());
            let (name, size) = known.map_or(("unknown", 0), |(_, name, size)| (*name, *size));
            let point = parts.bits.get(1..).unwrap_or_default();
            let (x, y) = point.split_at(point.len() / 2);
            set("curve", name.into());
            set("exponent_size", size.into());
            set("x", number_json(x));
            set("y", number_json(y));
            "ECC"
        }
        DSA => {
            for name in ["p", "q", "g"] {
                let number = parts.domain.as_mut().and_then(Iterator::next);
                let number = number.map(|item| item.value).unwrap_or_default();
                if name == "p" {
                    set("size", size(number).into());
                }
                set(name, number_json(number));
            }
            let own = Reader { rest: parts.bits }.next().map(|item| item.value);
            set("y", number_json(own.unwrap_or_default()));
            "DSA"
        }
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        _ => "unknown",
    };
    (kind.to_owned(), about)
}

/// Gives one number of a sequence after the other; none is left: an empty one.
fn numbers<'a>(der: &'a [u8]) -> impl FnMut() -> &'a [u8] {
    let mut inside = Reader { rest: der }.next().map(|item| item.inside());
    move || inside.as_mut().and_then(Iterator::next).map(|item| item.value).unwrap_or_default()
}

/// Returns what is secret in a private key of this kind, which is in the classic format.
pub fn private_key_data(kind: &str, classic: &[u8]) -> JsonMap {
    let (names, skip): (&[&str], usize) = match kind {
        "RSA" => (&["exponent", "p", "q"], 3),
        "DSA" => (&["x"], 5),
        "ECC" => (&["multiplier"], 1),
        _ => return JsonMap::new(),
    };
    let mut numbers = numbers(classic);
    for _ in 0..skip {
        numbers();
    }
    names.iter().map(|name| ((*name).to_owned(), number_json(numbers()))).collect()
}

/// Returns the public key of a PEM block, and in the way of version 1 of RSA's own standard, too.
pub fn public_from_pem(pem: &[u8]) -> Option<Vec<u8>> {
    if let Some(der) = from_pem(pem, &["PUBLIC KEY"]) {
        return parts(&der).is_some().then_some(der);
    }
    let own = from_pem(pem, &["RSA PUBLIC KEY"])?;
    Some(sequence(&[sequence(&[oid(RSA)?, vec![5, 0]]), bits(&own)]))
}

/// Writes a public key as SSH does, without a comment; nothing where SSH has no such keys.
pub fn ssh_public_key(key: &[u8]) -> Option<String> {
    let mut parts = parts(key)?;
    let mut fields: Vec<&[u8]> = Vec::new();
    let name = match parts.algorithm.as_str() {
        RSA => {
            let mut numbers = numbers(parts.bits);
            let (modulus, exponent) = (numbers(), numbers());
            fields.extend([exponent, modulus]);
            "ssh-rsa"
        }
        DSA => {
            fields.extend(parts.domain.iter_mut().flatten().map(|item| item.value));
            fields.push(Reader { rest: parts.bits }.next()?.value);
            "ssh-dss"
        }
        "1.2.840.10045.2.1" => {
            let name = match parts.curve.as_deref()? {
                "1.2.840.10045.3.1.7" => "ecdsa-sha2-nistp256",
                "1.3.132.0.34" => "ecdsa-sha2-nistp384",
                "1.3.132.0.35" => "ecdsa-sha2-nistp521",
                _ => return None,
            };
            fields.push(name.as_bytes().get("ecdsa-sha2-".len()..)?);
            fields.push(parts.bits);
            name
        }
        "1.3.101.112" => {
            fields.push(parts.bits);
            "ssh-ed25519"
        }
        _ => return None,
    };
    fields.insert(0, name.as_bytes());
    let mut wire = Vec::new();
    for field in fields {
        wire.extend_from_slice(&u32::try_from(field.len()).unwrap_or(0).to_be_bytes());
        wire.extend_from_slice(field);
    }
    Some(format!("{name} {}", STANDARD.encode(wire)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAE7GaAWBN8BULxAA+Te+vGyP5mF2cYFN/haUfgqwDB5g=
-----END PUBLIC KEY-----
";

    #[test]
    fn public_keys_are_told_apart_and_written_for_ssh() {
        let key = public_from_pem(ED25519.as_bytes()).unwrap();
        assert_eq!(public_key_data(&key), ("Ed25519".to_owned(), JsonMap::new()));
        assert_eq!(
            ssh_public_key(&key).unwrap(),
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBOxmgFgTfAVC8QAPk3vrxsj+ZhdnGBTf4WlH4KsAweY"
        );
        assert!(public_from_pem(b"nothing").is_none());
        assert_eq!(public_key_data(b"nothing").0, "unknown");
    }

    #[test]
    fn what_is_secret_is_found_in_the_classic_format() {
        let der = sequence(&[vec![2, 1, 1], vec![4, 2, 1, 0]]);
        let found = private_key_data("ECC", &der);
        assert_eq!(Json::Object(found), json!({"multiplier": 256}));
        assert!(private_key_data("X25519", &der).is_empty());
    }
}
