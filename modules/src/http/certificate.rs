//! What TLS does not read of certificates: those of version 1, as `openssl x509 -req` makes them, and names that stand in the subject alone.

use rustls::{
    CertificateError, DigitallySignedStruct, Error as TlsError,
    client::danger::HandshakeSignatureValid,
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key},
    pki_types::{
        CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer,
        UnixTime,
    },
};

use crate::x509::{Item, Reader, time_of};

/// A certificate, as much of it as is looked at.
pub(super) struct Certificate<'a> {
    signed: Item<'a>,
    /// How it is signed, and the signature.
    algorithm: &'a [u8],
    signature: &'a [u8],
    is_first: bool,
    issuer: &'a [u8],
    subject: Item<'a>,
    from: i64,
    until: i64,
    key: Item<'a>,
}

/// Tags of a bit string, of a version, and of a common name.
const BITS: u8 = 0x03;
const VERSION: u8 = 0xa0;
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

impl<'a> Certificate<'a> {
    pub(super) fn of(der: &'a [u8]) -> Option<Certificate<'a>> {
        let mut outer = Reader { rest: der }.next()?.inside();
        let signed = outer.next()?;
        let algorithm = outer.next()?.value;
        let signature = bits(outer.next()?)?;
        let mut inner = signed.inside();
        let is_first = inner.next_if(VERSION).is_none();
        let issuer = inner.nth(2)?.value;
        let mut times = inner.next()?.inside();
        let (from, until) = (time_of(&times.next()?)?, time_of(&times.next()?)?);
        let (subject, key) = (inner.next()?, inner.next()?);
        Some(Certificate {
            signed,
            algorithm,
            signature,
            is_first,
            issuer,
            subject,
            from,
            until,
            key,
        })
    }

    /// Reads one of version 1, which no usual way reads.
    pub(super) fn first(der: &'a [u8]) -> Option<Certificate<'a>> {
        Certificate::of(der).filter(|certificate| certificate.is_first)
    }

    /// Returns the name that the subject has.
    pub(super) fn common_name(&self) -> Option<String> {
        self.subject.inside().flat_map(|set| set.inside()).find_map(|pair| {
            let mut pair = pair.inside();
            let is_name = pair.next()?.value == COMMON_NAME;
            let text = pair.next().filter(|_| is_name)?.value;
            Some(String::from_utf8_lossy(text).into_owned())
        })
    }

    fn key_bits(&self) -> Option<(&'a [u8], &'a [u8])> {
        let mut key = self.key.inside();
        Some((key.next()?.value, bits(key.next()?)?))
    }

    /// Refuses it unless one of those that are trusted has signed it and it is valid now.
    pub(super) fn verify(
        &self,
        trusted: &[CertificateDer<'_>],
        now: UnixTime,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Result<(), CertificateError> {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now > self.until {
            return Err(CertificateError::Expired);
        }
        if now < self.from {
            return Err(CertificateError::NotValidYet);
        }
        let mut issuers = trusted.iter().filter_map(|der| Certificate::of(der));
        let signs = |issuer: &Certificate<'_>| {
            let Some((kind, key)) = issuer.key_bits() else { return false };
            algorithms.iter().any(|algorithm| {
                algorithm.signature_alg_id().as_ref() == self.algorithm
                    && algorithm.public_key_alg_id().as_ref() == kind
                    && algorithm.verify_signature(key, self.signed.whole, self.signature).is_ok()
            })
        };
        if issuers.any(|issuer| issuer.subject.value == self.issuer && signs(&issuer)) {
            Ok(())
        } else {
            Err(CertificateError::UnknownIssuer)
        }
    }

    /// Verifies what its key has signed in a handshake.
    pub(super) fn verify_signature(
        &self,
        message: &[u8],
        signed: &DigitallySignedStruct,
        algorithms: &WebPkiSupportedAlgorithms,
        is_13: bool,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        if is_13 {
            let key = SubjectPublicKeyInfoDer::from(self.key.whole);
            return verify_tls13_signature_with_raw_key(message, &key, signed, algorithms);
        }
        let bad = || TlsError::InvalidCertificate(CertificateError::BadSignature);
        let (kind, key) = self.key_bits().ok_or_else(bad)?;
        let mut fitting = algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
        let (_, fitting) = fitting.next().ok_or_else(bad)?;
        let valid = fitting.iter().any(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == kind
                && algorithm.verify_signature(key, message, signed.signature()).is_ok()
        });
        if valid { Ok(HandshakeSignatureValid::assertion()) } else { Err(bad()) }
    }
}

fn bits(item: Item<'_>) -> Option<&[u8]> {
    // The first says how many of the last are not used, which are none.
    if item.tag == BITS { item.value.strip_prefix(&[0]) } else { None }
}

/// Refuses a certificate whose subject names another server; it has no names beside.
pub(super) fn verify_subject(
    common_name: Option<String>,
    name: &ServerName<'_>,
    addresses: bool,
) -> Result<(), TlsError> {
    let wanted = name.to_str();
    let is_address = matches!(name, ServerName::IpAddress(_));
    let fits = |known: &str| {
        if is_address {
            return addresses && known == wanted;
        }
        let after_dot = wanted.split_once('.').map_or("", |(_, rest)| rest);
        match known.strip_prefix("*.") {
            Some(rest) => rest.contains('.') && rest.eq_ignore_ascii_case(after_dot),
            None => known.eq_ignore_ascii_case(&wanted),
        }
    };
    if common_name.as_deref().is_some_and(fits) {
        return Ok(());
    }
    Err(TlsError::InvalidCertificate(CertificateError::NotValidForNameContext {
        expected: name.to_owned(),
        presented: common_name.into_iter().collect(),
    }))
}
