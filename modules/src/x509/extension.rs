//! Extensions: what a certificate is for, whom it names, and who issued it.

use super::{
    der::{Item, Reader, integer, octets, oid, oid_text, sequence, tagged, tlv},
    general::general_names,
    name::Name,
};

/// An extension: its number, whether one must understand it, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    pub number: String,
    pub critical: bool,
    pub value: Vec<u8>,
}

impl Extension {
    pub fn new(number: &str, critical: bool, value: Vec<u8>) -> Extension {
        Extension { number: number.to_owned(), critical, value }
    }

    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut parts = vec![oid(&self.number).unwrap_or_default()];
        if self.critical {
            parts.push(tlv(1, &[0xff]));
        }
        parts.push(octets(&self.value));
        sequence(&parts)
    }

    /// Returns what it says, taken apart.
    pub fn inside(&self) -> Reader<'_> {
        let mut outer = Reader { rest: &self.value };
        outer.next().map_or(Reader { rest: &[] }, |item| item.inside())
    }
}

/// Reads a sequence of extensions.
pub fn extensions_of(list: &Item<'_>) -> Vec<Extension> {
    let read = |item: Item<'_>| {
        let mut inside = item.inside();
        let number = oid_text(inside.next()?.value);
        let critical = inside.next_if(1).is_some_and(|item| item.value != [0]);
        let value = inside.next_if(4)?.value.to_vec();
        Some(Extension { number, critical, value })
    };
    list.inside().filter_map(read).collect()
}

