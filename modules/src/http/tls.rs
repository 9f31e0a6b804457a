//! TLS: whom to trust, who we are, and what went wrong in the words of the reference.

use std::{io, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error as TlsError,
    InconsistentKeys, InvalidMessage, RootCertStore, SignatureScheme, StreamOwned,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::{
    Duplex, Error, Options, Url,
    certificate::{Certificate, verify_subject},
    provider,
};
use crate::host::Host;

/// Whom to trust, and who we are.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Whether the server's certificate must be right.
    pub verify: bool,
    /// Whether it may be that of another server.
    pub any_name: bool,
    /// Whether the server's address may stand in the subject, where names may stand in any case.
    pub address_in_subject: bool,
    /// File with the certificates that are trusted, rather than those of the host.
    pub authorities: Option<String>,
    pub client_cert: Option<String>,
    pub client_key: Option<String>,
}

/// Where systems keep the certificates that they trust, all in one file.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Secures a stream; the handshake is done when it returns.
pub(super) fn wrap(
    host: &Host,
    options: &Options,
    url: &Url,
    stream: Box<dyn Duplex>,
) -> Result<Box<dyn Duplex>, Error> {
    secure(host, &options.trust, &url.host, stream)
}

/// Secures a stream to a server of this name; the handshake is done when it returns.
pub fn secure(
    host: &Host,
    trust: &Trust,
    server: &str,
    stream: Box<dyn Duplex>,
) -> Result<Box<dyn Duplex>, Error> {
    handshake(host, trust, server, stream).map_err(|broken| match broken {
        Broken::Setup(error) => error,
        Broken::Talk(error) => Error::connecting(&error),
    })
}

/// Why a stream could not be secured.
#[derive(Debug)]
pub enum Broken {
    /// What is given cannot be used.
    Setup(Error),
    /// The server, or its certificate; a `rustls::Error` lies in it where TLS is about it.
    Talk(io::Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        Broken::Setup(error)
    }
}

/// Secures a stream; the error is as it came.
pub fn handshake(
    host: &Host,
    trust: &Trust,
    server: &str,
    mut stream: Box<dyn Duplex>,
) -> Result<Box<dyn Duplex>, Broken> {
    let config = config(host, trust)?;
    let name = ServerName::try_from(server.to_owned())
        .map_err(|_| Error::open(format!("`{server}` is no name of a server")))?;
    let mut connection =
        ClientConnection::new(Arc::new(config), name).map_err(|error| Error::open(told(&error)))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(Broken::Talk)?;
    }
    Ok(Box::new(StreamOwned::new(connection, stream)))
}

fn config(host: &Host, trust: &Trust) -> Result<ClientConfig, Error> {
    let provider = Arc::new(provider::provider());
    let (roots, known) = trusted(host, trust)?;
    let usual = if trust.verify && !roots.is_empty() {
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        Some(builder.build().map_err(Error::open)?)
    } else {
        None
    };
    let verifier = Verifier {
        verify: trust.verify,
        any_name: trust.any_name,
        address_in_subject: trust.address_in_subject,
        usual,
        known,
        provider: provider.clone(),
    };
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::open(told(&error)))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match client(host, trust)? {
        Some((chain, key)) => {
            let key = provider.key_provider.load_private_key(key);
            let own = CertifiedKey::new(chain, key.map_err(|error| Error::open(told(&error)))?);
            match own.keys_match() {
                // One of version 1 is not read.
                Ok(())
                | Err(
                    TlsError::InvalidCertificate(_)
                    | TlsError::InconsistentKeys(InconsistentKeys::Unknown),
                ) => (),
                Err(error) => return Err(Error::open(told(&error))),
            }
            Ok(builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))))
        }
        None => Ok(builder.with_no_client_auth()),
    }
}

fn trusted(
    host: &Host,
    trust: &Trust,
) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), Error> {
    let mut roots = RootCertStore::empty();
    if !trust.verify {
        return Ok((roots, Vec::new()));
    }
    let pem = match &trust.authorities {
        Some(file) => host
            .read(file)
            .ok()
            .flatten()
            .ok_or_else(|| Error::open(format!("cannot read the certificates of `{file}`")))?,
        None => trusted_file(host).unwrap_or_default(),
    };
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
    roots.add_parsable_certificates(found.iter().cloned());
    Ok((roots, found))
}

