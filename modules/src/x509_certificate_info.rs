//! `x509_certificate_info`: what a certificate says.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::{Backend, NameEncoding, colons, content_or_file, fingerprints, not_pem},
    spec::{ArgPath, Json, JsonMap, python_str},
    x509::{
        Extension, Name, Reader, Signed, algorithm_name, big_decimal, extensions_of, from_pem,
        general_name_text, key_usage_names, number_json, oid_text, public_key_data, purpose_name,
        relative_time, show_time, time_of, to_pem,
    },
};

/// Tells what a certificate says
///
/// # Examples
/// ```yaml
/// - name: Look at the web server's certificate
///   community.crypto.x509_certificate_info:
///     path: /etc/ssl/web.crt
///     valid_at:
///       soon: +2w
///   register: certificate
///
/// - name: Stop when it ends soon
///   ansible.builtin.assert:
///     that: certificate.valid_at.soon
///
/// - name: Read the chain that is to be installed
///   community.crypto.x509_certificate_info:
///     content: "{{ lookup('ansible.builtin.file', 'certificates/shop.pem') }}"
///   register: shop_certificate
///   delegate_to: localhost
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    also("openssl_certificate_info", "community.crypto.openssl_certificate_info"),
    mutually_exclusive("path", "content"),
    required_one_of("path", "content")
)]
pub struct Args {
    /// File of the certificate
    path: Option<ArgPath>,
    /// The certificate itself
    content: Option<String>,
    /// Points in time for which it is told whether it is valid
    valid_at: Option<JsonMap>,
    /// How names of other scripts are told
    #[arg(default = "ignore")]
    name_encoding: NameEncoding,
    /// Library of the reference; nothing else is needed here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
}

/// A certificate, taken apart.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    version: u8,
    serial: Vec<u8>,
    algorithm: String,
    pub issuer: Name,
    pub not_before: i64,
    pub not_after: i64,
    pub subject: Name,
    /// The public key, as it is written.
    pub key: Vec<u8>,
    pub extensions: Vec<Extension>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let pem = content_or_file(host, "certificate", args.content.as_deref(), args.path.as_deref())?;
    let der = from_pem(&pem, &["CERTIFICATE", "X509 CERTIFICATE"]).unwrap_or(pem);
    let certificate = Certificate::of(&der).ok_or_else(|| {
        let delimiters = "BEGIN CERTIFICATE/END CERTIFICATE delimiters";
        Failure::new(not_pem(&der, delimiters, "certificate"))
    })?;
    let mut values = certificate.info(host, false);
    let mut valid = JsonMap::new();
    for (key, value) in args.valid_at.iter().flatten() {
        let Json::String(text) = value else {
            return Err(Failure::new(format!(
                "The value for valid_at.{key} must be of type string (got <class '{}'>)",
                crate::spec::python_class(value)
            )));
        };
        let moment = relative_time(host, text).ok_or_else(|| {
            Failure::raised(format!(
                "The time spec \"{}\" for valid_at.{key} is invalid",
                python_str(value)
            ))
        })?;
        let within = certificate.not_before <= moment && moment <= certificate.not_after;
        valid.insert(key.clone(), within.into());
    }
    values.insert("valid_at".to_owned(), valid.into());
    Ok(Outcome { changed: false, values: args.name_encoding.told(values) })
}

impl Certificate {
    /// Takes a certificate apart.
    pub fn of(der: &[u8]) -> Option<Certificate> {
        let signed = Signed::of(der)?;
        let mut parts = signed.content.inside();
        let version = match parts.next_if(0xa0) {
            Some(version) => version.inside().next()?.value.first()?.saturating_add(1),
            None => 1,
        };
        let serial = parts.next_if(2)?.value.to_vec();
        parts.next()?;
        let issuer = Name::of(&parts.next()?);
        let mut times = parts.next()?.inside();
        let (not_before, not_after) = (time_of(&times.next()?)?, time_of(&times.next()?)?);
        let subject = Name::of(&parts.next()?);
        let key = parts.next()?.whole.to_vec();
        let list = parts.find(|item| item.tag == 0xa3).and_then(|item| item.inside().next());
        Some(Certificate {
            der: der.to_vec(),
            version,
            serial,
            algorithm: signed.algorithm_number(),
            issuer,
            not_before,
            not_after,
            subject,
            key,
            extensions: list.map(|list| extensions_of(&list)).unwrap_or_default(),
        })
    }