/// Short names of extensions.
const NAMES: [(&str, &str); 30] = [
    ("1.3.6.1.4.1.11129.2.4.2", "ct_precert_scts"),
    ("1.3.6.1.4.1.11129.2.4.3", "ct_precert_poison"),
    ("1.3.6.1.4.1.11129.2.4.5", "ct_cert_scts"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.2", "biometricInfo"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ("1.3.6.1.5.5.7.1.11", "subjectInfoAccess"),
    ("1.3.6.1.5.5.7.1.14", "proxyCertInfo"),
    ("1.3.6.1.5.5.7.1.24", "tlsfeature"),
    ("1.3.6.1.5.5.7.48.1.5", "noCheck"),
    ("2.16.840.1.113730.1.1", "nsCertType"),
    ("2.16.840.1.113730.1.13", "nsComment"),
    ("2.5.29.9", "subjectDirectoryAttributes"),
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.16", "privateKeyUsagePeriod"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "crlDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extendedKeyUsage"),
    ("2.5.29.46", "freshestCRL"),
    ("2.5.29.54", "inhibitAnyPolicy"),
    ("2.5.29.55", "targetInformation"),
    ("2.5.29.56", "noRevAvail"),
];

/// Returns the short name of an extension, or its number.
pub fn extension_name(number: &str) -> &str {
    NAMES.iter().find(|(known, _)| *known == number).map_or(number, |(_, name)| name)
}

/// Uses of a key, in the order of their bits, as the library names and as texts name them.
const KEY_USAGES: [(&str, &str); 9] = [
    ("digitalSignature", "Digital Signature"),
    ("nonRepudiation", "Non Repudiation"),
    ("keyEncipherment", "Key Encipherment"),
    ("dataEncipherment", "Data Encipherment"),
    ("keyAgreement", "Key Agreement"),
    ("keyCertSign", "Certificate Sign"),
    ("cRLSign", "CRL Sign"),
    ("encipherOnly", "Encipher Only"),
    ("decipherOnly", "Decipher Only"),
];

/// Returns the extension of a key's uses; the error is the name that is none.
pub fn key_usage(names: &[String], critical: bool) -> Result<Extension, String> {
    let mut bits: u16 = 0;
    for name in names {
        let squeezed: String = name.chars().filter(|c| *c != ' ').collect();
        let known = KEY_USAGES.iter().position(|(short, long)| {
            short.eq_ignore_ascii_case(&squeezed)
                || long.replace(' ', "").eq_ignore_ascii_case(&squeezed)
                || squeezed == "contentCommitment" && *short == "nonRepudiation"
        });
        let at = known.ok_or_else(|| name.clone())?;
        bits |= 0x8000 >> at;
    }
    Ok(Extension::new("2.5.29.15", critical, tlv(3, &named_bits(bits))))
}

/// A list of named bits, the first of them the highest: how many bits do not count, and the bytes up to the last set one.
fn named_bits(bits: u16) -> Vec<u8> {
    let mut bytes = bits.to_be_bytes().to_vec();
    while bytes.len() > 1 && bytes.last() == Some(&0) {
        bytes.pop();
    }
    let unused = bytes.last().map_or(0, |byte| byte.trailing_zeros().min(7));
    bytes.insert(0, u8::try_from(unused).unwrap_or(0));
    bytes
}

/// Returns the uses that an extension names.
pub fn key_usage_names(extension: &Extension) -> Vec<&'static str> {
    let item = Reader { rest: &extension.value }.next();
    let bytes = item.map(|item| item.value.to_vec()).unwrap_or_default();
    let set = |at: usize| bytes.get(1 + at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
    (0..9).filter(|at| set(*at)).map(|at| KEY_USAGES[at].1).collect()
}

/// Further uses of a key: numbers, and names of all kinds.
const PURPOSES: [(&str, &str, &str); 27] = [
    ("1.3.6.1.5.5.7.3.1", "serverAuth", "TLS Web Server Authentication"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth", "TLS Web Client Authentication"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning", "Code Signing"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection", "E-mail Protection"),
    ("1.3.6.1.5.5.7.3.5", "ipsecEndSystem", "IPSec End System"),
    ("1.3.6.1.5.5.7.3.6", "ipsecTunnel", "IPSec Tunnel"),
    ("1.3.6.1.5.5.7.3.7", "ipsecUser", "IPSec User"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping", "Time Stamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning", "OCSP Signing"),
    ("1.3.6.1.5.5.7.3.10", "DVCS", "dvcs"),
    ("1.3.6.1.5.5.7.3.17", "ipsecIKE", "ipsec Internet Key Exchange"),
    ("1.3.6.1.5.5.7.3.21", "secureShellClient", "SSH Client"),
    ("1.3.6.1.5.5.7.3.22", "secureShellServer", "SSH Server"),
    ("2.5.29.37.0", "anyExtendedKeyUsage", "Any Extended Key Usage"),
    ("1.3.6.1.5.5.7.1.2", "biometricInfo", "Biometric Info"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements", "qcStatements"),
    ("1.3.6.1.5.5.7.3.27", "cmcCA", "CMC Certificate Authority"),
    ("1.3.6.1.5.5.7.3.28", "cmcRA", "CMC Registration Authority"),
    ("1.3.6.1.5.5.7.3.16", "sendRouter", "Send Router"),
    ("1.3.6.1.5.2.3.4", "pkInitClientAuth", "PKINIT Client Auth"),
    ("1.3.6.1.5.2.3.5", "pkInitKDC", "Signing KDC Response"),
    ("1.3.6.1.4.1.311.10.3.4", "msEFS", "Microsoft Encrypted File System"),
    ("1.3.6.1.4.1.311.10.3.1", "msCTLSign", "Microsoft Trust List Signing"),
    ("1.3.6.1.4.1.311.2.1.21", "msCodeInd", "Microsoft Individual Code Signing"),
    ("1.3.6.1.4.1.311.2.1.22", "msCodeCom", "Microsoft Commercial Code Signing"),
    ("1.3.6.1.4.1.311.20.2.2", "msSmartcardLogin", "Microsoft Smartcard Login"),
    ("1.3.6.1.4.1.311.10.3.3", "msSGC", "Microsoft Server Gated Crypto"),
];

/// Returns the extension of a key's further uses; the error says what is unknown.
pub fn extended_key_usage(names: &[String], critical: bool) -> Result<Extension, String> {
    let mut numbers = Vec::new();
    for name in names {
        let known = PURPOSES.iter().find(|(number, short, long)| {
            number == name || short.eq_ignore_ascii_case(name) || long.eq_ignore_ascii_case(name)
        });
        let number = known.map_or(name.as_str(), |(number, ..)| number);
        numbers.push(oid(number).ok_or_else(|| format!("Cannot find OID for \"{name}\""))?);
    }
    Ok(Extension::new("2.5.29.37", critical, sequence(&numbers)))
}

/// Returns the name of a key's further use.
pub fn purpose_name(number: &str) -> String {
    let known = PURPOSES.iter().find(|(known, ..)| *known == number);
    known.map_or(number, |(_, _, long)| long).to_owned()
}

/// Returns the extension that says whether a certificate may issue others; the error is the word that is none.
pub fn basic_constraints(words: &[String], critical: bool) -> Result<Extension, String> {
    let (mut authority, mut length) = (false, None);
    for word in words {
        match word.split_once(':') {
            Some(("CA", "TRUE")) => authority = true,
            Some(("CA", "FALSE")) => authority = false,
            Some(("CA", value)) => {
                return Err(format!("Unknown basic constraint value \"{value}\" for CA"));
            }
            Some(("pathlen", value)) => {
                let number: u8 = value.trim().parse().map_err(|_| {
                    format!(
                        "Cannot parse path length constraint \"{value}\" (invalid literal for int() with base 10: '{value}')"
                    )
                })?;
                length = Some(number);
            }
            _ => return Err(format!("Unknown basic constraint \"{word}\"")),
        }
    }
    let mut parts = Vec::new();
    if authority {
        parts.push(tlv(1, &[0xff]));
    }
    if let Some(length) = length {
        parts.push(integer(&[length]));
    }
    Ok(Extension::new("2.5.29.19", critical, sequence(&parts)))
}

/// Returns the extension of further names of the subject.
pub fn subject_alternatives(names: &[String], critical: bool) -> Result<Extension, String> {
    Ok(Extension::new("2.5.29.17", critical, tlv(0x30, &general_names(names)?)))
}

/// Returns the extension that the server must staple what an OCSP server says.
pub fn must_staple(critical: bool) -> Extension {
    Extension::new("1.3.6.1.5.5.7.1.24", critical, sequence(&[integer(&[5])]))
}

/// Returns the extension of names that an authority may or must not certify.
pub fn name_constraints(
    permitted: &[String],
    excluded: &[String],
    critical: bool,
) -> Result<Extension, String> {
    let mut parts = Vec::new();
    for (number, names) in [(0, permitted), (1, excluded)] {
        let mut trees = Vec::new();
        for name in names {
            if name.starts_with("IP:") && !name.contains('/') {
                return Err("Error while parsing name constraint: IPAddress name constraints must be an IPv4Network or IPv6Network object".to_owned());
            }
            trees.extend(sequence(&[general_names(std::slice::from_ref(name))?]));
        }
        if !trees.is_empty() {
            parts.push(tagged(number, true, &trees));
        }
    }
    Ok(Extension::new("2.5.29.30", critical, sequence(&parts)))
}

/// A place where lists of revoked certificates are.
#[derive(Debug, Default)]
pub struct Place {
    pub full_name: Vec<String>,
    pub relative_name: Option<Name>,
    pub issuer: Vec<String>,
    pub reasons: Vec<String>,
}

/// Returns the extension of places where lists of revoked certificates are.
pub fn distribution_points(places: &[Place]) -> Result<Extension, String> {
    const REASONS: [&str; 9] = [
        "unspecified",
        "key_compromise",
        "ca_compromise",
        "affiliation_changed",
        "superseded",
        "cessation_of_operation",
        "certificate_hold",
        "privilege_withdrawn",
        "aa_compromise",
    ];
    let mut points = Vec::new();
    for place in places {
        let mut parts = Vec::new();
        if !place.full_name.is_empty() {
            let names = tagged(0, true, &general_names(&place.full_name)?);
            parts.push(tagged(0, true, &names));
        } else if let Some(name) = &place.relative_name {
            let written = name.encode();
            // One set, rather than a sequence of them.
            let set = Reader { rest: &written }.next().map(|item| item.inside());
            let set = set.and_then(|mut inside| inside.next());
            let value = set.map(|set| set.value.to_vec()).unwrap_or_default();
            parts.push(tagged(0, true, &tagged(1, true, &value)));
        }
        if !place.reasons.is_empty() {
            let mut bits: u16 = 0;
            for reason in &place.reasons {
                let at = REASONS
                    .iter()
                    .position(|known| known == reason)
                    .ok_or_else(|| format!("unknown reason \"{reason}\""))?;
                bits |= 0x8000 >> at;
            }
            parts.push(tagged(1, false, &named_bits(bits)));
        }
        if !place.issuer.is_empty() {
            parts.push(tagged(2, true, &general_names(&place.issuer)?));
        }
        points.push(sequence(&parts));
    }
    Ok(Extension::new("2.5.29.31", false, sequence(&points)))
}

/// Returns the extension that says whose key signed: its number, or its certificate's names and number.
pub fn authority_key(
    key: Option<&[u8]>,
    names: &[String],
    serial: Option<&[u8]>,
) -> Result<Extension, String> {
    let mut parts = Vec::new();
    if let Some(key) = key {
        parts.push(tagged(0, false, key));
    }
    if !names.is_empty() {
        parts.push(tagged(1, true, &general_names(names)?));
    }
    if let Some(serial) = serial {
        let written = integer(serial);
        parts.push(tagged(2, false, &written[2..]));
    }
    Ok(Extension::new("2.5.29.35", false, sequence(&parts)))
}

/// Returns the number of a public key as certificates have it: the sum of its bits.
pub fn identifier_of(public_key: &[u8]) -> Vec<u8> {
    use sha1::{Digest as _, Sha1};
    let bits = Reader { rest: public_key }.next().and_then(|outer| outer.inside().nth(1));
    let bits = bits.map(|item| item.value.get(1..).unwrap_or_default().to_vec());
    Sha1::digest(bits.unwrap_or_default()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_written_and_read() {
        let usage =
            key_usage(&["digitalSignature".into(), "Key Encipherment".into()], true).unwrap();
        assert_eq!(usage.value, [3, 2, 5, 0xa0]);
        assert_eq!(key_usage_names(&usage), ["Digital Signature", "Key Encipherment"]);
        assert!(key_usage(&["nonsense".into()], true).is_err());
        let written = sequence(&[usage.encode()]);
        let list = Reader { rest: &written }.next().unwrap();
        assert_eq!(extensions_of(&list), [usage]);
        let basic = basic_constraints(&["CA:TRUE".into(), "pathlen:0".into()], true).unwrap();
        assert_eq!(basic.value, [0x30, 6, 1, 1, 0xff, 2, 1, 0]);
        assert_eq!(basic_constraints(&["CA:FALSE".into()], false).unwrap().value, [0x30, 0]);
        let more = extended_key_usage(&["serverAuth".into()], false).unwrap();
        assert_eq!(more.value, b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01");
        assert_eq!(purpose_name("1.3.6.1.5.5.7.3.1"), "TLS Web Server Authentication");
    }
}
