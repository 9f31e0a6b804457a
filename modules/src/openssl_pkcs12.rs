//! `openssl_pkcs12`: a key and its certificates in one file, and out of one.

mod archive;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Mode, Outcome, Result, errno_of},
    openssl::{Backend, Made, classic_key, folder_must_be, not_pem, public_key},
    spec::ArgPath,
    x509::from_pem,
};
use archive::Archive;

/// Puts a key and its certificates into one file, or takes them out of one
///
/// The host's `openssl` reads and writes the file.
///
/// # Examples
/// ```yaml
/// - name: Have one file for the application server
///   community.crypto.openssl_pkcs12:
///     path: /etc/app/web.p12
///     friendly_name: web
///     privatekey_path: /etc/ssl/private/web.pem
///     certificate_path: /etc/ssl/web.crt
///     other_certificates: [/etc/ssl/ca.crt]
///     passphrase: "{{ p12_passphrase }}"
///
/// - name: Take all out of one
///   community.crypto.openssl_pkcs12:
///     action: parse
///     src: /root/web.p12
///     path: /etc/ssl/private/web-all.pem
///     passphrase: "{{ p12_passphrase }}"
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("privatekey_path", "privatekey_content"),
    mutually_exclusive("certificate_path", "certificate_content"),
    mutually_exclusive("other_certificates", "other_certificates_content"),
    required_if("action", "parse", "src")
)]
pub struct Args {
    /// File that is written
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether key and certificates go into the file, or come out of `src`
    #[arg(default = "export")]
    action: Action,
    /// File of which key and certificates are taken
    src: Option<ArgPath>,
    /// File of the key
    privatekey_path: Option<ArgPath>,
    /// The key itself
    #[arg(secret)]
    privatekey_content: Option<String>,
    /// Passphrase of the key
    #[arg(secret)]
    privatekey_passphrase: Option<String>,
    /// File of the certificate
    certificate_path: Option<ArgPath>,
    /// The certificate itself
    certificate_content: Option<String>,
    /// Files of further certificates
    #[arg(alias = "ca_certificates")]
    other_certificates: Option<Vec<ArgPath>>,
    /// Further certificates themselves
    other_certificates_content: Option<Vec<String>>,
    /// Whether each of these may hold several certificates
    #[arg(default = "false")]
    other_certificates_parse_all: bool,
    /// Name under which key and certificate are in the file
    #[arg(alias = "name")]
    friendly_name: Option<String>,
    /// Passphrase of the file
    #[arg(secret)]
    passphrase: Option<String>,
    /// How it is protected: as well as can be, or so that old programs can read it
    #[arg(default = "auto")]
    encryption_level: Level,
    /// How often the passphrase is worked on for old programs
    iter_size: Option<i64>,
    /// Has no effect any more
    #[expect(dead_code, reason = "has no effect in the reference either")]
    maciter_size: Option<i64>,
    /// Whether the file is written anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// Whether a file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the file, as Base64
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
enum Action {
    Export,
    Parse,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Level {
    Auto,
    #[choice("compatibility2022")]
    Compatibility2022,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    folder_must_be(host, &args.path, |folder| format!("'{folder}' does not exist or the path"))?;
    // Nobody but the owner reads it unless the task says so.
    let attributes = FileAttributes {
        mode: args.attributes.mode.clone().or(Some(Mode::Bits(0o400))),
        ..args.attributes.clone()
    };
    let made = Made { path: &args.path, attributes: &attributes, backup: args.backup, mode: 0o600 };
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        let backup = removed.values.get("backup_file").cloned();
        return told(&args, host, Outcome::changed_if(removed.changed))
            .map(|outcome| outcome.with_some("backup_file", backup));
    }
    let known = host.read(&*args.path)?;
    let content = match args.action {
        Action::Export => exported(&args, host, known.as_deref())?,
        Action::Parse => {
            let src = args.src.as_deref().unwrap_or_default();
            let pass = args.passphrase.as_deref();
            let parsed = file(host, src).and_then(|source| Archive::read(host, &source, pass));
            match parsed {
                // A prediction needs no more than that there is nothing yet.
                Err(_) if host.checking() => Some(Vec::new()),
                parsed => {
                    let text = parsed?.text().into_bytes();
                    (args.force || known.as_ref() != Some(&text)).then_some(text)
                }
            }
        }
    };
    let (changed, backup) = made.write(host, content.as_deref())?;
    let outcome = told(&args, host, Outcome::changed_if(changed))?;
    Ok(outcome.with_some("backup_file", backup))
}

/// Returns the file with key and certificates; nothing where one that is there holds the same.
fn exported(args: &Args, host: &Host, known: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
    let wanted = wanted(args, host)?;
    let pass = args.passphrase.as_deref();
    let found = known.and_then(|known| Archive::read(host, known, pass).ok());
    if !args.force && found.is_some_and(|found| found.holds(host, &wanted)) {
        return Ok(None);
    }
    if host.checking() {
        return Ok(Some(Vec::new()));
    }
    if wanted.name.as_deref().is_none_or(str::is_empty) {
        return Err(Failure::new("Friendly_name is required"));
    }
    let rounds = match args.encryption_level {
        Level::Auto => None,
        Level::Compatibility2022 => Some(args.iter_size.unwrap_or(50_000)),
    };
    wanted.write(host, pass, rounds).map(Some)
}

/// Reads what the task names: key, certificate, further certificates.
fn wanted(args: &Args, host: &Host) -> Result<Archive> {
    let given = |content: &Option<String>, path: &Option<ArgPath>| match (content, path) {
        (Some(content), _) => Ok(Some(content.clone().into_bytes())),
        (None, Some(path)) => early(file(host, path)).map(Some),
        (None, None) => Ok(None),
    };
    let certificate = given(&args.certificate_content, &args.certificate_path)?;
    let key = given(&args.privatekey_content, &args.privatekey_path)?;
    let mut wanted = Archive { name: args.friendly_name.clone(), ..Archive::default() };
    let mut others = Vec::new();
    for path in args.other_certificates.iter().flatten() {
        others.push(early(file(host, path))?);
    }
    others.extend(
        args.other_certificates_content.iter().flatten().map(|one| one.clone().into_bytes()),
    );
    for pem in others {
        let mut found = archive::certificates(&String::from_utf8_lossy(&pem));
        if found.is_empty() {
            return early(Err(no_certificate(&pem)));
        }
        if !args.other_certificates_parse_all {
            found.truncate(1);
        }
        wanted.others.extend(found);
    }
    if let Some(key) = key.filter(|key| !key.is_empty()) {
        let pass = args.privatekey_passphrase.as_deref();
        public_key(host, &key, pass)?;
        let classic = classic_key(host, &key, pass)?;
        wanted.key = Some(String::from_utf8_lossy(&classic).into_owned());
    }
    if let Some(pem) = certificate.filter(|pem| !pem.is_empty()) {
        let der = from_pem(&pem, &["CERTIFICATE"]).ok_or_else(|| no_certificate(&pem))?;
        wanted.certificate = Some(der);
    }
    Ok(wanted)
}

/// What fails before the reference looks out for failures ends it as an exception.
fn early<T>(result: Result<T>) -> Result<T> {
    result.map_err(|failure| Failure::raised(failure.message))
}

fn no_certificate(pem: &[u8]) -> Failure {
    let delimiters = "BEGIN CERTIFICATE/END CERTIFICATE delimiters";
    Failure::new(not_pem(pem, delimiters, "certificate"))
}

fn file(host: &Host, path: &str) -> Result<Vec<u8>> {
    host.read_whole(path).map_err(|error| Failure::new(errno_of(&error, path)))
}

/// Adds what every result says.
fn told(args: &Args, host: &Host, mut outcome: Outcome) -> Result<Outcome> {
    outcome = outcome.with("filename", args.path.0.as_str());
    if let Some(path) = &args.privatekey_path {
        outcome = outcome.with("privatekey_path", path.0.as_str());
    }
    if args.return_content {
        let content = host.read(&*args.path).ok().flatten().filter(|bytes| !bytes.is_empty());
        outcome = outcome.with("pkcs12", content.map(|content| STANDARD.encode(content)));
    }
    if !host.checking()
        && let Some(found) = host.stat(&*args.path)?
    {
        use std::os::unix::fs::MetadataExt as _;
        outcome = outcome.with("mode", format!("{:04o}", found.mode() & 0o7777));
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
            if key.ends_with("path") || key == "src" {
                *value = folder.join(value.as_str().unwrap()).display().to_string().into();
            }
        }
        Json::Object(crate::find(module).unwrap().run(&args, &host))
    }

