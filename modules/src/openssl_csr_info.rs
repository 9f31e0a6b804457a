//! `openssl_csr_info`: what a request for a certificate says.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::{Backend, NameEncoding, content_or_file, not_pem},
    openssl_csr::about_request,
    spec::ArgPath,
};

/// Tells what a request for a certificate says
///
/// # Examples
/// ```yaml
/// - name: Look at the web server's request
///   community.crypto.openssl_csr_info:
///     path: /etc/ssl/web.csr
///   register: request
///
/// - name: Show for whom it is
///   ansible.builtin.debug:
///     msg: "{{ request.subject.commonName }}: {{ request.subject_alt_name }}"
///
/// - name: Read a request that somebody sent
///   community.crypto.openssl_csr_info:
///     content: "{{ lookup('ansible.builtin.file', 'requests/shop.csr') }}"
///     name_encoding: unicode
///   register: sent
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("path", "content"),
    required_one_of("path", "content")
)]
pub struct Args {
    /// File of the request
    path: Option<ArgPath>,
    /// The request itself
    content: Option<String>,
    /// How names of other scripts are told
    #[arg(default = "ignore")]
    name_encoding: NameEncoding,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let pem = content_or_file(host, "CSR", args.content.as_deref(), args.path.as_deref())?;
    let values = about_request(host, &pem, false)?.ok_or_else(|| {
        let delimiters = "BEGIN CERTIFICATE REQUEST/END CERTIFICATE REQUEST delimiters";
        Failure::new(not_pem(&pem, delimiters, "CSR"))
    })?;
    let values = args.name_encoding.told(values);
    if values.get("signature_valid").is_none_or(|valid| valid == false) {
        let failure = Failure::new("CSR signature is invalid!");
        return Err(values
            .into_iter()
            .fold(failure, |failure, (key, value)| failure.with(&key, value)));
    }
    Ok(Outcome { changed: false, values })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    const REQUEST: &str = "-----BEGIN CERTIFICATE REQUEST-----
MIHqMIGRAgEAMA4xDDAKBgNVBAMMA3dlYjBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABOZOL01GtNnmjXvSybzvMsb3hXtSs7W1+Yf8TTlDCbHu480mthZCmO51I29i
ORc3WaIt5gskLdrc17LYaqDOhmWgITAfBgkqhkiG9w0BCQ4xEjAQMA4GA1UdEQQH
MAWCA3dlYjAKBggqhkjOPQQDAgNIADBFAiEAtQBNNsMQ677GPfwXW2bOm3P6pIq3
KR5rqx/z2pzDYqgCIFsWhnkNYUhCwxYQ3KabOmmb+zGWUTWC1SS12WnT8D4Y
-----END CERTIFICATE REQUEST-----
";

    fn run(args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let module = crate::find("openssl_csr_info").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), &host))
    }

    #[test]
    fn a_request_tells_of_itself_and_a_signature_that_is_not_its_own_is_refused() {
        let known = run(json!({"content": REQUEST}));
        if known["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(known["subject"], json!({"commonName": "web"}), "{known}");
        assert_eq!(known["subject_alt_name"], json!(["DNS:web"]));
        assert_eq!(known["signature_valid"], true);
        let other = run(json!({"content": REQUEST.replace("A3dlYjAK", "A3dlYzAK")}));
        assert_eq!(other["msg"], "CSR signature is invalid!", "{other}");
        assert_eq!(other["subject"], json!({"commonName": "web"}));
        let none = run(json!({"content": "-----BEGIN PUBLIC KEY-----"}));
        assert!(none["msg"].as_str().unwrap().ends_with("Are you sure this is a CSR?"));
    }
}
