//! `x509_certificate`: a certificate in a file, signed by its own key or by an authority of our own.

pub(crate) mod issue;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result},
    openssl::{Made, folder_must_exist},
    spec::ArgPath,
};
use issue::{Signer, Signing, Source, difference};

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
    #[arg(flatten)]
    signing: Signing,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Provider {
    Acme,
    Ownca,
    Selfsigned,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    folder_must_exist(host, &args.path)?;
    let signing = &args.signing;
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        return Ok(signing
            .told(removed.changed)
            .with("filename", args.path.0.as_str())
            .with_some("backup_file", removed.values.get("backup_file").cloned())
            .with_some("certificate", args.return_content.then_some(crate::spec::Json::Null)));
    }
    let signer = match args.provider {
        Some(Provider::Selfsigned) => Signer::Own,
        Some(Provider::Ownca) => Signer::Authority,
        Some(Provider::Acme) | None => {
            return Err(Failure::new(
                "the provider `acme` is not supported: get the certificate with an ACME client such as certbot",
            ));
        }
    };
    let source = Source::of(signing, signer, host)?;
    let before = host.read(&args.path)?;
    let content = if source.fits(signing, host, before.as_deref()) {
        None
    } else if host.checking() {
        Some(Vec::new())
    } else {
        Some(source.issue(host)?)
    };
    let (changed, backup) = made.write(host, content.as_deref())?;
    let now = content.filter(|content| !content.is_empty()).or_else(|| before.clone());
    let outcome = signing
        .told(changed)
        .with("filename", args.path.0.as_str())
        .with("diff", difference(host, before.as_deref(), now.as_deref()))
        .with_some("backup_file", backup);
    let known = now.as_deref().filter(|_| !host.checking() || !changed);
    let mut outcome = source.told(signing, host, outcome, known)?;
    if args.return_content {
        outcome =
            outcome.with("certificate", now.map(|now| String::from_utf8_lossy(&now).into_owned()));
    }
    Ok(outcome)
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
