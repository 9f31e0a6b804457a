//! `x509_certificate_pipe`: a certificate, in the result alone.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Host, Outcome, Result},
    x509_certificate::issue::{Signer, Signing, Source, difference},
};

/// Makes a certificate without a file
///
/// The host's `openssl` signs it, in check mode, too. The result holds it, whether it is new or the one that is given.
///
/// # Examples
/// ```yaml
/// - name: Have a certificate of our own authority
///   community.crypto.x509_certificate_pipe:
///     provider: ownca
///     content: "{{ lookup('ansible.builtin.file', 'web.crt', errors='ignore') }}"
///     csr_content: "{{ request.csr }}"
///     ownca_path: /etc/ssl/ca.crt
///     ownca_privatekey_path: /etc/ssl/private/ca.pem
///   register: certificate
///
/// - name: Have one that the key itself signs
///   community.crypto.x509_certificate_pipe:
///     provider: selfsigned
///     privatekey_path: /etc/ssl/private/web.pem
///     csr_path: /etc/ssl/web.csr
///   register: certificate
/// ```
#[derive(Args)]
#[args(collection = "community.crypto")]
pub struct Args {
    /// Who signs it
    provider: Provider,
    /// The certificate that there is
    content: Option<String>,
    #[arg(flatten)]
    signing: Signing,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Provider {
    Ownca,
    Selfsigned,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let signing = &args.signing;
    let signer = match args.provider {
        Provider::Ownca => Signer::Authority,
        Provider::Selfsigned => Signer::Own,
    };
    let source = Source::of(signing, signer, host)?;
    let known = args.content.as_deref().map(str::as_bytes);
    let fresh = if source.fits(signing, host, known) { None } else { Some(source.issue(host)?) };
    let now = fresh.as_deref().or(known);
    let outcome = signing
        .told(fresh.is_some())
        .with("diff", difference(host, known, now))
        .with("certificate", now.map(|now| String::from_utf8_lossy(now).into_owned()));
    source.told(signing, host, outcome, now)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

    fn run(args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let module = crate::find("x509_certificate_pipe").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), &host))
    }

    #[test]
    fn a_certificate_is_made_once() {
        let mut args = json!({"provider": "selfsigned", "privatekey_content": KEY});
        let first = run(args.clone());
        if first["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(first["changed"], true, "{first}");
        args["content"] = first["certificate"].clone();
        let second = run(args.clone());
        assert_eq!(
            (&second["changed"], &second["certificate"], &second["serial_number"]),
            (&json!(false), &first["certificate"], &first["serial_number"])
        );
        args["force"] = true.into();
        assert_eq!(run(args)["changed"], true);
        let refused = run(json!({"provider": "ownca"}));
        assert!(refused["msg"].as_str().unwrap().starts_with("One of ownca_path"), "{refused}");
        let refused = run(json!({"provider": "acme"}));
        assert!(refused["msg"].as_str().unwrap().contains("must be one of"), "{refused}");
    }
}
