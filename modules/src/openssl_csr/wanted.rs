//! What the task asks for, as a request says it.

use windlass_macros::{Args as DeriveArgs, Choice};

use super::{Asked, info, read, same};
use crate::{
    host::{Failure, Host, Outcome, Result, errno_of},
    openssl::{Backend, only_version, public_key},
    spec::{ArgPath, Json, JsonMap, part, python_str},
    x509::{
        Extension, Name, Place, authority_key, basic_constraints, distribution_points,
        extended_key_usage, identifier_of, key_usage, must_staple, name_constraints, octets, sign,
        subject_alternatives, to_pem,
    },
};

/// What a request says, and whose key signs it.
#[derive(DeriveArgs)]
#[args(
    mutually_exclusive("privatekey_path", "privatekey_content"),
    mutually_exclusive("subject", "subject_ordered"),
    required_together("authority_cert_issuer", "authority_cert_serial_number")
)]
pub(crate) struct Wanted {
    /// File of the key
    pub(crate) privatekey_path: Option<ArgPath>,
    /// The key itself
    #[arg(secret)]
    pub(crate) privatekey_content: Option<String>,
    /// Passphrase of the key
    #[arg(secret)]
    pub(crate) privatekey_passphrase: Option<String>,
    /// Sum that is signed
    #[arg(default = "sha256")]
    pub(crate) digest: String,
    /// Version of the request
    #[arg(default = "1")]
    pub(crate) version: i64,
    /// Parts of the subject's name
    pub(crate) subject: Option<JsonMap>,
    /// Parts of the subject's name in their order
    pub(crate) subject_ordered: Option<Vec<JsonMap>>,
    /// Country of the subject, two letters
    #[arg(alias = "C", alias = "countryName")]
    pub(crate) country_name: Option<String>,
    /// State or province of the subject
    #[arg(alias = "ST", alias = "stateOrProvinceName")]
    pub(crate) state_or_province_name: Option<String>,
    /// Place of the subject
    #[arg(alias = "L", alias = "localityName")]
    pub(crate) locality_name: Option<String>,
    /// Organization of the subject
    #[arg(alias = "O", alias = "organizationName")]
    pub(crate) organization_name: Option<String>,
    /// Unit of the subject's organization
    #[arg(alias = "OU", alias = "organizationalUnitName")]
    pub(crate) organizational_unit_name: Option<String>,
    /// Name of the subject
    #[arg(alias = "CN", alias = "commonName")]
    pub(crate) common_name: Option<String>,
    /// Mail address of the subject
    #[arg(alias = "E", alias = "emailAddress")]
    pub(crate) email_address: Option<String>,
    /// Further names: `DNS:`, `IP:`, `URI:`, `email:`, `RID:`, `dirName:`, `otherName:`
    #[arg(alias = "subjectAltName")]
    pub(crate) subject_alt_name: Option<Vec<String>>,
    /// Whether one must understand further names
    #[arg(default = "false", alias = "subjectAltName_critical")]
    pub(crate) subject_alt_name_critical: bool,
    /// Whether the name of the subject is a further name when there are none
    #[arg(default = "true", alias = "useCommonNameForSAN")]
    pub(crate) use_common_name_for_san: bool,
    /// What the key is used for
    #[arg(alias = "keyUsage")]
    pub(crate) key_usage: Option<Vec<String>>,
    /// Whether one must understand what the key is used for
    #[arg(default = "false", alias = "keyUsage_critical")]
    pub(crate) key_usage_critical: bool,
    /// What else the key is used for
    #[arg(alias = "extKeyUsage", alias = "extendedKeyUsage")]
    pub(crate) extended_key_usage: Option<Vec<String>>,
    /// Whether one must understand what else the key is used for
    #[arg(default = "false", alias = "extKeyUsage_critical", alias = "extendedKeyUsage_critical")]
    pub(crate) extended_key_usage_critical: bool,
    /// Whether it is an authority, as `CA:TRUE`, `pathlen:0`
    #[arg(alias = "basicConstraints")]
    pub(crate) basic_constraints: Option<Vec<String>>,
    /// Whether one must understand whether it is an authority
    #[arg(default = "false", alias = "basicConstraints_critical")]
    pub(crate) basic_constraints_critical: bool,
    /// Whether the server must staple what an OCSP server says
    #[arg(default = "false", alias = "ocspMustStaple")]
    pub(crate) ocsp_must_staple: bool,
    /// Whether one must understand that
    #[arg(default = "false", alias = "ocspMustStaple_critical")]
    pub(crate) ocsp_must_staple_critical: bool,
    /// Names that an authority may certify
    pub(crate) name_constraints_permitted: Option<Vec<String>>,
    /// Names that an authority must not certify
    pub(crate) name_constraints_excluded: Option<Vec<String>>,
    /// Whether one must understand which names
    #[arg(default = "false")]
    pub(crate) name_constraints_critical: bool,
    /// Whether the key's number is made from the key
    #[arg(default = "false")]
    pub(crate) create_subject_key_identifier: bool,
    /// Number of the key, as `00:11:22`
    pub(crate) subject_key_identifier: Option<String>,
    /// Number of the authority's key
    pub(crate) authority_key_identifier: Option<String>,
    /// Names of the authority's issuer
    pub(crate) authority_cert_issuer: Option<Vec<String>>,
    /// Number of the authority's certificate
    pub(crate) authority_cert_serial_number: Option<i64>,
    /// Where lists of revoked certificates are
    pub(crate) crl_distribution_points: Option<Vec<JsonMap>>,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
}

