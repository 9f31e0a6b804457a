//! Issuing: what goes into a certificate, and whether one that is there is the same.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::{Backend, only_version, public_key},
    openssl_csr::{request_of, same_extension},
    spec::{ArgPath, Json, JsonMap},
    x509::{
        Extension, Name, authority_key, encode_time, from_pem, identifier_of, integer, number_json,
        octets, sequence, show_time, sign, tagged, time_option, to_pem,
    },
    x509_certificate_info::Certificate,
};

/// What is certified, and who signs it.
#[derive(Args)]
#[args(
    mutually_exclusive("csr_path", "csr_content"),
    mutually_exclusive("privatekey_path", "privatekey_content"),
    mutually_exclusive("ownca_path", "ownca_content"),
    mutually_exclusive("ownca_privatekey_path", "ownca_privatekey_content")
)]
pub(crate) struct Signing {
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    pub(crate) force: bool,
    /// File of the request
    pub(crate) csr_path: Option<ArgPath>,
    /// The request itself
    pub(crate) csr_content: Option<String>,
    /// File of the key
    pub(crate) privatekey_path: Option<ArgPath>,
    /// The key itself
    #[arg(secret)]
    pub(crate) privatekey_content: Option<String>,
    /// Passphrase of the key
    #[arg(secret)]
    pub(crate) privatekey_passphrase: Option<String>,
    /// Whether other times are no reason to make it anew
    #[arg(default = "true")]
    pub(crate) ignore_timestamps: bool,
    /// Version of a certificate that its own key signs
    #[arg(default = "3")]
    pub(crate) selfsigned_version: i64,
    /// Sum that its own key signs
    #[arg(default = "sha256")]
    pub(crate) selfsigned_digest: String,
    /// From when it is valid, as `+0s` or `20300101000000Z`
    #[arg(default = "+0s", alias = "selfsigned_notBefore")]
    pub(crate) selfsigned_not_before: String,
    /// Until when it is valid
    #[arg(default = "+3650d", alias = "selfsigned_notAfter")]
    pub(crate) selfsigned_not_after: String,
    /// When the key's number is made from the key
    #[arg(default = "create_if_not_provided")]
    pub(crate) selfsigned_create_subject_key_identifier: Identify,
    /// File of the authority's certificate
    pub(crate) ownca_path: Option<ArgPath>,
    /// The authority's certificate itself
    pub(crate) ownca_content: Option<String>,
    /// File of the authority's key
    pub(crate) ownca_privatekey_path: Option<ArgPath>,
    /// The authority's key itself
    #[arg(secret)]
    pub(crate) ownca_privatekey_content: Option<String>,
    /// Passphrase of the authority's key
    #[arg(secret)]
    pub(crate) ownca_privatekey_passphrase: Option<String>,
    /// Sum that the authority signs
    #[arg(default = "sha256")]
    pub(crate) ownca_digest: String,
    /// Version of a certificate that the authority signs
    #[arg(default = "3")]
    pub(crate) ownca_version: i64,
    /// From when it is valid
    #[arg(default = "+0s")]
    pub(crate) ownca_not_before: String,
    /// Until when it is valid
    #[arg(default = "+3650d")]
    pub(crate) ownca_not_after: String,
    /// When the key's number is made from the key
    #[arg(default = "create_if_not_provided")]
    pub(crate) ownca_create_subject_key_identifier: Identify,
    /// Whether it says which key of the authority signed
    #[arg(default = "true")]
    pub(crate) ownca_create_authority_key_identifier: bool,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identify {
    CreateIfNotProvided,
    AlwaysCreate,
    NeverCreate,
}

/// Who signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// The key that is certified.
    Own,
    /// An authority of our own.
    Authority,
}

impl Signing {
    /// What every result says.
    pub(crate) fn told(&self, changed: bool) -> Outcome {
        let text = |path: &Option<ArgPath>| path.as_ref().map(|path| path.0.clone());
        Outcome::changed_if(changed)
            .with("privatekey", text(&self.privatekey_path))
            .with("csr", text(&self.csr_path))
    }
}

/// What two certificates say, as a diff shows it.
pub(crate) fn difference(host: &Host, before: Option<&[u8]>, now: Option<&[u8]>) -> Json {
    let shown = |pem: Option<&[u8]>| {
        let mut shown = JsonMap::new();
        if let Some(pem) = pem {
            let found = certificate_of(pem);
            shown = found.map(|one| one.info(host, true)).unwrap_or_default();
            let can = !shown.is_empty();
            shown.insert("can_parse_certificate".to_owned(), can.into());
        }
        Json::from(shown)
    };
    serde_json::json!({"before": shown(before), "after": shown(now)})
}

fn certificate_of(pem: &[u8]) -> Option<Certificate> {
    Certificate::of(&from_pem(pem, &["CERTIFICATE"])?)
}

const SUBJECT_KEY: &str = "2.5.29.14";
const AUTHORITY_KEY: &str = "2.5.29.35";

