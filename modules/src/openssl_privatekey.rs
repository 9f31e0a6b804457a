//! `openssl_privatekey`: a private key in a file.

pub(crate) mod wanted;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Mode, Outcome, Result},
    openssl::{Made, folder_must_exist},
    spec::{ArgPath, Json},
};
pub(crate) use wanted::Regenerate;
use wanted::{Plan, Wanted, as_text};

/// Makes a private key for TLS
///
/// The host's `openssl` makes it.
///
/// # Examples
/// ```yaml
/// - name: Have a key for the web server
///   community.crypto.openssl_privatekey:
///     path: /etc/ssl/private/web.pem
///     size: 2048
///
/// - name: Have one on a curve
///   community.crypto.openssl_privatekey:
///     path: /etc/ssl/private/web.pem
///     type: ECC
///     curve: secp256r1
/// ```
#[derive(Args)]
#[args(collection = "community.crypto")]
pub struct Args {
    /// File of the key
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// Whether a key that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the key
    #[arg(default = "false")]
    return_content: bool,
    #[arg(flatten)]
    wanted: Wanted,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    folder_must_exist(host, &args.path)?;
    args.attributes.mode.get_or_insert(Mode::Bits(0o600));
    let wanted = &args.wanted;
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o600 };
    if args.state == State::Absent {
        let mut removed = made.remove(host)?;
        if args.return_content {
            removed = removed.with("privatekey", Json::Null);
        }
        return Ok(removed
            .with("size", wanted.size)
            .with("type", wanted.kind.as_str())
            .with("fingerprint", Json::Null)
            .with("diff", serde_json::json!({ "before": {}, "after": {} })));
    }
    if host.is_folder(&args.path) {
        return Err(Failure::new(format!(
            "Error while loading {0} - [Errno 21] Is a directory: '{0}'",
            args.path.0
        )));
    }
    let before = host.read(&args.path)?;
    let plan = wanted.plan(host, before.as_deref(), args.force)?;
    let content = match plan {
        // Nobody needs a key that is not written.
        Plan::Make if host.checking() => Some(Vec::new()),
        plan => wanted.fresh(host, plan, before.as_deref())?,
    };
    let old = wanted.shown(host, before.as_deref());
    let (changed, backup) = made.write(host, content.as_deref())?;
    let fresh = content.filter(|content| !content.is_empty());
    let new = fresh.as_ref().map_or(old.clone(), |fresh| wanted.shown(host, Some(fresh)));
    let now = fresh.or(before);
    let mut outcome = Outcome::changed_if(changed)
        .with("filename", args.path.0.as_str())
        .with("diff", serde_json::json!({ "before": old, "after": new }))
        .with_some("backup_file", backup);
    if let Some(key) = now.as_deref().filter(|_| args.return_content) {
        outcome = outcome.with("privatekey", as_text(key));
    }
    Ok(wanted.told(host, outcome, now.as_deref()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(path: &std::path::Path, args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let mut args = args.as_object().unwrap().clone();
        args.insert("path".into(), path.display().to_string().into());
        Json::Object(crate::find("openssl_privatekey").unwrap().run(&args, &host))
    }

    #[test]
    fn what_no_key_can_be_written_in_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = |args| run(&folder.path().join("key.pem"), args)["msg"].to_string();
        for (args, wanted) in [
            (json!({"type": "ECC", "curve": "secp256r1", "format": "raw"}), "format \\\"raw\\\""),
            (json!({"type": "Ed25519", "format": "pkcs1"}), "format \\\"pkcs1\\\""),
            (
                json!({"type": "Ed25519", "passphrase": "x", "cipher": "aes256"}),
                "can only use \\\"auto\\\" for cipher option.",
            ),
        ] {
            let message = message(args);
            assert!(
                message.contains(wanted) || message.contains("required executable"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let args = json!({"type": "ECC", "curve": "secp256r1"});
        let first = run(&path, args.clone());
        if first["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(
            (&first["changed"], &first["curve"]),
            (&json!(true), &json!("secp256r1")),
            "{first}"
        );
        assert!(
            std::fs::read_to_string(&path).unwrap().starts_with("-----BEGIN EC PRIVATE KEY-----")
        );
        let second = run(&path, args);
        assert_eq!(
            (&second["changed"], &second["fingerprint"]),
            (&json!(false), &first["fingerprint"])
        );
        let other = run(&path, json!({"type": "Ed25519", "regenerate": "fail"}));
        assert!(other["msg"].as_str().unwrap().starts_with("Key has wrong type and/or size."));
        let other = run(&path, json!({"type": "Ed25519"}));
        assert_eq!(other["changed"], true);
        let locked = json!({"type": "Ed25519", "passphrase": "secret"});
        assert_eq!(run(&path, locked.clone())["changed"], true);
        assert_eq!(run(&path, locked)["changed"], false);
        assert_eq!(run(&path, json!({"state": "absent"}))["changed"], true);
        assert!(!path.exists());
    }
}
