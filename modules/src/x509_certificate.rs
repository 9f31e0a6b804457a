//! `x509_certificate`: a certificate in a file, signed by its own key or by an authority of our own.

mod issue;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result},
    openssl::{Made, folder_must_exist, only_version, public_key},
    spec::{ArgPath, Json, JsonMap},
    x509::{from_pem, show_time, to_pem},
    x509_certificate_info::Certificate,
};

/// Makes a certificate
///
/// The host's `openssl` signs it. Certificates from ACME servers are not made here.
///
/// # Examples
/// ```yaml
/// - name: Have a certificate that the key itself signs
///   community.crypto.x509_certificate:
///     path: /etc/ssl/web.crt
///     privatekey_path: /etc/ssl/private/web.pem
///     csr_path: /etc/ssl/web.csr
///     provider: selfsigned
///
/// - name: Have a certificate of our own authority
///   community.crypto.x509_certificate:
///     path: /etc/ssl/web.crt
///     csr_path: /etc/ssl/web.csr
///     provider: ownca
///     ownca_path: /etc/ssl/ca.crt
///     ownca_privatekey_path: /etc/ssl/private/ca.pem
///     ownca_not_after: +365d
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    also("openssl_certificate", "community.crypto.openssl_certificate"),
    mutually_exclusive("csr_path", "csr_content"),
    mutually_exclusive("privatekey_path", "privatekey_content"),
    mutually_exclusive("ownca_path", "ownca_content"),
    mutually_exclusive("ownca_privatekey_path", "ownca_privatekey_content"),
    required_if("state", "present", "provider")
)]
pub struct Args {
    /// File of the certificate
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Who signs it
    provider: Option<Provider>,
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// File of the request
    csr_path: Option<ArgPath>,
    /// The request itself
    csr_content: Option<String>,
    /// File of the key
    privatekey_path: Option<ArgPath>,
    /// The key itself
    #[arg(secret)]
    privatekey_content: Option<String>,
    /// Passphrase of the key
    #[arg(secret)]
    privatekey_passphrase: Option<String>,
    /// Whether other times are no reason to make it anew
    #[arg(default = "true")]
    ignore_timestamps: bool,
    /// Version of a certificate that its own key signs
    #[arg(default = "3")]
    selfsigned_version: i64,
    /// Sum that its own key signs
    #[arg(default = "sha256")]
    selfsigned_digest: String,
    /// From when it is valid, as `+0s` or `20300101000000Z`
    #[arg(default = "+0s", alias = "selfsigned_notBefore")]
    selfsigned_not_before: String,
    /// Until when it is valid
    #[arg(default = "+3650d", alias = "selfsigned_notAfter")]
    selfsigned_not_after: String,
    /// When the key's number is made from the key
    #[arg(default = "create_if_not_provided")]
    selfsigned_create_subject_key_identifier: Identify,
    /// File of the authority's certificate
    ownca_path: Option<ArgPath>,
    /// The authority's certificate itself
    ownca_content: Option<String>,
    /// File of the authority's key
    ownca_privatekey_path: Option<ArgPath>,
    /// The authority's key itself
    #[arg(secret)]
    ownca_privatekey_content: Option<String>,
    /// Passphrase of the authority's key
    #[arg(secret)]
    ownca_privatekey_passphrase: Option<String>,
    /// Sum that the authority signs
    #[arg(default = "sha256")]
    ownca_digest: String,
    /// Version of a certificate that the authority signs
    #[arg(default = "3")]
    ownca_version: i64,
    /// From when it is valid
    #[arg(default = "+0s")]
    ownca_not_before: String,
    /// Until when it is valid
    #[arg(default = "+3650d")]
    ownca_not_after: String,
    /// When the key's number is made from the key
    #[arg(default = "create_if_not_provided")]
    ownca_create_subject_key_identifier: Identify,
    /// Whether it says which key of the authority signed
    #[arg(default = "true")]
    ownca_create_authority_key_identifier: bool,
    /// Key of an account at an ACME server
    #[expect(dead_code, reason = "ACME servers are not asked")]
    acme_accountkey_path: Option<ArgPath>,
    /// Folder for the answers to an ACME server
    #[expect(dead_code, reason = "ACME servers are not asked")]
    acme_challenge_path: Option<ArgPath>,
    /// Whether an ACME server's whole chain is kept
    #[arg(default = "false")]
    #[expect(dead_code, reason = "ACME servers are not asked")]
    acme_chain: bool,
    /// Address of an ACME server
    #[arg(default = "https://acme-v02.api.letsencrypt.org/directory")]
    #[expect(dead_code, reason = "ACME servers are not asked")]
    acme_directory: String,
    /// Whether a certificate that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the certificate
    #[arg(default = "false")]
    return_content: bool,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Provider {
    Acme,
    Ownca,
    Selfsigned,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Identify {
    CreateIfNotProvided,
    AlwaysCreate,
    NeverCreate,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Auto,
    Cryptography,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    folder_must_exist(host, &args.path)?;
    let text = |path: &Option<ArgPath>| path.as_ref().map(|path| path.0.clone());
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        return Ok(Outcome::changed_if(removed.changed)
            .with("filename", args.path.0.as_str())
            .with("privatekey", text(&args.privatekey_path))
            .with("csr", text(&args.csr_path))
            .with_some("backup_file", removed.values.get("backup_file").cloned()));
    }
    only_version("ownca_version", args.ownca_version, 3)?;
    only_version("selfsigned_version", args.selfsigned_version, 3)?;
    let source = issue::Source::of(&args, host)?;
    known_digest(&source.digest)?;
    let before = host.read(&args.path)?;
    let known = before.as_deref().and_then(|pem| from_pem(pem, &["CERTIFICATE"]));
    let fits = known
        .as_deref()
        .and_then(Certificate::of)
        .is_some_and(|certificate| source.fits(&args, host, &certificate).unwrap_or(false));
    let content = if fits && !args.force {
        None
    } else if host.checking() {
        Some(Vec::new())
    } else {
        Some(to_pem("CERTIFICATE", &source.issue(host)?).into_bytes())
    };
    let (changed, backup) = made.write(host, content.as_deref())?;
    let now = content.filter(|content| !content.is_empty()).or_else(|| before.clone());
    let parsed = |pem: Option<&[u8]>| from_pem(pem?, &["CERTIFICATE"]);
    let diff = {
        let shown = |pem: Option<&[u8]>| {
            let mut shown = JsonMap::new();
            if let Some(pem) = pem {
                let der = parsed(Some(pem));
                let found = der.as_deref().and_then(Certificate::of);
                shown = found.map(|one| one.info(host, true)).unwrap_or_default();
                let can = !shown.is_empty();
                shown.insert("can_parse_certificate".to_owned(), can.into());
            }
            Json::from(shown)
        };
        let (old, new) = (shown(before.as_deref()), shown(now.as_deref()));
        serde_json::json!({"before": old, "after": new})
    };
    let mut outcome = Outcome::changed_if(changed)
        .with("filename", args.path.0.as_str())
        .with("privatekey", text(&args.privatekey_path))
        .with("csr", text(&args.csr_path))
        .with("diff", diff)
        .with_some("backup_file", backup);
    if args.provider == Some(Provider::Ownca) {
        outcome = outcome
            .with("ca_cert", text(&args.ownca_path))
            .with("ca_privatekey", text(&args.ownca_privatekey_path));
    }
    let (start, end) = source.times(host)?;
    let der = parsed(now.as_deref()).filter(|_| !host.checking() || !changed);
    match der.as_deref().and_then(Certificate::of) {
        Some(certificate) => {
            outcome = outcome
                .with("notBefore", show_time(certificate.not_before))
                .with("notAfter", show_time(certificate.not_after))
                .with("serial_number", certificate.serial_json());
        }
        // It would have a number of its own, which nobody knows yet.
        None => {
            outcome = outcome.with("notBefore", show_time(start)).with("notAfter", show_time(end));
        }
    }
    if args.return_content {
        outcome =
            outcome.with("certificate", now.map(|now| String::from_utf8_lossy(&now).into_owned()));
    }
    Ok(outcome)
}

fn known_digest(digest: &str) -> Result<()> {
    if crate::host::Hasher::named(digest).is_some() {
        return Ok(());
    }
    let message = format!("The digest {digest} is not supported with the cryptography backend");
    Err(Failure::new(message))
}

/// Reads a file that must be there, or takes the content that is given.
fn given(
    host: &Host,
    what: &str,
    content: Option<&str>,
    path: Option<&ArgPath>,
) -> Result<Option<Vec<u8>>> {
    if let Some(content) = content {
        return Ok(Some(content.as_bytes().to_vec()));
    }
    let Some(path) = path else { return Ok(None) };
    let found = host.read(path)?;
    match found {
        Some(found) => Ok(Some(found)),
        None => Err(Failure::new(format!("The {what} {} does not exist", &**path))),
    }
}

/// Returns the public key of a private one that is given.
fn key_of(host: &Host, pem: &[u8], passphrase: Option<&str>) -> Result<Vec<u8>> {
    public_key(host, pem, passphrase)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(module: &str, folder: &Path, args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let mut args = args.as_object().unwrap().clone();
        for (key, value) in &mut args {
            if key.ends_with("path") {
                *value = folder.join(value.as_str().unwrap()).display().to_string().into();
            }
        }
        Json::Object(crate::find(module).unwrap().run(&args, &host))
    }

    #[test]
    fn an_authority_certifies_a_server() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let key = |path: &str| {
            let args = json!({"path": path, "type": "ECC", "curve": "secp256r1"});
            run("community.crypto.openssl_privatekey", folder, args)
        };
        if key("ca.pem")["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        key("web.pem");
        let ca = json!({
            "path": "ca.csr", "privatekey_path": "ca.pem", "common_name": "CA",
            "use_common_name_for_san": false, "basic_constraints": ["CA:TRUE"],
        });
        let csr = "community.crypto.openssl_csr";
        assert_eq!(run(csr, folder, ca.clone())["changed"], true);
        assert_eq!(run(csr, folder, ca)["changed"], false);
        let web = json!({"path": "web.csr", "privatekey_path": "web.pem", "common_name": "web"});
        let made = run(csr, folder, web);
        assert_eq!(made["subjectAltName"], json!(["DNS:web"]), "{made}");
        let certificate = "community.crypto.x509_certificate";
        let own = json!({
            "path": "ca.crt", "privatekey_path": "ca.pem", "csr_path": "ca.csr",
            "provider": "selfsigned",
        });
        let made = run(certificate, folder, own.clone());
        assert_eq!(made["changed"], true, "{made}");
        assert_eq!(run(certificate, folder, own)["changed"], false);
        let signed = json!({
            "path": "web.crt", "csr_path": "web.csr", "provider": "ownca", "ownca_path": "ca.crt",
            "ownca_privatekey_path": "ca.pem", "ownca_not_after": "20400101000000Z",
        });
        assert_eq!(run(certificate, folder, signed.clone())["changed"], true);
        let again = run(certificate, folder, signed.clone());
        assert_eq!(
            (&again["changed"], &again["notAfter"]),
            (&json!(false), &json!("20400101000000Z"))
        );
        let info = json!({"path": "web.crt", "valid_at": {"then": "20300101000000Z"}});
        let known = run("community.crypto.x509_certificate_info", folder, info);
        assert_eq!(known["issuer"], json!({"commonName": "CA"}), "{known}");
        assert_eq!(known["valid_at"], json!({"then": true}));
        assert_eq!(known["public_key_data"]["curve"], "secp256r1");
        let output = std::process::Command::new("openssl")
            .args(["verify", "-CAfile", "ca.crt", "web.crt"])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut other = signed;
        other["ownca_privatekey_path"] = "web.pem".into();
        other["path"] = "other.crt".into();
        assert_eq!(
            run(certificate, folder, other)["msg"],
            "The CA private key does not belong to the CA certificate"
        );
        let none = run(certificate, folder, json!({"path": "web.crt", "state": "absent"}));
        assert_eq!(none["changed"], true);
    }
}