/// What a request is made of: a private key, its public one, and what is asked for.
pub(crate) struct Source {
    pem: Vec<u8>,
    key: Vec<u8>,
    asked: Asked,
}

impl Wanted {
    /// Reads what a request is made of; refuses what cannot be in one.
    pub(crate) fn source(&self, host: &Host) -> Result<Source> {
        only_version("version", self.version, 1)?;
        refuse(self)?;
        let pem = match (&self.privatekey_content, self.privatekey_path.as_deref()) {
            (Some(content), _) => content.clone().into_bytes(),
            (None, path) => {
                let path = path.unwrap_or_default();
                host.read_whole(path).map_err(|error| Failure::new(errno_of(&error, path)))?
            }
        };
        let key = public_key(host, &pem, self.privatekey_passphrase.as_deref())?;
        let asked = of(self, &key)?;
        Ok(Source { pem, key, asked })
    }

    /// Makes the request.
    pub(crate) fn make(&self, host: &Host, source: &Source) -> Result<Vec<u8>> {
        let pass = self.privatekey_passphrase.as_deref();
        let content = |_: &[u8]| info(&source.asked, &source.key);
        let der = sign(host, &source.pem, pass, &self.digest, &content)?;
        Ok(to_pem("CERTIFICATE REQUEST", &der).into_bytes())
    }

    /// What every result says.
    pub(crate) fn told(&self, changed: bool, subject: Json, names: Option<Vec<String>>) -> Outcome {
        Outcome::changed_if(changed)
            .with("privatekey", self.privatekey_path.as_ref().map(|path| path.0.clone()))
            .with("subject", subject)
            .with("subjectAltName", names)
            .with("keyUsage", self.key_usage.clone())
            .with("extendedKeyUsage", self.extended_key_usage.clone())
            .with("basicConstraints", self.basic_constraints.clone())
            .with("ocspMustStaple", self.ocsp_must_staple)
            .with(
                "name_constraints_permitted",
                self.name_constraints_permitted.clone().unwrap_or_default(),
            )
            .with(
                "name_constraints_excluded",
                self.name_constraints_excluded.clone().unwrap_or_default(),
            )
    }
}

impl Source {
    /// Returns whether a request that is there says the same.
    pub(crate) fn fits(&self, pem: &[u8]) -> bool {
        read(pem).is_some_and(|(known, key)| key == self.key && same(&self.asked, &known))
    }
}

