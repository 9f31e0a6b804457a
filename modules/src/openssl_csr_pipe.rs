//! `openssl_csr_pipe`: a request for a certificate, in the result alone.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl_csr::{
        difference,
        wanted::{Wanted, alternatives, pairs},
    },
};

/// Makes a request for a certificate without a file
///
/// The host's `openssl` signs it with the key. The result holds it, whether it is new or the one that is given.
/// In check mode it is made, too.
///
/// # Examples
/// ```yaml
/// - name: Have a request for the web server's certificate
///   community.crypto.openssl_csr_pipe:
///     content: "{{ lookup('ansible.builtin.file', 'web.csr', errors='ignore') }}"
///     privatekey_path: /etc/ssl/private/web.pem
///     common_name: www.example.com
///   register: request
///
/// - name: Keep it on the controller
///   ansible.builtin.copy:
///     dest: web.csr
///     content: "{{ request.csr }}"
///   delegate_to: localhost
///   when: request is changed
///
/// - name: Renew a request only where it would be another
///   community.crypto.openssl_csr_pipe:
///     content: "{{ old_request }}"
///     privatekey_content: "{{ private_key }}"
///     common_name: shop.example.com
///     subject_alt_name:
///       - DNS:shop.example.com
///       - DNS:www.shop.example.com
///     key_usage: [digitalSignature, keyEncipherment]
///     extended_key_usage: serverAuth
///   register: new_request
///   no_log: true
/// ```
#[derive(Args)]
#[args(collection = "community.crypto", required_one_of("privatekey_path", "privatekey_content"))]
pub struct Args {
    /// The request that there is
    content: Option<String>,
    #[arg(flatten)]
    wanted: Wanted,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let wanted = &args.wanted;
    let source = wanted.source(host)?;
    let known = args.content.as_deref().map(str::as_bytes);
    let fresh = match known {
        Some(known) if source.fits(known) => None,
        _ => Some(wanted.make(host, &source)?),
    };
    let now = fresh.as_deref().or(known).unwrap_or_default();
    let text =
        String::from_utf8(now.to_vec()).map_err(|_| Failure::new("the request is no text"))?;
    Ok(wanted
        .told(fresh.is_some(), pairs(wanted), alternatives(wanted))
        .with("diff", difference(host, known, Some(now))?)
        .with("csr", Some(text).filter(|text| !text.is_empty())))
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
        let module = crate::find("openssl_csr_pipe").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), &host))
    }

    #[test]
    fn a_request_is_made_once_and_made_anew_for_another_name() {
        let first = run(json!({"privatekey_content": KEY, "common_name": "web"}));
        if first["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(first["changed"], true, "{first}");
        let args = |name: &str| json!({"privatekey_content": KEY, "common_name": name, "content": first["csr"]});
        let second = run(args("web"));
        assert_eq!((&second["changed"], &second["csr"]), (&json!(false), &first["csr"]));
        let third = run(args("mail"));
        assert_eq!(third["changed"], true);
        assert_eq!(third["diff"]["before"]["subject"], json!({"commonName": "web"}));
        assert_eq!(third["diff"]["after"]["subject"], json!({"commonName": "mail"}));
        assert!(run(json!({}))["msg"].as_str().unwrap().starts_with("one of the following"));
    }
}
