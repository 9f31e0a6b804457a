//! Issuing: what goes into a certificate, and whether one that is there is the same.

use super::{Args, Identify, Provider, given, key_of};
use crate::{
    host::{Failure, Host, Result},
    openssl_csr::{request_of, same_extension},
    x509::{
        Extension, Name, authority_key, encode_time, from_pem, identifier_of, integer, octets,
        relative_time, sequence, sign, tagged,
    },
    x509_certificate_info::Certificate,
};

const SUBJECT_KEY: &str = "2.5.29.14";
const AUTHORITY_KEY: &str = "2.5.29.35";

/// What a certificate is made of.
pub(super) struct Source {
    subject: Name,
    /// The public key that it is for.
    key: Vec<u8>,
    /// Those of the request.
    asked: Vec<Extension>,
    /// Name of who signs.
    issuer: Name,
    /// The key that signs.
    signer: Vec<u8>,
    passphrase: Option<String>,
    pub(super) digest: String,
    not_before: String,
    not_after: String,
    identify: Identify,
    /// The number of the authority's key.
    authority: Option<Vec<u8>>,
}

impl Source {
    #[expect(clippy::too_many_lines, reason = "one setting after the other")]
    pub(super) fn of(args: &Args, host: &Host) -> Result<Source> {
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
        match args.provider {
            Some(Provider::Selfsigned) => {
                let signer = private.ok_or_else(|| {
                    Failure::new(
                        "One of privatekey_path and privatekey_content must be specified for the selfsigned provider.",
                    )
                })?;
                let passphrase = args.privatekey_passphrase.clone();
                let key = key_of(host, &signer, passphrase.as_deref())?;
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
                    signer,
                    passphrase,
                    digest: args.selfsigned_digest.clone(),
                    not_before: args.selfsigned_not_before.clone(),
                    not_after: args.selfsigned_not_after.clone(),
                    identify: args.selfsigned_create_subject_key_identifier,
                    authority: None,
                })
            }
            Some(Provider::Ownca) => {
                let authority = given(
                    host,
                    "CA certificate file",
                    args.ownca_content.as_deref(),
                    args.ownca_path.as_ref(),
                )?
                .ok_or_else(|| {
                    Failure::new("One of ownca_path and ownca_content must be specified for the ownca provider.")
                })?;
                let signer = given(
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
                if key_of(host, &signer, passphrase.as_deref())? != certificate.key {
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
                    signer,
                    passphrase,
                    digest: args.ownca_digest.clone(),
                    not_before: args.ownca_not_before.clone(),
                    not_after: args.ownca_not_after.clone(),
                    identify: args.ownca_create_subject_key_identifier,
                    authority: Some(own).filter(|_| args.ownca_create_authority_key_identifier),
                })
            }
            Some(Provider::Acme) | None => Err(Failure::new(
                "the provider `acme` is not supported: get the certificate with an ACME client such as certbot",
            )),
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

    fn time(host: &Host, option: &str, text: &str) -> Result<i64> {
        relative_time(host, text).ok_or_else(|| {
            let what = if text.trim().starts_with(['+', '-']) { "timespec" } else { "time spec" };
            Failure::new(format!("The {what} \"{text}\" for {option} is invalid"))
        })
    }

    fn options(&self) -> (&'static str, &'static str) {
        if self.issuer == self.subject && self.authority.is_none() {
            ("selfsigned_not_before", "selfsigned_not_after")
        } else {
            ("ownca_not_before", "ownca_not_after")
        }
    }

    /// Returns from when and until when a new one is valid.
    pub(super) fn times(&self, host: &Host) -> Result<(i64, i64)> {
        let (before, after) = self.options();
        Ok((Self::time(host, before, &self.not_before)?, Self::time(host, after, &self.not_after)?))
    }

    /// Makes the certificate.
    pub(super) fn issue(&self, host: &Host) -> Result<Vec<u8>> {
        let (not_before, not_after) = self.times(host)?;
        let extensions: Vec<Vec<u8>> = self.extensions()?.iter().map(Extension::encode).collect();
        let mut serial = [0; 20];
        rustix::rand::getrandom(&mut serial, rustix::rand::GetRandomFlags::empty())
            .map_err(|error| Failure::new(format!("cannot make a random number: {error}")))?;
        // A positive number of 20 bytes.
        serial[0] &= 0x7f;
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
        sign(host, &self.signer, self.passphrase.as_deref(), &self.digest, &content)
    }

    /// Returns whether a certificate that is there does.
    pub(super) fn fits(&self, args: &Args, host: &Host, known: &Certificate) -> Result<bool> {
        if let Some(private) = given(
            host,
            "private key file",
            args.privatekey_content.as_deref(),
            args.privatekey_path.as_ref(),
        )? && args.provider == Some(Provider::Ownca)
            && key_of(host, &private, args.privatekey_passphrase.as_deref())? != known.key
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
}