/// Refuses what cannot be in a request.
fn refuse(args: &Wanted) -> Result<()> {
    let others = [
        &args.country_name,
        &args.state_or_province_name,
        &args.locality_name,
        &args.organization_name,
        &args.organizational_unit_name,
        &args.common_name,
        &args.email_address,
    ];
    let message = if args.create_subject_key_identifier && args.subject_key_identifier.is_some() {
        "subject_key_identifier cannot be specified if create_subject_key_identifier is true"
    } else if args.subject_ordered.is_some() && others.iter().any(|field| field.is_some()) {
        "subject_ordered cannot be combined with any other subject field"
    } else if countries(args).any(|country| country.chars().count() != 2) {
        "Country name must be a 2 character country code"
    } else {
        return Ok(());
    };
    Err(Failure::new(message))
}

/// A place where lists of revoked certificates are
#[derive(DeriveArgs)]
#[args(
    mutually_exclusive("full_name", "relative_name"),
    required_one_of("full_name", "relative_name", "crl_issuer")
)]
struct Point {
    /// Names of the place
    full_name: Option<Vec<String>>,
    /// Its name below that of the issuer
    relative_name: Option<Vec<String>>,
    /// Names of the issuer of the list
    crl_issuer: Option<Vec<String>>,
    /// Reasons that it is for
    reasons: Option<Vec<Reason>>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Reason {
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    PrivilegeWithdrawn,
    AaCompromise,
}

/// Returns further names: those of the task, or the name of the subject.
pub(crate) fn alternatives(args: &Wanted) -> Option<Vec<String>> {
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

fn of(args: &Wanted, key: &[u8]) -> Result<Asked> {
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
        refuse_usages(names)?;
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
    if [&args.name_constraints_permitted, &args.name_constraints_excluded]
        .iter()
        .any(|names| names.as_ref().is_some_and(|names| !names.is_empty()))
    {
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
    if let Some(given) = args.crl_distribution_points.as_ref().filter(|given| !given.is_empty()) {
        let places: Vec<Place> = given.iter().map(place).collect::<Result<_>>()?;
        add(distribution_points(&places).map_err(wrong)?);
    }
    Ok(asked)
}

/// Refuses uses that only one who agrees on keys can have.
fn refuse_usages(names: &[String]) -> Result<()> {
    let has =
        |usage: &str| names.iter().any(|name| name.replace(' ', "").eq_ignore_ascii_case(usage));
    if (has("encipherOnly") || has("decipherOnly")) && !has("keyAgreement") {
        return Err(Failure::raised(
            "encipher_only and decipher_only can only be true when key_agreement is true",
        ));
    }
    Ok(())
}

/// Returns a place where lists of revoked certificates are, as the task has it.
fn place(given: &JsonMap) -> Result<Place> {
    let point: Point = part("community.crypto.openssl_csr", "crl_distribution_points", given)?;
    let mut relative_name = None;
    for word in point.relative_name.iter().flatten() {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let name: &mut Name = relative_name.get_or_insert_default();
        name.add(key, value).map_err(Failure::new)?;
    }
    let reasons = point.reasons.unwrap_or_default();
    Ok(Place {
        full_name: point.full_name.unwrap_or_default(),
        relative_name,
        issuer: point.crl_issuer.unwrap_or_default(),
        reasons: reasons.into_iter().map(|reason| reason.as_str().to_owned()).collect(),
    })
}

/// The parts of the subject's name, as the task calls them.
fn parts(args: &Wanted) -> Vec<(String, String)> {
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
fn countries(args: &Wanted) -> impl Iterator<Item = String> {
    let is = |key: &str| matches!(key, "C" | "countryName" | "2.5.4.6");
    parts(args).into_iter().filter(move |(key, _)| is(key)).map(|(_, value)| value)
}

/// Returns the subject's name as results tell it.
pub(crate) fn pairs(args: &Wanted) -> Json {
    parts(args).into_iter().map(|(key, value)| Json::from(vec![key, value])).collect()
}

fn subject(args: &Wanted, name: &mut Name) -> Result<()> {
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
