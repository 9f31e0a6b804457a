//! `openssl_privatekey_pipe`: a private key, in the result alone.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl_privatekey::wanted::{Wanted, as_text},
    x509::from_base64,
};

/// Makes a private key without a file
///
/// The host's `openssl` makes it, in check mode, too. The result holds it where it is new; a task that shows its
/// result should have `no_log`.
///
/// # Examples
/// ```yaml
/// - name: Have a key that is kept in a vault
///   community.crypto.openssl_privatekey_pipe:
///     content: "{{ vaulted_key | default(omit) }}"
///     size: 2048
///   register: key
///   no_log: true
///
/// - name: Have one on a curve
///   community.crypto.openssl_privatekey_pipe:
///     type: ECC
///     curve: secp256r1
///   register: key
///   no_log: true
/// ```
#[derive(Args)]
#[args(collection = "community.crypto", as_action)]
pub struct Args {
    /// The key that there is
    #[arg(secret, returned)]
    content: Option<String>,
    /// Whether `content` is Base64
    #[arg(default = "false")]
    content_base64: bool,
    /// Whether the result holds a key that stays, too
    #[arg(default = "false")]
    return_current_key: bool,
    #[arg(flatten)]
    wanted: Wanted,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let known = match &args.content {
        Some(content) if args.content_base64 => Some(from_base64(content).map_err(|failure| {
            let reason = failure.reason();
            Failure::new(format!("Cannot decode Base64 encoded data: {reason}"))
        })?),
        content => content.as_ref().map(|content| content.clone().into_bytes()),
    };
    let wanted = &args.wanted;
    let plan = wanted.plan(host, known.as_deref(), false)?;
    let fresh = wanted.fresh(host, plan, known.as_deref())?;
    let changed = fresh.is_some();
    let before = wanted.shown(host, known.as_deref());
    let now = fresh.or(known);
    let after = wanted.shown(host, now.as_deref());
    let mut outcome = Outcome::changed_if(changed)
        .with("diff", serde_json::json!({"before": before, "after": after}));
    if changed || args.return_current_key {
        outcome = outcome.with("privatekey", now.as_deref().map(as_text));
    }
    Ok(wanted.told(host, outcome, now.as_deref()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let module = crate::find("openssl_privatekey_pipe").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), &host))
    }

    #[test]
    fn a_key_is_made_once_and_handed_back() {
        let first = run(json!({"type": "X25519"}));
        if first["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(first["changed"], true, "{first}");
        let key = first["privatekey"].clone();
        assert!(key.as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
        let second = run(json!({"type": "X25519", "content": key}));
        assert_eq!((&second["changed"], second.get("privatekey")), (&json!(false), None));
        assert_eq!(second["fingerprint"], first["fingerprint"]);
        let shown = run(json!({"type": "X25519", "content": key, "return_current_key": true}));
        assert_eq!(shown["privatekey"], key);
        let raw = run(json!({
            "type": "X25519", "content": key, "format": "raw", "format_mismatch": "convert",
        }));
        assert_eq!((&raw["changed"], &raw["fingerprint"]), (&json!(true), &first["fingerprint"]));
        assert_eq!(raw["privatekey"].as_str().unwrap().len(), 44);
        let same = run(json!({
            "type": "X25519", "content": raw["privatekey"], "content_base64": true, "format": "raw",
        }));
        assert_eq!(
            (&same["changed"], &same["fingerprint"]),
            (&json!(false), &first["fingerprint"])
        );
        let bad = run(json!({"content": "A", "content_base64": true}));
        assert!(bad["msg"].as_str().unwrap().starts_with("Cannot decode Base64 encoded data"));
    }
}
