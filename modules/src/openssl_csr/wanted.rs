//! What the task asks for, as a request says it.

use windlass_macros::Args as DeriveArgs;

use super::{Args, Asked};
use crate::{
    host::{Failure, Result},
    spec::{Json, JsonMap, part, python_str},
    x509::{
        Extension, Name, Place, authority_key, basic_constraints, distribution_points,
        extended_key_usage, identifier_of, key_usage, must_staple, name_constraints, octets,
        subject_alternatives,
    },
};

/// A place where lists of revoked certificates are
#[derive(DeriveArgs)]
struct Point {
    /// Names of the place
    full_name: Option<Vec<String>>,
    /// Its name below that of the issuer
    relative_name: Option<Vec<String>>,
    /// Names of the issuer of the list
    crl_issuer: Option<Vec<String>>,
    /// Reasons that it is for
    reasons: Option<Vec<String>>,
}

/// Returns further names: those of the task, or the name of the subject.
pub(super) fn alternatives(args: &Args) -> Option<Vec<String>> {
    if args.subject_alt_name.is_some() || !args.use_common_name_for_san {
        return args.subject_alt_name.clone();
    }
    let in_subject =
        |map: &JsonMap| ["commonName", "CN"].iter().find_map(|key| map.get(*key).map(python_str));
    let name = args
        .common_name
        .clone()
        .or_else(|| args.subject.as_ref().and_then(in_subject))
        .or_else(|| args.subject_ordered.iter().flatten().find_map(in_subject))?;
    let kind = if name.parse::<std::net::IpAddr>().is_ok() { "IP" } else { "DNS" };
    Some(vec![format!("{kind}:{name}")])
}

pub(super) fn of(args: &Args, key: &[u8]) -> Result<Asked> {
    let mut asked = Asked { ordered: args.subject_ordered.is_some(), ..Asked::default() };
    subject(args, &mut asked.subject)?;
    let wrong = |error: String| Failure::new(error);
    let mut add = |extension: Extension| asked.extensions.push(extension);
    if let Some(names) = alternatives(args) {
        add(subject_alternatives(&names, args.subject_alt_name_critical).map_err(wrong)?);
    }
    if let Some(names) = &args.key_usage {
        add(key_usage(names, args.key_usage_critical)
            .map_err(|name| Failure::new(format!("Unknown key usage \"{name}\"")))?);
    }
    if let Some(names) = &args.extended_key_usage {
        add(extended_key_usage(names, args.extended_key_usage_critical).map_err(wrong)?);
    }
    if let Some(words) = &args.basic_constraints {
        add(basic_constraints(words, args.basic_constraints_critical).map_err(wrong)?);
    }
    if args.ocsp_must_staple {
        add(must_staple(args.ocsp_must_staple_critical));
    }
    if args.name_constraints_permitted.is_some() || args.name_constraints_excluded.is_some() {
        let permitted = args.name_constraints_permitted.as_deref().unwrap_or_default();
        let excluded = args.name_constraints_excluded.as_deref().unwrap_or_default();
        add(name_constraints(permitted, excluded, args.name_constraints_critical).map_err(wrong)?);
    }
    let identifier = match &args.subject_key_identifier {
        Some(text) => Some(from_hex(text, "subject_key_identifier")?),
        None if args.create_subject_key_identifier => Some(identifier_of(key)),
        None => None,
    };
    if let Some(identifier) = identifier {
        add(Extension::new("2.5.29.14", false, octets(&identifier)));
    }
    if args.authority_key_identifier.is_some() || args.authority_cert_issuer.is_some() {
        let number = match &args.authority_key_identifier {
            Some(text) => Some(from_hex(text, "authority_key_identifier")?),
            None => None,
        };
        let names = args.authority_cert_issuer.as_deref().unwrap_or_default();
        let serial = args.authority_cert_serial_number.map(i64::to_be_bytes);
        let serial = serial.as_ref().map(<[u8; 8]>::as_slice);
        add(authority_key(number.as_deref(), names, serial).map_err(wrong)?);
    }
    if let Some(given) = &args.crl_distribution_points {
        let mut places = Vec::new();
        for one in given {
            let point: Point =
                part("community.crypto.openssl_csr", "crl_distribution_points", one)?;
            let relative_name = match point.relative_name {
                None => None,
                Some(words) => {
                    let mut name = Name::default();
                    for word in words {
                        let (key, value) = word.split_once('=').unwrap_or((&word, ""));
                        name.add(key, value).map_err(wrong)?;
                    }
                    Some(name)
                }
            };
            places.push(Place {
                full_name: point.full_name.unwrap_or_default(),
                relative_name,
                issuer: point.crl_issuer.unwrap_or_default(),
                reasons: point.reasons.unwrap_or_default(),
            });
        }
        add(distribution_points(&places).map_err(wrong)?);
    }
    Ok(asked)
}

/// The parts of the subject's name, as the task calls them.
fn parts(args: &Args) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, value) in [
        ("C", &args.country_name),
        ("ST", &args.state_or_province_name),
        ("L", &args.locality_name),
        ("O", &args.organization_name),
        ("OU", &args.organizational_unit_name),
        ("CN", &args.common_name),
        ("emailAddress", &args.email_address),
    ] {
        found.extend(value.clone().map(|value| (key.to_owned(), value)));
    }
    let maps = args.subject.iter().chain(args.subject_ordered.iter().flatten());
    for (key, value) in maps.flatten() {
        let values = match value {
            Json::Array(items) => items.iter().map(python_str).collect(),
            other => vec![python_str(other)],
        };
        found.extend(values.into_iter().map(|value| (key.clone(), value)));
    }
    found
}

/// Returns the countries in the subject's name.
pub(super) fn countries(args: &Args) -> impl Iterator<Item = String> {
    let is = |key: &str| matches!(key, "C" | "countryName" | "2.5.4.6");
    parts(args).into_iter().filter(move |(key, _)| is(key)).map(|(_, value)| value)
}

/// Returns the subject's name as results tell it.
pub(super) fn pairs(args: &Args) -> Json {
    parts(args).into_iter().map(|(key, value)| Json::from(vec![key, value])).collect()
}

fn subject(args: &Args, name: &mut Name) -> Result<()> {
    for (key, value) in parts(args) {
        name.add(&key, &value).map_err(Failure::new)?;
    }
    Ok(())
}

/// Reads `00:11:22`.
fn from_hex(text: &str, option: &str) -> Result<Vec<u8>> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let read = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(read).collect();
    bytes.ok_or_else(|| Failure::new(format!("Cannot parse {option}: Non-hexadecimal digit found")))
}
