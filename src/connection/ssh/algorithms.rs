//! Which algorithms are offered to a host, and in which order.

use std::borrow::Cow;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, cipher, compression, kex, mac};

use super::config::Options;
use super::pattern;

/// What the configuration says about algorithms, as far as russh knows them; empty lists mean ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) kex: Vec<kex::Name>,
    pub(super) ciphers: Vec<cipher::Name>,
    pub(super) macs: Vec<mac::Name>,
    pub(super) host_keys: Vec<Algorithm>,
}

/// Key exchanges, cheapest good one first: with many hosts the controller's processor is what they wait for.
const KEX: &[kex::Name] = &[
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::MLKEM768X25519_SHA256,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    kex::DH_G14_SHA256,
];

/// Names that are not algorithms, but say what we understand.
const KEX_EXTENSIONS: &[kex::Name] =
    &[kex::EXTENSION_SUPPORT_AS_CLIENT, kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT];

const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
];

const MACS: &[mac::Name] =
    &[mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM, mac::HMAC_SHA256, mac::HMAC_SHA512];

/// The types of host keys that are accepted, best first.
pub(super) fn host_keys() -> Vec<Algorithm> {
    vec![
        Algorithm::Ed25519,
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
        Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
    ]
}

/// Returns what the configuration wants; the error says that russh has nothing of it.
pub(super) fn wanted(options: &Options) -> Result<Wanted, String> {
    let known = |name: &str| kex::Name::try_from(name).ok().filter(|n| !KEX_EXTENSIONS.contains(n));
    Ok(Wanted {
        kex: choose(options, "kexalgorithms", KEX, known)?,
        ciphers: choose(options, "ciphers", CIPHERS, |name| cipher::Name::try_from(name).ok())?,
        macs: choose(options, "macs", MACS, |name| mac::Name::try_from(name).ok())?,
        host_keys: choose(options, "hostkeyalgorithms", &host_keys(), |name| {
            let plain = name.strip_suffix("-cert-v01@openssh.com").unwrap_or(name);
            let algorithm = Algorithm::new(plain).ok()?;
            (host_keys().contains(&algorithm) || algorithm == Algorithm::Rsa { hash: None })
                .then_some(algorithm)
        })?,
    })
}

/// Returns the algorithms of a list that may start with `+`, `-` or `^`; empty where the user says nothing.
fn choose<T: AsRef<str> + Clone + PartialEq>(
    options: &Options,
    option: &str,
    ours: &[T],
    known: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let Some(list) = options.get(option) else {
        return Ok(Vec::new());
    };
    let (mode, names) = match list.chars().next() {
        Some(mode @ ('+' | '-' | '^')) => (Some(mode), &list[1..]),
        _ => (None, list),
    };
    let mut named: Vec<T> = Vec::new();
    for name in names.split(',').filter_map(|name| known(name.trim())) {
        if !named.contains(&name) {
            named.push(name);
        }
    }
    let chosen = match mode {
        Some('-') => {
            let removed = |a: &T| names.split(',').any(|p| pattern::matches(a.as_ref(), p.trim()));
            ours.iter().filter(|a| !removed(a)).cloned().collect()
        }
        Some('+') => {
            let more = named.into_iter().filter(|a| !ours.contains(a));
            ours.iter().cloned().chain(more).collect()
        }
        Some(_) => {
            let rest = ours.iter().filter(|a| !named.contains(a)).cloned().collect::<Vec<_>>();
            [named, rest].concat()
        }
        None => named,
    };
    if chosen.is_empty() {
        return Err(format!("the option {option} names only algorithms that russh lacks"));
    }
    Ok(chosen)
}

/// Returns what is offered to a host of which some key types are known.
///
/// A host is asked for the key that is known: another one of its keys would look like a changed host.
pub(super) fn preferred(wanted: &Wanted, known: &[Algorithm], authority: bool) -> Preferred {
    let is_known = |algorithm: &Algorithm| known.iter().any(|k| same_key_type(k, algorithm));
    let accepted = if wanted.host_keys.is_empty() { host_keys() } else { wanted.host_keys.clone() };
    let (mut keys, others): (Vec<_>, Vec<_>) = accepted.into_iter().partition(is_known);
    keys.extend(others);
    let kex = if wanted.kex.is_empty() { KEX } else { &wanted.kex };
    let ciphers = if wanted.ciphers.is_empty() { CIPHERS } else { &wanted.ciphers };
    let macs = if wanted.macs.is_empty() { MACS } else { &wanted.macs };
    Preferred {
        kex: Cow::Owned([kex, KEX_EXTENSIONS].concat()),
        host_key_certificates: Cow::Owned(if authority { keys.clone() } else { Vec::new() }),
        key: Cow::Owned(keys),
        cipher: Cow::Owned(ciphers.to_vec()),
        mac: Cow::Owned(macs.to_vec()),
        compression: Cow::Borrowed(&[compression::NONE]),
    }
}

/// Returns true for two algorithms of one kind of key: RSA keys have one type whatever the hash.
fn same_key_type(a: &Algorithm, b: &Algorithm) -> bool {
    match (a, b) {
        (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_key_type_is_asked_for_first() {
        let rsa = Algorithm::Rsa { hash: None };
        let preferred = preferred(&Wanted::default(), &[rsa], false);
        let names: Vec<_> = preferred.key.iter().map(Algorithm::as_str).collect();
        assert_eq!(names[..3], ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]);
        assert!(preferred.host_key_certificates.is_empty());
    }

    #[test]
    fn certificates_are_asked_for_only_where_an_authority_is_trusted() {
        assert!(!preferred(&Wanted::default(), &[], true).host_key_certificates.is_empty());
    }
}
