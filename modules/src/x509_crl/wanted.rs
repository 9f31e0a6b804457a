//! The list that a task asks for.

use windlass_macros::{Args as DeriveArgs, Choice};

use super::{Args, Mode, Numbers, set_issuer, show_time};
use crate::{
    host::{Failure, Host, Result, errno_of},
    openssl::{look_at_key, not_pem, public_key},
    spec::{ArgPath, Json, JsonMap, part, python_repr, python_str},
    x509::{
        Crl, Item, Name, Reader, Revoked, algorithm, from_decimal, from_pem, general_names,
        name_pairs, ordered_name_pairs, reason_number, sign, time_option,
    },
    x509_certificate_info::Certificate,
};

/// A certificate that was revoked
#[derive(DeriveArgs)]
#[args(
    required_one_of("path", "content", "serial_number"),
    mutually_exclusive("path", "content", "serial_number")
)]
struct Entry {
    /// File of the certificate
    path: Option<ArgPath>,
    /// The certificate itself
    content: Option<String>,
    /// Its number
    serial_number: Option<Json>,
    /// When it was revoked
    #[arg(default = "+0s")]
    revocation_date: String,
    /// Names of who issued it
    issuer: Option<Vec<String>>,
    /// Whether one must understand who issued it
    #[arg(default = "false")]
    issuer_critical: bool,
    /// Why it was revoked
    reason: Option<Reason>,
    /// Whether one must understand why
    #[arg(default = "false")]
    reason_critical: bool,
    /// Since when it is not to be trusted
    invalidity_date: Option<String>,
    /// Whether one must understand since when
    #[arg(default = "false")]
    invalidity_date_critical: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    PrivilegeWithdrawn,
    AaCompromise,
    RemoveFromCrl,
}

/// What a list is made of.
pub(super) struct Wanted {
    /// The authority's key.
    pem: Vec<u8>,
    /// Number of the algorithm that signs with it.
    algorithm: String,
    /// The parts of the authority's name as the task has them.
    pairs: Vec<(String, String)>,
    issuer: Name,
    last_update: i64,
    next_update: Option<i64>,
    revoked: Vec<Revoked>,
}

impl Wanted {
    pub(super) fn of(args: &Args, host: &Host) -> Result<Wanted> {
        let pairs = match (&args.issuer_ordered, &args.issuer) {
            (Some(maps), _) if !maps.is_empty() => ordered_name_pairs(maps, "issuer_ordered"),
            (_, Some(map)) => name_pairs(map, "issuer"),
            _ => Ok(Vec::new()),
        };
        let pairs = pairs.map_err(Failure::new)?;
        let last_update = time_option(host, "last_update", &args.last_update)?;
        let next_update = args.next_update.as_deref();
        let next_update =
            next_update.map(|text| time_option(host, "next_update", text)).transpose()?;
        if !["sha256", "sha384", "sha512", "sha1", "md5"].contains(&args.digest.as_str()) {
            return Err(Failure::new(format!("The digest \"{}\" is not supported", args.digest)));
        }
        let given = args.revoked_certificates.iter().flatten().enumerate();
        let revoked: Result<Vec<Revoked>> =
            given.map(|(at, map)| revoked(args, host, at, map)).collect();
        let revoked = revoked?;
        let pem = match (&args.privatekey_content, args.privatekey_path.as_deref()) {
            (Some(content), _) => content.clone().into_bytes(),
            (None, path) => {
                let path = path.unwrap_or_default();
                host.read_whole(path).map_err(|error| Failure::new(errno_of(&error, path)))?
            }
        };
        let pass = args.privatekey_passphrase.as_deref();
        public_key(host, &pem, pass)?;
        let kind = look_at_key(host, &pem, pass)?.map(|facts| facts.kind).unwrap_or_default();
        let algorithm = algorithm(&kind, &args.digest).ok_or_else(|| {
            Failure::new(format!("Key of type {kind} not supported for issuing certificates"))
        })?;
        let number = |item: Item<'_>| crate::x509::oid_text(item.value);
        let algorithm = Reader { rest: &algorithm }
            .next()
            .and_then(|item| item.inside().next())
            .map(number)
            .unwrap_or_default();
        let issuer = Name::of_pairs(&pairs).map_err(Failure::new)?;
        Ok(Wanted { pem, algorithm, pairs, issuer, last_update, next_update, revoked })
    }

    /// Returns whether a list that is there says the same.
    pub(super) fn fits(&self, args: &Args, known: &Crl) -> bool {
        // Time goes on: what is told from now on is never what it was.
        let moves = |text: &str| text.starts_with(['+', '-']);
        let times = args.ignore_timestamps
            || self.last_update == known.last_update
                && self.next_update == known.next_update
                && !moves(&args.last_update)
                && !args.next_update.as_deref().is_some_and(moves);
        let issuer = if args.issuer_ordered.is_some() {
            self.issuer == known.issuer
        } else {
            self.issuer.same_parts(&known.issuer)
        };
        let mut old: Vec<Revoked> = known.revoked.iter().map(|one| compared(args, one)).collect();
        let new: Vec<Revoked> = self.revoked.iter().map(|one| compared(args, one)).collect();
        let revoked = match args.crl_mode {
            Mode::Generate => old == new,
            // Of an entry that is asked for twice there must be two.
            Mode::Update => new.iter().all(|one| {
                let at = old.iter().position(|other| other == one);
                at.map(|at| old.remove(at)).is_some()
            }),
        };
        times && issuer && revoked && self.algorithm == known.algorithm
    }

