//! `x509_crl`: a list of revoked certificates, in a file.

mod wanted;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use windlass_macros::{Args, Choice};

use crate::{
    host::{FileAttributes, Host, Outcome, Result},
    openssl::{Made, NameEncoding},
    spec::{ArgPath, Json, JsonMap},
    x509::{Crl, set_issuer, show_time, to_pem},
    x509_crl_info::{about, is_pem, read},
};
use wanted::Wanted;

/// Makes a list of revoked certificates
///
/// The host's `openssl` signs it with the authority's key.
///
/// # Examples
/// ```yaml
/// - name: Have a list with two certificates
///   community.crypto.x509_crl:
///     path: /etc/ssl/ca.crl
///     privatekey_path: /etc/ssl/private/ca.pem
///     issuer:
///       CN: Example CA
///     last_update: 20260101000000Z
///     next_update: +7d
///     ignore_timestamps: true
///     revoked_certificates:
///       - serial_number: 1234
///         revocation_date: 20251001000000Z
///         reason: key_compromise
///       - path: /etc/ssl/old.crt
///         revocation_date: 20251101000000Z
///
/// - name: Revoke one more
///   community.crypto.x509_crl:
///     path: /etc/ssl/ca.crl
///     crl_mode: update
///     privatekey_path: /etc/ssl/private/ca.pem
///     issuer:
///       CN: Example CA
///     next_update: +7d
///     ignore_timestamps: true
///     revoked_certificates:
///       - serial_number: "12:AB:34"
///     serial_numbers: hex-octets
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("privatekey_path", "privatekey_content"),
    mutually_exclusive("issuer", "issuer_ordered"),
    required_if_any("state", "present", "privatekey_path", "privatekey_content"),
    required_if_any("state", "present", "issuer", "issuer_ordered"),
    required_if("state", "present", "next_update", "revoked_certificates")
)]
pub struct Args {
    /// File of the list
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether the list holds what is given alone, or what it held before, too
    #[arg(default = "generate")]
    crl_mode: Mode,
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// Whether a list that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// How it is written
    #[arg(default = "pem")]
    format: Format,
    /// File of the authority's key
    privatekey_path: Option<ArgPath>,
    /// The authority's key itself
    #[arg(secret)]
    privatekey_content: Option<String>,
    /// Passphrase of the authority's key
    #[arg(secret)]
    privatekey_passphrase: Option<String>,
    /// Parts of the authority's name
    issuer: Option<JsonMap>,
    /// Parts of the authority's name in their order
    issuer_ordered: Option<Vec<JsonMap>>,
    /// Since when the list is valid, as `+0s` or `20300101000000Z`
    #[arg(default = "+0s")]
    last_update: String,
    /// When there will be another list
    next_update: Option<String>,
    /// Sum that is signed
    #[arg(default = "sha256")]
    digest: String,
    /// Whether other times are no reason to make it anew
    #[arg(default = "false")]
    ignore_timestamps: bool,
    /// Whether the result holds the list
    #[arg(default = "false")]
    return_content: bool,
    /// Certificates that were revoked: `path`, `content` or `serial_number`, `revocation_date`, `reason`, `issuer`, `invalidity_date`, `reason_critical`, `issuer_critical`, `invalidity_date_critical`
    revoked_certificates: Option<Vec<JsonMap>>,
    /// How names of other scripts are told
    #[arg(default = "ignore")]
    name_encoding: NameEncoding,
    /// How numbers of certificates are given
    #[arg(default = "integer")]
    serial_numbers: Numbers,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Generate,
    Update,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pem,
    Der,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Integer,
    #[choice("hex-octets")]
    HexOctets,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    let known = host.read(&*args.path).ok().flatten();
    let shown = |content: Option<&[u8]>| {
        let mut values = content.and_then(|content| about(content, true)).unwrap_or_default();
        if !values.is_empty() {
            values.insert("changed".to_owned(), false.into());
            values.insert("can_parse_crl".to_owned(), true.into());
        }
        Json::from(values)
    };
    // What is there and no list is as good as nothing.
    let before = known.as_deref().and_then(read);
    let old = shown(known.as_deref().filter(|_| before.is_some()));
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        let backup = removed.values.get("backup_file").cloned();
        let outcome = told(&args, removed.changed, None, known.filter(|_| before.is_some()));
        return Ok(outcome
            .with("diff", serde_json::json!({"before": old, "after": old}))
            .with_some("backup_file", backup));
    }
    let wanted = Wanted::of(&args, host)?;
    let fits = before.as_ref().is_some_and(|(crl, _)| wanted.fits(&args, crl)) && !args.force;
    let is_pem = known.as_deref().is_some_and(is_pem);
    let written = |der: &[u8]| match args.format {
        Format::Pem => to_pem("X509 CRL", der).into_bytes(),
        Format::Der => der.to_vec(),
    };
    let content = match &before {
        Some(_) if fits && is_pem == (args.format == Format::Pem) => None,
        Some((_, der)) if fits => Some(written(der)),
        _ if host.checking() => Some(Vec::new()),
        before => {
            let before = before.as_ref().map(|(crl, _)| crl);
            Some(written(&wanted.make(&args, host, before)?))
        }
    };
    let (changed, backup) = made.write(host, content.as_deref())?;
    let content = content.filter(|_| !host.checking());
    let new = content.as_deref().map_or_else(|| old.clone(), |content| shown(Some(content)));
    let now = content.or_else(|| known.filter(|_| before.is_some()));
    let mut outcome = if host.checking() {
        let mut outcome = told(&args, changed, None, now);
        wanted.tell(&args, &mut outcome.values);
        outcome
    } else {
        let crl = now.as_deref().and_then(read);
        told(&args, changed, crl.map(|(crl, _)| crl), now)
    };
    outcome.values = args.name_encoding.told(outcome.values);
    Ok(outcome
        .with("diff", serde_json::json!({"before": old, "after": new}))
        .with_some("backup_file", backup))
}

