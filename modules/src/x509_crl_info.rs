//! `x509_crl_info`: what a list of revoked certificates says.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::{NameEncoding, content_or_file, not_pem},
    spec::{ArgPath, JsonMap},
    x509::{Crl, from_base64, from_pem},
};

/// Tells what a list of revoked certificates says
///
/// # Examples
/// ```yaml
/// - name: Look at the authority's list
///   community.crypto.x509_crl_info:
///     path: /etc/ssl/ca.crl
///   register: crl
///
/// - name: Stop where it is too old
///   ansible.builtin.assert:
///     that: crl.next_update > now(utc=true).strftime('%Y%m%d%H%M%SZ')
///
/// - name: Read only who signed it, where the list is long
///   community.crypto.x509_crl_info:
///     path: /etc/ssl/crl/partner.crl
///     list_revoked_certificates: false
///   register: partner_crl
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("path", "content"),
    required_one_of("path", "content")
)]
pub struct Args {
    /// File of the list
    path: Option<ArgPath>,
    /// The list itself, as PEM or as Base64 of DER
    content: Option<String>,
    /// Whether the certificates that were revoked are told
    #[arg(default = "true")]
    list_revoked_certificates: bool,
    /// How names of other scripts are told
    #[arg(default = "ignore")]
    name_encoding: NameEncoding,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut content = content_or_file(host, "CRL", args.content.as_deref(), args.path.as_deref())?;
    if let Some(text) = args.content.as_ref().filter(|text| !is_pem(text.as_bytes())) {
        content = from_base64(text).map_err(|failure| {
            let reason = failure.reason();
            Failure::new(format!("Error while Base64 decoding content: {reason}"))
        })?;
    }
    let values = about(&content, args.list_revoked_certificates).ok_or_else(|| {
        let reason = if is_pem(&content) {
            not_pem(&content, "BEGIN X509 CRL/END X509 delimiters", "CRL")
        } else {
            "error parsing asn1 value".to_owned()
        };
        Failure::new(format!("Error while decoding CRL: {reason}"))
    })?;
    Ok(Outcome { changed: false, values: args.name_encoding.told(values) })
}

/// Whether some bytes are text between delimiters.
pub(crate) fn is_pem(content: &[u8]) -> bool {
    content.starts_with(b"-----BEGIN ") || content.windows(12).any(|part| part == b"\n-----BEGIN ")
}

/// Reads a list in either format.
pub(crate) fn read(content: &[u8]) -> Option<(Crl, Vec<u8>)> {
    let der = if is_pem(content) { from_pem(content, &["X509 CRL"])? } else { content.to_vec() };
    Some((Crl::of(&der)?, der))
}

/// All that is told of a list in its file.
pub(crate) fn about(content: &[u8], with_revoked: bool) -> Option<JsonMap> {
    let mut values = read(content)?.0.info(with_revoked);
    let format = if is_pem(content) { "pem" } else { "der" };
    values.insert("format".to_owned(), format.into());
    Some(values)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(args: Json) -> Json {
        let host = TestHost::with(&[]);
        let module = crate::find("x509_crl_info").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), &host))
    }

    const LIST: &str = "-----BEGIN X509 CRL-----
MIHdMIGDAgEBMAoGCCqGSM49BAMCMA0xCzAJBgNVBAMMAkNBFw0yNjExMjkwNjQz
MTVaFw0zNjExMjYwNjQzMTVaMDUwMwIUE9y73E6BDLiFbt4tJPdnt6NFpi0XDTI2
MTEyOTA2NDMxNVowDDAKBgNVHRUEAwoBAaAOMAwwCgYDVR0UBAMCAQEwCgYIKoZI
zj0EAwIDSQAwRgIhAJfr6anCb0SvOW4KUVV6S4fKyna/fDdU0Ia7seIwjhK8AiEA
+eh5ft7YO9/bAktBwfGBiPc1U2zrQrsWosIAlmSbm+k=
-----END X509 CRL-----
";

    #[test]
    fn a_list_tells_of_itself_in_either_format() {
        let known = run(json!({"content": LIST}));
        assert_eq!(
            (&known["issuer"], &known["format"], &known["digest"]),
            (&json!({"commonName": "CA"}), &json!("pem"), &json!("ecdsa-with-SHA256")),
            "{known}"
        );
        assert_eq!(known["revoked_certificates"][0]["reason"], "key_compromise");
        let body: String = LIST.lines().filter(|line| !line.starts_with('-')).collect();
        let der = run(json!({"content": body, "list_revoked_certificates": false}));
        assert_eq!((&der["format"], der.get("revoked_certificates")), (&json!("der"), None));
        let message = |content: &str| run(json!({"content": content}))["msg"].to_string();
        assert!(message("-----BEGIN X-----").contains("decoding CRL: Valid PEM but no BEGIN X509"));
        assert!(message("A").contains("Error while Base64 decoding content"));
        assert!(message("AAAA").contains("Error while decoding CRL"));
    }
}