    #[test]
    fn a_key_and_its_certificate_go_in_and_come_out() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let key = json!({"path": "web.pem", "type": "ECC", "curve": "secp256r1"});
        let key = run("community.crypto.openssl_privatekey", folder, key);
        if key["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        let certificate =
            json!({"path": "web.crt", "privatekey_path": "web.pem", "provider": "selfsigned"});
        run("community.crypto.x509_certificate", folder, certificate);
        let p12 = |args: Json| run("community.crypto.openssl_pkcs12", folder, args);
        let mut args = json!({
            "path": "web.p12", "privatekey_path": "web.pem", "certificate_path": "web.crt",
            "passphrase": "secret", "friendly_name": "web",
        });
        let first = p12(args.clone());
        assert_eq!((&first["changed"], &first["mode"]), (&json!(true), &json!("0400")), "{first}");
        assert_eq!(p12(args.clone())["changed"], false);
        args["friendly_name"] = "mail".into();
        assert_eq!(p12(args.clone())["changed"], true);
        args["encryption_level"] = "compatibility2022".into();
        args["force"] = true.into();
        assert_eq!(p12(args.clone())["changed"], true);
        args["friendly_name"] = "".into();
        assert_eq!(p12(args)["msg"], "Friendly_name is required");
        let out = json!({
            "path": "all.pem", "action": "parse", "src": "web.p12", "passphrase": "secret",
        });
        assert_eq!(p12(out.clone())["changed"], true);
        assert_eq!(p12(out)["changed"], false);
        let text = std::fs::read_to_string(folder.join("all.pem")).unwrap();
        let known = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(text, known("web.pem") + &known("web.crt"));
        let wrong = json!({
            "path": "no.pem", "action": "parse", "src": "web.p12", "passphrase": "other",
        });
        assert_eq!(p12(wrong)["msg"], "Invalid password or PKCS12 data");
        assert_eq!(p12(json!({"path": "web.p12", "state": "absent"}))["changed"], true);
    }
}