/// What results say.
fn told(args: &Args, changed: bool, crl: Option<Crl>, content: Option<Vec<u8>>) -> Outcome {
    let mut outcome = Outcome::changed_if(changed)
        .with("filename", args.path.0.as_str())
        .with("privatekey", args.privatekey_path.as_ref().map(|path| path.0.clone()))
        .with("format", args.format.as_str())
        .with("revoked_certificates", Vec::<Json>::new());
    for name in ["last_update", "next_update", "digest", "issuer_ordered", "issuer"] {
        outcome = outcome.with(name, Json::Null);
    }
    if let Some(crl) = crl {
        outcome.values.extend(crl.info(true));
    }
    if args.return_content {
        let text = content.map(|content| {
            if is_pem(&content) {
                String::from_utf8_lossy(&content).into_owned()
            } else {
                STANDARD.encode(content)
            }
        });
        outcome = outcome.with("crl", text);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

    fn run(path: &std::path::Path, more: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let mut args = json!({
            "path": path.display().to_string(), "privatekey_content": KEY, "issuer": {"CN": "CA"},
            "last_update": "20260101000000Z", "next_update": "20270101000000Z",
            "revoked_certificates": [{"serial_number": 5, "revocation_date": "20251001000000Z"}],
        });
        let args = args.as_object_mut().unwrap();
        args.extend(more.as_object().unwrap().clone());
        Json::Object(crate::find("x509_crl").unwrap().run(args, &host))
    }

    #[test]
    fn a_list_is_made_once_and_grows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.crl");
        let first = run(&path, json!({}));
        if first["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(first["changed"], true, "{first}");
        assert_eq!(first["digest"], "ED25519");
        assert_eq!(run(&path, json!({}))["changed"], false);
        let more = json!({
            "crl_mode": "update",
            "serial_numbers": "hex-octets",
            "revoked_certificates": [{
                "serial_number": "01:00", "revocation_date": "20251101000000Z", "reason": "superseded",
            }],
        });
        let grown = run(&path, more.clone());
        let numbers: Vec<&Json> = grown["revoked_certificates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["serial_number"])
            .collect();
        assert_eq!(numbers, [&json!(5), &json!(256)], "{grown}");
        assert_eq!(run(&path, more)["changed"], false);
        let der = run(&path, json!({"format": "der", "crl_mode": "update"}));
        assert_eq!((&der["changed"], &der["format"]), (&json!(true), &json!("der")));
        assert_eq!(der["revoked_certificates"].as_array().unwrap().len(), 2);
        let shorter = run(&path, json!({"format": "der", "return_content": true}));
        assert_eq!(shorter["revoked_certificates"].as_array().unwrap().len(), 1);
        assert!(shorter["crl"].as_str().unwrap().starts_with("MI"));
        let later = json!({"next_update": "20280101000000Z", "format": "der"});
        assert_eq!(run(&path, later)["changed"], true);
        let later = json!({"last_update": "+0s", "format": "der", "ignore_timestamps": true});
        assert_eq!(run(&path, later)["changed"], false);
        assert_eq!(run(&path, json!({"state": "absent"}))["changed"], true);
        assert!(!path.exists());
    }

    #[test]
    fn what_cannot_be_in_a_list_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |more: Json, wanted: &str| {
            let message = run(&folder.path().join("no.crl"), more)["msg"].to_string();
            assert!(message.contains(wanted), "{message}");
        };
        refused(json!({"digest": "none"}), "The digest \\\"none\\\" is not supported");
        refused(json!({"issuer": {"CN": 5}}), "Value for CN in issuer must be either a string");
        refused(json!({"next_update": "soon"}), "for next_update is invalid");
        refused(json!({"revoked_certificates": [{"serial_number": "x"}]}), "as an integer");
        refused(
            json!({"revoked_certificates": [{"serial_number": 1, "revocation_date": "x"}]}),
            "for revoked_certificates[0].revocation_date is invalid",
        );
        refused(json!({"revoked_certificates": [{}]}), "one of the following is required");
        refused(
            json!({"revoked_certificates": [{"path": "/none"}]}),
            "Cannot read certificate \\\"/none\\\" from revoked_certificates[0].path",
        );
        refused(
            json!({"revoked_certificates": [{"serial_number": 1, "issuer": ["x"]}]}),
            "Cannot parse issuer",
        );
    }
}
