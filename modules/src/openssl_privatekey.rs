//! `openssl_privatekey`: a private key in a file.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result},
    openssl::{
        KeyFacts, Made, PASSPHRASE_FROM, fingerprints, folder_must_exist, look_at_key,
        openssl_gives, public_key,
    },
    spec::{ArgPath, Json, JsonMap},
    x509_certificate_info::about_key,
};

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
#[args(collection = "community.crypto", required_if("type", "ECC", "curve"))]
pub struct Args {
    /// File of the key
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Bits of an RSA or DSA key
    #[arg(default = "4096")]
    size: u64,
    /// Kind of the key
    #[arg(name = "type", default = "RSA")]
    kind: Kind,
    /// Curve of an ECC key
    curve: Option<Curve>,
    /// Passphrase that protects it
    #[arg(secret)]
    passphrase: Option<String>,
    /// Cipher that the passphrase is for
    #[arg(default = "auto")]
    cipher: String,
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// How it is written
    #[arg(default = "auto_ignore")]
    format: Format,
    /// What happens to a key that is written in another way
    #[arg(default = "regenerate")]
    format_mismatch: Mismatch,
    /// When another key may take the place of what is there
    #[arg(default = "full_idempotence")]
    regenerate: Regenerate,
    /// Whether a key that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the key
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
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[choice("DSA")]
    Dsa,
    #[choice("ECC")]
    Ecc,
    #[choice("Ed25519")]
    Ed25519,
    #[choice("Ed448")]
    Ed448,
    #[choice("RSA")]
    Rsa,
    #[choice("X25519")]
    X25519,
    #[choice("X448")]
    X448,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Curve {
    Secp224r1,
    Secp256k1,
    Secp256r1,
    Secp384r1,
    Secp521r1,
    Secp192r1,
    #[choice("brainpoolP256r1")]
    BrainpoolP256r1,
    #[choice("brainpoolP384r1")]
    BrainpoolP384r1,
    #[choice("brainpoolP512r1")]
    BrainpoolP512r1,
    Sect163k1,
    Sect163r2,
    Sect233k1,
    Sect233r1,
    Sect283k1,
    Sect283r1,
    Sect409k1,
    Sect409r1,
    Sect571k1,
    Sect571r1,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pkcs1,
    Pkcs8,
    Raw,
    Auto,
    AutoIgnore,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Mismatch {
    Regenerate,
    Convert,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regenerate {
    Never,
    Fail,
    PartialIdempotence,
    FullIdempotence,
    Always,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Auto,
    Cryptography,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    folder_must_exist(host, &args.path)?;
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o600 };
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        return Ok(removed
            .with("size", args.size)
            .with("type", args.kind.as_str())
            .with("fingerprint", Json::Null)
            .with("diff", serde_json::json!({ "before": {}, "after": {} })));
    }
    if host.is_folder(&args.path) {
        return Err(Failure::new(format!(
            "Error while loading {0} - [Errno 21] Is a directory: '{0}'",
            args.path.0
        )));
    }
    let pass = args.passphrase.as_deref();
    let before = host.read(&args.path)?;
    let plan = plan(&args, host, before.as_deref())?;
    let content = match plan {
        Plan::Keep => None,
        Plan::Convert => before.as_deref().map(|pem| in_format(&args, host, pem)).transpose()?,
        // Nobody needs a key that is not written.
        Plan::Make if host.checking() => Some(Vec::new()),
        Plan::Make => Some(make(&args, host)?),
    };
    let nothing = || Json::from(JsonMap::new());
    let look = |pem: Option<&[u8]>| pem.map_or_else(|| Ok(nothing()), |pem| shown(host, pem, pass));
    let old = look(before.as_deref())?;
    let (changed, backup) = made.write(host, content.as_deref())?;
    let fresh = content.filter(|content| !content.is_empty());
    let new = match (&fresh, plan) {
        (None, Plan::Keep | Plan::Convert) => old.clone(),
        (fresh, _) => look(fresh.as_deref())?,
    };
    let now = fresh.or(before.filter(|_| plan != Plan::Make));
    let mut outcome = Outcome::changed_if(changed)
        .with("filename", args.path.0.as_str())
        .with("type", args.kind.as_str())
        .with("size", args.size);
    if let Some(curve) = args.curve.filter(|_| args.kind == Kind::Ecc) {
        outcome = outcome.with("curve", curve.as_str());
    }
    outcome = outcome.with("diff", serde_json::json!({ "before": old, "after": new }));
    if let Some(pem) = &now {
        outcome = outcome.with("fingerprint", fingerprints(&public_key(host, pem, pass)?));
        if args.return_content {
            outcome = outcome.with("privatekey", String::from_utf8_lossy(pem).into_owned());
        }
    } else {
        outcome = outcome.with("fingerprint", serde_json::json!({}));
    }
    Ok(outcome.with_some("backup_file", backup))
}

/// A key as diffs show it: what everybody may know.
fn shown(host: &Host, pem: &[u8], passphrase: Option<&str>) -> Result<Json> {
    let mut values = JsonMap::new();
    let known = look_at_key(host, pem, passphrase)?;
    values.insert("can_parse_key".to_owned(), known.is_some().into());
    values.insert("key_is_consistent".to_owned(), Json::Null);
    if known.is_some() {
        about_key(&public_key(host, pem, passphrase)?, true, &mut values);
        for (name, renamed) in [("public_key_type", "type"), ("public_key_data", "public_data")] {
            if let Some(value) = values.remove(name) {
                values.insert(renamed.to_owned(), value);
            }
        }
    }
    Ok(values.into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    Keep,
    Convert,
    Make,
}

fn plan(args: &Args, host: &Host, before: Option<&[u8]>) -> Result<Plan> {
    let Some(pem) = before else { return Ok(Plan::Make) };
    if args.force || args.regenerate == Regenerate::Always {
        return Ok(Plan::Make);
    }
    if args.regenerate == Regenerate::Never {
        return Ok(Plan::Keep);
    }
    let known = look_at_key(host, pem, args.passphrase.as_deref())?;
    let encrypted = String::from_utf8_lossy(pem).contains("ENCRYPTED");
    // A passphrase for a key that has none is as wrong as none for one that has.
    let readable = known.filter(|_| encrypted == args.passphrase.is_some());
    let Some(facts) = readable else {
        return match args.regenerate {
            Regenerate::FullIdempotence => Ok(Plan::Make),
            _ => Err(Failure::new(
                "Unable to read the key. The key is protected with a another passphrase / no passphrase or broken. Will not proceed. To force regeneration, call the module with `generate` set to `full_idempotence` or `always`, or with `force=true`.",
            )),
        };
    };
    if !fits(args, &facts) {
        return match args.regenerate {
            Regenerate::Fail => Err(Failure::new(
                "Key has wrong type and/or size. Will not proceed. To force regeneration, call the module with `generate` set to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`.",
            )),
            _ => Ok(Plan::Make),
        };
    }
    let text = String::from_utf8_lossy(pem);
    let is_pkcs8 = text.contains("-----BEGIN PRIVATE KEY")
        || text.contains("-----BEGIN ENCRYPTED PRIVATE KEY");
    let wants_pkcs8 = match args.format {
        Format::AutoIgnore => return Ok(Plan::Keep),
        Format::Auto => !matches!(args.kind, Kind::Rsa | Kind::Dsa | Kind::Ecc),
        Format::Pkcs8 => true,
        Format::Pkcs1 | Format::Raw => false,
    };
    match (is_pkcs8 == wants_pkcs8, args.format_mismatch) {
        (true, _) => Ok(Plan::Keep),
        (false, Mismatch::Convert) => Ok(Plan::Convert),
        (false, Mismatch::Regenerate) if args.regenerate == Regenerate::Fail => Err(Failure::new(
            "Key has wrong format. Will not proceed. To force regeneration, call the module with `generate` set to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`. To convert the key, set `format_mismatch` to `convert`.",
        )),
        (false, Mismatch::Regenerate) => Ok(Plan::Make),
    }
}

fn fits(args: &Args, facts: &KeyFacts) -> bool {
    facts.kind == args.kind.as_str()
        && match args.kind {
            Kind::Rsa | Kind::Dsa => facts.size == args.size,
            Kind::Ecc => facts.curve.as_deref() == args.curve.map(|curve| curve.as_str()),
            _ => true,
        }
}

fn make(args: &Args, host: &Host) -> Result<Vec<u8>> {
    let bits = format!("rsa_keygen_bits:{}", args.size);
    let curve = args.curve.map(|curve| curve.as_str()).unwrap_or_default();
    let curve = format!(
        "ec_paramgen_curve:{}",
        match curve {
            "secp256r1" => "prime256v1",
            "secp192r1" => "prime192v1",
            other => other,
        }
    );
    if args.kind == Kind::Rsa && args.size < 512 {
        return Err(Failure::raised("key_size must be at least 512-bits."));
    }
    let what = "cannot make the key";
    let pem = match args.kind {
        Kind::Rsa => openssl_gives(
            host,
            what,
            &["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", &bits],
            b"",
            None,
        )
        .or_else(|_| {
            openssl_gives(
                host,
                what,
                &["genpkey", "-algorithm", "RSA", "-pkeyopt", &bits],
                b"",
                None,
            )
        })?,
        Kind::Ecc => openssl_gives(
            host,
            what,
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                &curve,
                "-pkeyopt",
                "ec_param_enc:named_curve",
            ],
            b"",
            None,
        )?,
        Kind::Dsa => {
            let size = args.size.to_string();
            let parameters =
                openssl_gives(host, what, &["dsaparam", "-outform", "PEM", &size], b"", None)?;
            openssl_gives(host, what, &["gendsa", "/dev/stdin"], &parameters, None)?
        }
        other => openssl_gives(host, what, &["genpkey", "-algorithm", other.as_str()], b"", None)?,
    };
    in_format(args, host, &pem)
}

/// The key in the way that is asked for, protected where a passphrase is given.
fn in_format(args: &Args, host: &Host, pem: &[u8]) -> Result<Vec<u8>> {
    let pass = args.passphrase.as_deref();
    let classic = match args.format {
        Format::Pkcs8 => false,
        Format::Auto | Format::AutoIgnore => matches!(args.kind, Kind::Rsa | Kind::Dsa | Kind::Ecc),
        Format::Pkcs1 | Format::Raw => true,
    };
    let serializes = match args.format {
        Format::Pkcs1 => matches!(args.kind, Kind::Rsa | Kind::Dsa | Kind::Ecc),
        Format::Raw => !matches!(args.kind, Kind::Rsa | Kind::Dsa | Kind::Ecc),
        _ => true,
    };
    if !serializes {
        return Err(Failure::new(format!(
            "Cryptography backend cannot serialize the private key in the required format \"{}\"",
            args.format.as_str()
        )));
    }
    if pass.is_some() && args.cipher != "auto" {
        return Err(Failure::new("Cryptography backend can only use \"auto\" for cipher option."));
    }
    let mut words = match (classic, args.kind) {
        (true, Kind::Rsa) => vec!["rsa", "-traditional"],
        (true, Kind::Ecc) => vec!["ec"],
        (true, Kind::Dsa) => vec!["dsa"],
        _ => vec!["pkey"],
    };
    if pass.is_some() {
        words.extend(["-passin", PASSPHRASE_FROM, "-passout", PASSPHRASE_FROM, "-aes-256-cbc"]);
    }
    let written = openssl_gives(host, "cannot write the key", &words, pem, pass);
    match written {
        // Before version 3 the classic way was the only one, and had no option.
        Err(_) if words[1..].first() == Some(&"-traditional") => {
            words.remove(1);
            openssl_gives(host, "cannot write the key", &words, pem, pass)
        }
        written => written,
    }
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
