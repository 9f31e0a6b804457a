//! `openssl_privatekey_info`: what a private key says.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::{Backend, content_or_file, openssl_succeeds, private_key_to, public_key},
    spec::{ArgPath, Json, JsonMap},
    x509::private_key_data,
    x509_certificate_info::about_key,
};

/// Tells what a private key says
///
/// # Examples
/// ```yaml
/// - name: Look at the web server's key
///   community.crypto.openssl_privatekey_info:
///     path: /etc/ssl/private/web.pem
///   register: key
///
/// - name: Find out whether its parts fit together
///   community.crypto.openssl_privatekey_info:
///     path: /etc/ssl/private/web.pem
///     check_consistency: true
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("path", "content"),
    required_one_of("path", "content")
)]
pub struct Args {
    /// File of the key
    path: Option<ArgPath>,
    /// The key itself
    #[arg(secret)]
    content: Option<String>,
    /// Passphrase of the key
    #[arg(secret)]
    passphrase: Option<String>,
    /// Whether the result holds what is secret, too
    #[arg(default = "false")]
    return_private_key_data: bool,
    /// Whether its parts are compared with one another
    #[arg(default = "false")]
    check_consistency: bool,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let mut values = JsonMap::new();
    let told = |failure: Failure, loaded: bool| {
        let failure = failure.with("can_load_key", loaded).with("can_parse_key", false);
        failure.with("key_is_consistent", Json::Null)
    };
    let pass = args.passphrase.as_deref();
    let pem = content_or_file(host, "private key", args.content.as_deref(), args.path.as_deref())
        .map_err(|failure| told(failure, false))?;
    let key = public_key(host, &pem, pass).map_err(|failure| told(failure, true))?;
    let kind = about_private(&key, false, &mut values);
    if args.return_private_key_data {
        let classic = private_key_to(host, &pem, pass, &["-traditional", "-outform", "DER"])?;
        values.insert("private_data".to_owned(), private_key_data(&kind, &classic).into());
    }
    values.insert("can_load_key".to_owned(), true.into());
    let consistent = match kind.as_str() {
        _ if !args.check_consistency => Json::Null,
        "X25519" | "X448" => {
            host.warn(format!("Cannot determine consistency for key of type {kind}"));
            Json::Null
        }
        _ => openssl_succeeds(host, &["pkey", "-check", "-noout"], &pem, pass)?.into(),
    };
    let broken = consistent == false;
    values.insert("key_is_consistent".to_owned(), consistent);
    if broken {
        let failure = Failure::new(
            "Private key is not consistent! (See https://blog.hboeck.de/archives/888-How-I-tricked-Symantec-with-a-Fake-Private-Key.html)",
        );
        return Err(values
            .into_iter()
            .fold(failure, |failure, (key, value)| failure.with(&key, value)));
    }
    Ok(Outcome { changed: false, values })
}

/// Tells of a private key by its public one; returns its kind.
pub(crate) fn about_private(key: &[u8], short: bool, values: &mut JsonMap) -> String {
    values.insert("can_parse_key".to_owned(), true.into());
    values.insert("key_is_consistent".to_owned(), Json::Null);
    about_key(key, short, values);
    for (name, renamed) in [("public_key_type", "type"), ("public_key_data", "public_data")] {
        if let Some(value) = values.remove(name) {
            values.insert(renamed.to_owned(), value);
        }
    }
    values.get("type").and_then(Json::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    const KEY: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIEO6A4huxZ5J5yh7lS6wp7RrCgWj++Mc0ua9WikfcoivoAoGCCqGSM49
AwEHoUQDQgAE0GoXOAqi5Dv81dn5dvay5/xFys9sHi4lr3drekZaoXAa3z3E5psu
D4nTHcv9lnusY08L2UCMkZSMUVBLukQ0+g==
-----END EC PRIVATE KEY-----
";

    fn run(args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let module = crate::find("openssl_privatekey_info").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), &host))
    }

    #[test]
    fn a_key_tells_of_itself() {
        let known = run(json!({
            "content": KEY, "check_consistency": true, "return_private_key_data": true,
        }));
        if known["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(
            (&known["type"], &known["key_is_consistent"], &known["public_data"]["curve"]),
            (&json!("ECC"), &json!(true), &json!("secp256r1")),
            "{known}"
        );
        assert!(known["private_data"]["multiplier"].is_object());
        let refused = run(json!({"content": KEY, "passphrase": "secret"}));
        assert_eq!(refused["msg"], "Wrong or empty passphrase provided for private key");
        assert_eq!(
            (&refused["can_load_key"], &refused["can_parse_key"]),
            (&json!(true), &json!(false))
        );
        let nothing = run(json!({"content": "x"}));
        assert!(nothing["msg"].as_str().unwrap().contains("cannot be parsed: Unable to load PEM"));
    }
}