/// What a certificate is made of.
pub(crate) struct Source {
    subject: Name,
    /// The public key that it is for.
    key: Vec<u8>,
    /// Those of the request.
    asked: Vec<Extension>,
    /// Name of who signs.
    issuer: Name,
    /// The key that signs.
    signer: Vec<u8>,
    /// Whether that is an authority's.
    authority_signs: bool,
    passphrase: Option<String>,
    digest: String,
    not_before: String,
    not_after: String,
    identify: Identify,
    /// The number of the authority's key.
    authority: Option<Vec<u8>>,
}

impl Source {
    pub(crate) fn of(args: &Signing, signer: Signer, host: &Host) -> Result<Source> {
        only_version("ownca_version", args.ownca_version, 3)?;
        only_version("selfsigned_version", args.selfsigned_version, 3)?;
        let source = Source::read(args, signer, host)?;
        if crate::host::Hasher::named(&source.digest).is_none() {
            return Err(Failure::new(format!(
                "The digest {} is not supported with the cryptography backend",
                source.digest
            )));
        }
        Ok(source)
    }

    #[expect(clippy::too_many_lines, reason = "one setting after the other")]
    fn read(args: &Signing, signer: Signer, host: &Host) -> Result<Source> {
        let request = given(
            host,
            "certificate signing request file",
            args.csr_content.as_deref(),
            args.csr_path.as_ref(),
        )?;
        let request =
            match request {
                None => None,
                Some(pem) => {
                    let der = from_pem(&pem, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]);
                    let request = der.as_deref().and_then(request_of);
                    Some(request.ok_or_else(|| {
                        Failure::new("cannot read the certificate signing request")
                    })?)
                }
            };
        let private = given(
            host,
            "private key file",
            args.privatekey_content.as_deref(),
            args.privatekey_path.as_ref(),
        )?;
        match signer {
            Signer::Own => {
                let private = private.ok_or_else(|| {
                    Failure::new(
                        "One of privatekey_path and privatekey_content must be specified for the selfsigned provider.",
                    )
                })?;
                let passphrase = args.privatekey_passphrase.clone();
                let key = public_key(host, &private, passphrase.as_deref())?;
                let (subject, asked) = match request {
                    None => (Name::default(), Vec::new()),
                    // Whatever key asks for it, its own key is certified.
                    Some((subject, _, asked)) => (subject, asked),
                };
                Ok(Source {
                    issuer: subject.clone(),
                    subject,
                    key,
                    asked,
                    signer: private,
                    authority_signs: false,
                    passphrase,
                    digest: args.selfsigned_digest.clone(),
                    not_before: args.selfsigned_not_before.clone(),
                    not_after: args.selfsigned_not_after.clone(),
                    identify: args.selfsigned_create_subject_key_identifier,
                    authority: None,
                })
            }
            Signer::Authority => {
                let authority = given(
                    host,
                    "CA certificate file",
                    args.ownca_content.as_deref(),
                    args.ownca_path.as_ref(),
                )?
                .ok_or_else(|| {
                    Failure::new("One of ownca_path and ownca_content must be specified for the ownca provider.")
                })?;
                let private = given(
                    host,
                    "CA private key file",
                    args.ownca_privatekey_content.as_deref(),
                    args.ownca_privatekey_path.as_ref(),
                )?
                .ok_or_else(|| {
                    Failure::new(
                        "One of ownca_privatekey_path and ownca_privatekey_content must be specified for the ownca provider.",
                    )
                })?;
                let (subject, key, asked) = request.ok_or_else(|| {
                    Failure::new("csr_path or csr_content is required for ownca provider")
                })?;
                let der = from_pem(&authority, &["CERTIFICATE"]).unwrap_or_default();
                let certificate = Certificate::of(&der)
                    .ok_or_else(|| Failure::new("cannot read the CA certificate"))?;
                let passphrase = args.ownca_privatekey_passphrase.clone();
                if public_key(host, &private, passphrase.as_deref())? != certificate.key {
                    return Err(Failure::new(
                        "The CA private key does not belong to the CA certificate",
                    ));
                }
                let own = certificate
                    .extension(SUBJECT_KEY)
                    .and_then(|extension| {
                        let item = crate::x509::Reader { rest: &extension.value }.next()?;
                        Some(item.value.to_vec())
                    })
                    .unwrap_or_else(|| identifier_of(&certificate.key));
                Ok(Source {
                    subject,
                    key,
                    asked,
                    issuer: certificate.subject.clone(),
                    signer: private,
                    authority_signs: true,
                    passphrase,
                    digest: args.ownca_digest.clone(),
                    not_before: args.ownca_not_before.clone(),
                    not_after: args.ownca_not_after.clone(),
                    identify: args.ownca_create_subject_key_identifier,
                    authority: Some(own).filter(|_| args.ownca_create_authority_key_identifier),
                })
            }
        }
    }

    /// The extensions that a new certificate gets.
    fn extensions(&self) -> Result<Vec<Extension>> {
        let mut found = Vec::new();
        let mut has_number = false;
        for extension in &self.asked {
            if extension.number == SUBJECT_KEY {
                if self.identify == Identify::AlwaysCreate {
                    continue;
                }
                has_number = true;
            }
            if extension.number == AUTHORITY_KEY && self.authority.is_some() {
                continue;
            }
            found.push(extension.clone());
        }
        if !has_number && self.identify != Identify::NeverCreate {
            found.push(Extension::new(SUBJECT_KEY, false, octets(&identifier_of(&self.key))));
        }
        if let Some(authority) = &self.authority {
            found.push(authority_key(Some(authority), &[], None).map_err(Failure::new)?);
        }
        Ok(found)
    }

    fn options(&self) -> (&'static str, &'static str) {
        if self.authority_signs {
            ("ownca_not_before", "ownca_not_after")
        } else {
            ("selfsigned_not_before", "selfsigned_not_after")
        }
    }

    /// Returns from when and until when a new one is valid.
    fn times(&self, host: &Host) -> Result<(i64, i64)> {
        let (before, after) = self.options();
        Ok((
            time_option(host, before, &self.not_before)?,
            time_option(host, after, &self.not_after)?,
        ))
    }

    /// Makes the certificate.
    pub(crate) fn issue(&self, host: &Host) -> Result<Vec<u8>> {
        let (not_before, not_after) = self.times(host)?;
        let extensions: Vec<Vec<u8>> = self.extensions()?.iter().map(Extension::encode).collect();
        let serial = random_serial()?;
        let content = |algorithm: &[u8]| {
            let mut parts = vec![
                tagged(0, true, &integer(&[2])),
                integer(&serial),
                algorithm.to_vec(),
                self.issuer.encode(),
                sequence(&[encode_time(not_before), encode_time(not_after)]),
                self.subject.encode(),
                self.key.clone(),
            ];
            if !extensions.is_empty() {
                parts.push(tagged(3, true, &sequence(&extensions)));
            }
            sequence(&parts)
        };
        let der = sign(host, &self.signer, self.passphrase.as_deref(), &self.digest, &content)?;
        Ok(to_pem("CERTIFICATE", &der).into_bytes())
    }

    /// Returns whether a certificate that is there does.
    pub(crate) fn fits(&self, args: &Signing, host: &Host, pem: Option<&[u8]>) -> bool {
        let known = pem.and_then(certificate_of).filter(|_| !args.force);
        known.is_some_and(|known| self.says(args, host, &known).unwrap_or(false))
    }

    fn says(&self, args: &Signing, host: &Host, known: &Certificate) -> Result<bool> {
        if let Some(private) = given(
            host,
            "private key file",
            args.privatekey_content.as_deref(),
            args.privatekey_path.as_ref(),
        )? && self.authority_signs
            && public_key(host, &private, args.privatekey_passphrase.as_deref())? != known.key
        {
            return Ok(false);
        }
        if known.key != self.key || known.issuer != self.issuer {
            return Ok(false);
        }
        let has_request = args.csr_path.is_some() || args.csr_content.is_some();
        if has_request && known.subject != self.subject {
            return Ok(false);
        }
        if has_request {
            let wanted = self.extensions()?;
            let same = wanted.len() == known.extensions.len()
                && wanted
                    .iter()
                    .all(|one| known.extensions.iter().any(|other| same_extension(one, other)));
            if !same {
                return Ok(false);
            }
        }
        Ok(args.ignore_timestamps || self.times(host)? == (known.not_before, known.not_after))
    }

    /// Adds what results say of the certificate; in check mode of one that would be made.
    pub(crate) fn told(
        &self,
        args: &Signing,
        host: &Host,
        mut outcome: Outcome,
        pem: Option<&[u8]>,
    ) -> Result<Outcome> {
        if self.authority_signs {
            let text = |path: &Option<ArgPath>| path.as_ref().map(|path| path.0.clone());
            outcome = outcome
                .with("ca_cert", text(&args.ownca_path))
                .with("ca_privatekey", text(&args.ownca_privatekey_path));
        }
        let (mut start, mut end) = self.times(host)?;
        if host.checking() {
            outcome = outcome.with("serial_number", number_json(&random_serial()?));
        } else if let Some(known) = pem.and_then(certificate_of) {
            (start, end) = (known.not_before, known.not_after);
            outcome = outcome.with("serial_number", known.serial_json());
        }
        Ok(outcome.with("notBefore", show_time(start)).with("notAfter", show_time(end)))
    }
}

/// Returns the number of a new certificate: a positive one of 20 bytes.
fn random_serial() -> Result<[u8; 20]> {
    let mut serial = [0; 20];
    rustix::rand::getrandom(&mut serial, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Failure::new(format!("cannot make a random number: {error}")))?;
    serial[0] &= 0x7f;
    Ok(serial)
}

/// Reads a file that must be there, or takes the content that is given.
fn given(
    host: &Host,
    what: &str,
    content: Option<&str>,
    path: Option<&ArgPath>,
) -> Result<Option<Vec<u8>>> {
    if let Some(content) = content {
        return Ok(Some(content.as_bytes().to_vec()));
    }
    let Some(path) = path else { return Ok(None) };
    let found = host.read(path)?;
    match found {
        Some(found) => Ok(Some(found)),
        None => Err(Failure::new(format!("The {what} {} does not exist", &**path))),
    }
}
