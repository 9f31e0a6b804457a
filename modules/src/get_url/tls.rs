//! Whom to trust: the host's own certificates.

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::Args;
use crate::host::Host;

/// Where systems keep the certificates that they trust, all in one file.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Returns how connections are secured; the error is about the client's certificate.
pub(super) fn config(host: &Host, args: &Args) -> Result<TlsConfig, String> {
    let mut config = TlsConfig::builder().client_cert(client(host, args)?);
    config = if args.validate_certs {
        config.root_certs(RootCerts::from(trusted(host)))
    } else {
        config.disable_verification(true)
    };
    Ok(config.build())
}

fn trusted(host: &Host) -> Vec<Certificate<'static>> {
    let named = host.env("SSL_CERT_FILE");
    let mut files = named.as_deref().into_iter().chain(BUNDLES.iter().copied());
    let bundle = files.find_map(|file| host.read(file).ok().flatten());
    certificates(&bundle.unwrap_or_default())
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    parse_pem(pem).filter_map(certificate).collect()
}

fn client(host: &Host, args: &Args) -> Result<Option<ClientCert>, String> {
    let Some(path) = args.client_cert.as_deref() else { return Ok(None) };
    let read = |path: &str| {
        let found = host.read(path).map_err(|failure| failure.message)?;
        found.ok_or_else(|| {
            format!("Request failed: cannot read `{path}`: No such file or directory")
        })
    };
    let pem = read(path)?;
    let key = match args.client_key.as_deref() {
        Some(path) => read(path)?,
        None => pem.clone(),
    };
    let key = PrivateKey::from_pem(&key)
        .map_err(|error| format!("Request failed: cannot read the key of `{path}`: {error}"))?;
    Ok(Some(ClientCert::new_with_certs(&certificates(&pem), key)))
}