/// Returns the certificates that the host trusts, as PEM.
pub fn trusted_file(host: &Host) -> Option<Vec<u8>> {
    let named = host.env("SSL_CERT_FILE");
    let mut files = named.as_deref().into_iter().chain(BUNDLES.iter().copied());
    files.find_map(|file| host.read(file).ok().flatten())
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client(host: &Host, trust: &Trust) -> Result<Option<Identity>, Error> {
    let Some(path) = trust.client_cert.as_deref() else { return Ok(None) };
    let read = |path: &str| {
        let found = host.read(path).map_err(|failure| Error::new(failure.message))?;
        found.ok_or_else(|| {
            Error::new(format!("Request failed: cannot read `{path}`: No such file or directory"))
        })
    };
    let pem = read(path)?;
    let key_path = trust.client_key.as_deref().unwrap_or(path);
    let key = PrivateKeyDer::from_pem_slice(&read(key_path)?).map_err(|error| {
        Error::new(format!("Request failed: cannot read the key of `{key_path}`: {error}"))
    })?;
    Ok(Some((CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect(), key)))
}

/// Verifies as usual, or not at all; a certificate that is itself among the trusted ones needs no issuer.
#[derive(Debug)]
struct Verifier {
    verify: bool,
    any_name: bool,
    address_in_subject: bool,
    usual: Option<Arc<WebPkiServerVerifier>>,
    known: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        if !self.verify {
            return Ok(ServerCertVerified::assertion());
        }
        let Some(usual) = &self.usual else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        let in_subject = |common_name: Option<String>| {
            verify_subject(common_name, name, self.address_in_subject)
                .map(|()| ServerCertVerified::assertion())
        };
        let first = Certificate::first(end_entity);
        let verified = match &first {
            Some(first) => {
                let algorithms = self.provider.signature_verification_algorithms.all;
                first.verify(&self.known, now, algorithms)?;
                in_subject(first.common_name())
            }
            None => usual.verify_server_cert(end_entity, intermediates, name, ocsp_response, now),
        };
        let verified = match verified {
            Err(TlsError::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::Other(_),
            )) if self.known.iter().any(|known| known == end_entity) => {
                let parsed = rustls::server::ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&parsed, name)
                    .map(|()| ServerCertVerified::assertion())
            }
            verified => verified,
        };
        let verified = match verified {
            // No name stands beside the subject.
            Err(TlsError::InvalidCertificate(CertificateError::NotValidForNameContext {
                presented,
                ..
            })) if presented.is_empty() && first.is_none() => {
                in_subject(Certificate::of(end_entity).and_then(|it| it.common_name()))
            }
            verified => verified,
        };
        verified.or_else(|error| match error {
            TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) if self.any_name => Ok(ServerCertVerified::assertion()),
            error => Err(error),
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match Certificate::first(cert) {
            Some(first) => first.verify_signature(message, dss, algorithms, false),
            None => rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match Certificate::first(cert) {
            Some(first) => first.verify_signature(message, dss, algorithms, true),
            None => rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What the reference's library says of the same mistake.
pub(super) fn told(error: &TlsError) -> String {
    let verify = |reason: String| {
        format!("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason} (_ssl.c:992)")
    };
    match error {
        TlsError::InvalidCertificate(reason) => verify(match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "certificate has expired".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "certificate is not yet valid".to_owned()
            }
            CertificateError::UnknownIssuer => "unable to get local issuer certificate".to_owned(),
            // A certificate of an authority as a server's own.
            CertificateError::Other(_) => "self-signed certificate".to_owned(),
            CertificateError::NotValidForNameContext { expected, .. } => {
                let shown = expected.to_str();
                match expected {
                    ServerName::IpAddress(_) => {
                        format!("IP address mismatch, certificate is not valid for '{shown}'.")
                    }
                    _ => format!("Hostname mismatch, certificate is not valid for '{shown}'."),
                }
            }
            reason => format!("{reason:?}"),
        }),
        TlsError::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:992)".to_owned(),
        error => error.to_string(),
    }
}