    /// Returns the extension of this number.
    pub fn extension(&self, number: &str) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.number == number)
    }

    /// Returns the version of its format.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Returns the number of the algorithm of its signature.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// Returns its number without leading zeros.
    pub fn number(&self) -> Vec<u8> {
        self.serial.iter().copied().skip_while(|byte| *byte == 0).collect()
    }

    /// Returns its number: as many digits as it has.
    pub fn serial_json(&self) -> Json {
        number_json(&self.serial)
    }

    /// Returns all that is told of it; `short` leaves out all fingerprints but one.
    pub fn info(&self, host: &Host, short: bool) -> JsonMap {
        let mut values = JsonMap::new();
        about_extensions(&self.extensions, &mut values);
        about_name("subject", &self.subject, &mut values);
        about_name("issuer", &self.issuer, &mut values);
        about_key(&self.key, short, &mut values);
        let mut set = |key: &str, value: Json| {
            values.insert(key.to_owned(), value);
        };
        #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
        let now = host.now() as i64;
        set("signature_algorithm", algorithm_name(&self.algorithm).into());
        set("version", self.version.into());
        set("not_before", show_time(self.not_before).into());
        set("not_after", show_time(self.not_after).into());
        set("expired", (self.not_after < now).into());
        set("serial_number", self.serial_json());
        set("fingerprints", sums(&self.der, short).into());
        let (mut ocsp, mut issuer) = (Json::Null, Json::Null);
        if let Some(extension) = self.extension("1.3.6.1.5.5.7.1.1") {
            for access in extension.inside() {
                let mut inside = access.inside();
                let method = inside.next().map(|item| oid_text(item.value));
                let place = inside.next().filter(|item| item.tag == 0x86);
                let place = place.map(|item| String::from_utf8_lossy(item.value).into_owned());
                let slot = match method.as_deref() {
                    Some("1.3.6.1.5.5.7.48.1") => &mut ocsp,
                    Some("1.3.6.1.5.5.7.48.2") => &mut issuer,
                    _ => continue,
                };
                if slot.is_null() {
                    *slot = place.into();
                }
            }
        }
        set("ocsp_uri", ocsp);
        set("issuer_uri", issuer);
        values
    }
}

/// Tells of a name: its parts, and their order.
pub(crate) fn about_name(what: &str, name: &Name, values: &mut JsonMap) {
    let pairs = name.shown();
    let map: JsonMap =
        pairs.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    values.insert(what.to_owned(), map.into());
    let ordered: Vec<Json> =
        pairs.into_iter().map(|(key, value)| vec![key, value].into()).collect();
    values.insert(format!("{what}_ordered"), ordered.into());
}

/// Tells of a public key.
pub(crate) fn about_key(key: &[u8], short: bool, values: &mut JsonMap) {
    values.insert("public_key".to_owned(), to_pem("PUBLIC KEY", key).into());
    values.insert("public_key_fingerprints".to_owned(), sums(key, short).into());
    let (kind, about) = public_key_data(key);
    values.insert("public_key_type".to_owned(), kind.into());
    values.insert("public_key_data".to_owned(), about.into());
}

fn sums(bytes: &[u8], short: bool) -> JsonMap {
    let mut found = fingerprints(bytes);
    if short {
        found.retain(|name, _| name == "sha256");
    }
    found
}

/// Tells of the extensions that certificates and requests for them have.
pub(crate) fn about_extensions(extensions: &[Extension], values: &mut JsonMap) {
    let find = |number: &str| extensions.iter().find(|extension| extension.number == number);
    let mut listed = |key: &str, number: &str, names: &dyn Fn(&Extension) -> Vec<String>| {
        let extension = find(number);
        values.insert(key.to_owned(), extension.map(names).into());
        let critical = extension.is_some_and(|extension| extension.critical);
        values.insert(format!("{key}_critical"), critical.into());
    };
    listed("key_usage", "2.5.29.15", &|extension| {
        let mut names: Vec<String> =
            key_usage_names(extension).into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    });
    listed("extended_key_usage", "2.5.29.37", &|extension| {
        let mut names: Vec<String> =
            extension.inside().map(|item| purpose_name(&oid_text(item.value))).collect();
        names.sort_unstable();
        names
    });
    listed("basic_constraints", "2.5.29.19", &|extension| {
        let mut inside = extension.inside();
        let authority = inside.next_if(1).is_some_and(|item| item.value != [0]);
        let mut words = vec![format!("CA:{}", if authority { "TRUE" } else { "FALSE" })];
        words.extend(inside.next_if(2).map(|item| format!("pathlen:{}", big_decimal(item.value))));
        words
    });
    listed("subject_alt_name", "2.5.29.17", &|extension| {
        extension.inside().map(|item| general_name_text(&item)).collect()
    });
    let mut set = |key: &str, value: Json| {
        values.insert(key.to_owned(), value);
    };
    let staple = find("1.3.6.1.5.5.7.1.24");
    set("ocsp_must_staple", staple.map(|_| true).into());
    set("ocsp_must_staple_critical", staple.is_some_and(|one| one.critical).into());
    let own = find("2.5.29.14")
        .and_then(|extension| Reader { rest: &extension.value }.next().map(|item| hex(item.value)));
    set("subject_key_identifier", own.into());
    let (mut number, mut names, mut serial) = (Json::Null, Json::Null, Json::Null);
    if let Some(extension) = find("2.5.29.35") {
        for item in extension.inside() {
            match item.tag & 0x1f {
                0 => number = hex(item.value).into(),
                1 => {
                    let texts: Vec<String> =
                        item.inside().map(|item| general_name_text(&item)).collect();
                    names = texts.into();
                }
                2 => serial = number_json(item.value),
                _ => (),
            }
        }
    }
    set("authority_key_identifier", number);
    set("authority_cert_issuer", names);
    set("authority_cert_serial_number", serial);
    let by_number: JsonMap = extensions
        .iter()
        .map(|extension| {
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            let value = serde_json::json!({
                "critical": extension.critical, "value": STANDARD.encode(&extension.value),
            });
            (extension.number.clone(), value)
        })
        .collect();
    set("extensions_by_oid", by_number.into());
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    colons(&digits.concat())
}