    /// Makes the list: with what it held before, where that is to stay.
    pub(super) fn make(&self, args: &Args, host: &Host, before: Option<&Crl>) -> Result<Vec<u8>> {
        let new: Vec<Revoked> = self.revoked.iter().map(|one| compared(args, one)).collect();
        let stays =
            |one: &&Revoked| args.crl_mode == Mode::Update && !new.contains(&compared(args, one));
        let old = before.iter().flat_map(|before| &before.revoked).filter(stays);
        let crl = Crl {
            algorithm: self.algorithm.clone(),
            issuer: self.issuer.clone(),
            last_update: self.last_update,
            next_update: self.next_update,
            revoked: old.chain(&self.revoked).cloned().collect(),
        };
        let pass = args.privatekey_passphrase.as_deref();
        sign(host, &self.pem, pass, &args.digest, &|algorithm| crl.encode(algorithm))
    }

    /// Tells of the list that would be made.
    pub(super) fn tell(&self, args: &Args, values: &mut JsonMap) {
        let mut set = |name: &str, value: Json| {
            values.insert(name.to_owned(), value);
        };
        set("last_update", show_time(self.last_update).into());
        set("next_update", self.next_update.map(show_time).into());
        set("digest", args.digest.as_str().into());
        set("revoked_certificates", self.revoked.iter().map(Revoked::info).collect());
        set_issuer(&self.pairs, values);
    }
}

/// What counts of an entry.
fn compared(args: &Args, one: &Revoked) -> Revoked {
    let mut one = one.clone();
    if args.ignore_timestamps {
        one.date = 0;
    }
    one
}

fn revoked(args: &Args, host: &Host, at: usize, map: &JsonMap) -> Result<Revoked> {
    let entry: Entry = part("community.crypto.x509_crl", "revoked_certificates", map)?;
    let named = |name: &str| format!("revoked_certificates[{at}].{name}");
    let serial = match (&entry.content, entry.path.as_deref()) {
        (Some(content), _) => certificate_number(content.as_bytes()).map_err(|reason| {
            format!("Cannot parse certificate from {}: {reason}", named("content"))
        }),
        (None, Some(path)) => {
            let read = host.read_whole(path).map_err(|error| errno_of(&error, path));
            read.and_then(|pem| certificate_number(&pem)).map_err(|reason| {
                format!("Cannot read certificate \"{path}\" from {}: {reason}", named("path"))
            })
        }
        (None, None) => {
            let value = entry.serial_number.as_ref().unwrap_or(&Json::Null);
            let (what, number) = match args.serial_numbers {
                Numbers::Integer => ("an integer", integer_number(value)),
                Numbers::HexOctets => ("an colon-separated hex octet string", hex_number(value)),
            };
            number.map_err(|reason| {
                let at = at + 1;
                format!(
                    "Error while parsing revoked_certificates[{at}].serial_number as {what}: {reason}"
                )
            })
        }
    };
    let issuer = entry.issuer.filter(|names| !names.is_empty());
    let issuer = issuer
        .map(|names| general_names(&names))
        .transpose()
        .map_err(|reason| Failure::new(reason.replacen("Subject Alternative Name", "issuer", 1)))?;
    let invalidity = entry.invalidity_date.filter(|text| !text.is_empty());
    Ok(Revoked {
        serial: serial.map_err(Failure::new)?,
        date: time_option(host, &named("revocation_date"), &entry.revocation_date)?,
        issuer_critical: entry.issuer_critical && issuer.is_some(),
        issuer,
        reason_critical: entry.reason_critical && entry.reason.is_some(),
        reason: entry.reason.and_then(|reason| reason_number(reason.as_str())),
        invalidity_critical: entry.invalidity_date_critical && invalidity.is_some(),
        invalidity: invalidity
            .map(|text| time_option(host, &named("invalidity_date"), &text))
            .transpose()?,
    })
}

fn certificate_number(pem: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let certificate = from_pem(pem, &["CERTIFICATE"]).and_then(|der| Certificate::of(&der));
    let certificate = certificate.ok_or_else(|| {
        not_pem(pem, "BEGIN CERTIFICATE/END CERTIFICATE delimiters", "certificate")
    })?;
    Ok(certificate.number())
}

fn integer_number(value: &Json) -> std::result::Result<Vec<u8>, String> {
    let text = match value {
        Json::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let shown = python_repr(value);
    from_decimal(&text).ok_or_else(|| format!("\"{shown}\" cannot be converted to an int"))
}

/// A number as pairs of digits: `12:AB`.
fn hex_number(value: &Json) -> std::result::Result<Vec<u8>, String> {
    let text = python_str(value);
    let parts = text.split(':').enumerate().map(|(at, part)| {
        u8::from_str_radix(part.trim(), 16).map_err(|_| {
            let number = at + 1;
            let end = match number % 10 {
                1 if number % 100 != 11 => "st",
                2 if number % 100 != 12 => "nd",
                3 if number % 100 != 13 => "rd",
                _ => "th",
            };
            let reason = if part.trim().chars().all(|c| c.is_ascii_hexdigit()) && !part.is_empty() {
                "the value is not in range [0, 255]".to_owned()
            } else {
                format!("invalid literal for int() with base 16: '{part}'")
            };
            format!(
                "The {number}{end} part '{part}' is not a hexadecimal number in range [0, 255]: {reason}"
            )
        })
    });
    let bytes: Vec<u8> = parts.collect::<std::result::Result<_, String>>()?;
    Ok(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}
