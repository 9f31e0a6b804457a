//! `openssl_publickey_info`: what a public key says.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::{Backend, content_or_file, fingerprints, not_pem},
    spec::{ArgPath, Json, JsonMap},
    x509::{public_from_pem, public_key_data},
};

/// Tells what a public key says
///
/// # Examples
/// ```yaml
/// - name: Look at the public key
///   community.crypto.openssl_publickey_info:
///     path: /etc/ssl/web.pub
///   register: key
///
/// - name: Stop where it is short
///   ansible.builtin.assert:
///     that: key.type != 'RSA' or key.public_data.size >= 2048
///
/// - name: Take the fingerprints of a key that a vault holds
///   community.crypto.openssl_publickey_info:
///     content: "{{ partner_key }}"
///   register: partner
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
    /// Library of the reference; nothing else is needed here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let told = |failure: Failure| {
        let failure = failure.with("can_load_key", false).with("can_parse_key", false);
        failure.with("key_is_consistent", Json::Null)
    };
    let pem = content_or_file(host, "public key", args.content.as_deref(), args.path.as_deref())
        .map_err(told)?;
    let key = public_from_pem(&pem).ok_or_else(|| {
        let delimiters = "BEGIN PUBLIC KEY/END PUBLIC KEY delimiters";
        let reason = not_pem(&pem, delimiters, "public key");
        told(Failure::new(format!("Error while deserializing key: {reason}")))
    })?;
    // Whoever reads results of the reference knows these two as they are there.
    let mut outcome = Outcome::changed_if(false)
        .with("can_load_key", false)
        .with("can_parse_key", false)
        .with("key_is_consistent", Json::Null);
    outcome.values.extend(about(&key, fingerprints(&key)));
    Ok(outcome)
}

/// What is told of a public key by itself.
pub(crate) fn about(key: &[u8], sums: JsonMap) -> JsonMap {
    let (kind, data) = public_key_data(key);
    [("fingerprints", sums.into()), ("type", kind.into()), ("public_data", data.into())]
        .into_iter()
        .map(|(name, value): (&str, Json)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(host: &TestHost, args: Json) -> Json {
        let module = crate::find("openssl_publickey_info").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), host))
    }

    #[test]
    fn a_key_tells_of_itself_and_nothing_else_is_one() {
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAE7GaAWBN8BULxAA+Te+vGyP5mF2cYFN/haUfgqwDB5g=\n-----END PUBLIC KEY-----\n";
        let host = TestHost::with(&[("/key.pub", pem)]);
        let known = run(&host, json!({"path": "/key.pub"}));
        assert_eq!((&known["type"], &known["public_data"]), (&json!("Ed25519"), &json!({})));
        assert_eq!(known["fingerprints"]["md5"], "ec:5e:6c:34:90:07:1f:8f:95:b6:b2:65:be:8e:cc:f1");
        let message = |args| run(&host, args)["msg"].as_str().unwrap().to_owned();
        assert!(
            message(json!({"content": "x"})).starts_with("Error while deserializing key: Unable")
        );
        let other = "-----BEGIN PRIVATE KEY-----";
        assert!(message(json!({"content": other})).ends_with("Are you sure this is a public key?"));
        assert!(message(json!({"path": "/none"})).contains("[Errno 2]"));
    }
}
