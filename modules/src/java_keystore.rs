//! `java_keystore`: a key and its certificate in a keystore of Java's.

use std::io::Write;

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Command, Failure, FileAttributes, Host, Outcome, Output, Result},
    java_cert::Kept,
    spec::ArgPath,
};

/// Makes a keystore of Java's with a key and its certificate
///
/// The host needs `openssl` and `keytool`.
///
/// # Examples
/// ```yaml
/// - name: Give the application its certificate
///   community.general.java_keystore:
///     name: app
///     certificate_path: /etc/ssl/app.pem
///     private_key_path: /etc/ssl/private/app.key
///     password: "{{ keystore_password }}"
///     dest: /srv/app/keystore.p12
///     keystore_type: pkcs12
///     mode: '0640'
///
/// - name: Make one of texts that a vault holds
///   community.general.java_keystore:
///     name: app
///     certificate: "{{ app_certificate }}"
///     private_key: "{{ app_key }}"
///     private_key_passphrase: "{{ app_key_passphrase }}"
///     password: "{{ keystore_password }}"
///     dest: /srv/app/keystore.jks
///     owner: app
///     mode: '0400'
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    required_one_of("certificate", "certificate_path"),
    required_one_of("private_key", "private_key_path"),
    mutually_exclusive("certificate", "certificate_path"),
    mutually_exclusive("private_key", "private_key_path")
)]
pub struct Args {
    /// Name of the key in the keystore
    name: String,
    /// The keystore
    dest: ArgPath,
    /// The certificate itself
    #[arg(secret)]
    certificate: Option<String>,
    /// File with the certificate
    certificate_path: Option<ArgPath>,
    /// The key itself
    #[arg(secret)]
    private_key: Option<String>,
    /// File with the key
    private_key_path: Option<ArgPath>,
    /// Passphrase of the key
    #[arg(secret)]
    private_key_passphrase: Option<String>,
    /// Password of the keystore
    #[arg(secret)]
    password: String,
    /// What would put key and certificate together; here it is OpenSSL either way
    #[arg(default = "openssl")]
    ssl_backend: Backend,
    /// Type of the keystore; that of this version of Java where nothing is said
    keystore_type: Option<Type>,
    /// Whether it is made anew although the certificate is the same
    #[arg(default = "false")]
    force: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Openssl,
    Cryptography,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Type {
    Jks,
    Pkcs12,
}

/// The programs, and the files that they read.
struct Work<'a> {
    args: &'a Args,
    keytool: String,
    openssl: String,
    certificate: Kept<'a>,
    key: Kept<'a>,
    host: &'a Host,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let keytool = host.required("keytool")?;
    let openssl = host.required("openssl")?;
    let kept = |path: &Option<ArgPath>, text: &Option<String>| match path {
        Some(path) => Ok(Kept { path: path.0.clone(), host: None }),
        None => Kept::of(text.as_deref().unwrap_or_default().as_bytes(), host),
    };
    let certificate = kept(&args.certificate_path, &args.certificate)?;
    let key = kept(&args.private_key_path, &args.private_key)?;
    let work = Work { args: &args, keytool, openssl, certificate, key, host };
    let dest = args.dest.0.as_str();
    let mut outcome = if !host.exists(dest) || args.force || work.differs()? {
        if host.checking() {
            return Ok(Outcome::changed_if(true));
        }
        work.make()?
    } else {
        Outcome::changed_if(false)
    };
    let diff = &mut AttributeDiff::default();
    outcome.changed = host.set_attributes(dest, &args.attributes, outcome.changed, diff)?;
    Ok(outcome)
}

fn in_english(words: Vec<String>) -> Command {
    Command::new(words).env("LANG", "C").env("LC_ALL", "C").env("LC_MESSAGES", "C")
}

fn failed(command: &Command, output: &Output) -> Failure {
    Failure::new(output.text())
        .with("cmd", command.argv.clone())
        .with("rc", output.status)
        .with("err", output.error_text())
}

/// What follows a text up to the end of the hexadecimal pairs that begin there.
fn pairs_after<'t>(text: &'t str, begin: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(begin)?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '_';
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    (end > 0).then_some(&rest[..end])
}

impl Work<'_> {
    /// Whether the keystore has another certificate, another type or another password.
    fn differs(&self) -> Result<bool> {
        let path = self.certificate.path.as_str();
        let words = [&self.openssl, "x509", "-noout", "-in", path, "-fingerprint", "-sha256"];
        let command = in_english(words.map(ToOwned::to_owned).into());
        let output = self.host.run(&command)?;
        if !output.success() {
            return Err(failed(&command, &output));
        }
        let text = output.text();
        let wanted = pairs_after(&text, "=").ok_or_else(|| {
            Failure::new(format!("Unable to find the current certificate fingerprint in {text}"))
                .with("cmd", command.argv.clone())
                .with("rc", 0)
        })?;
        Ok(self.stored()?.as_deref() != Some(wanted))
    }

    /// What identifies the certificate of the keystore; `None` where it cannot be this one.
    fn stored(&self) -> Result<Option<String>> {
        let (name, dest) = (self.args.name.as_str(), self.args.dest.0.as_str());
        let words = [&self.keytool, "-list", "-alias", name, "-keystore", dest, "-v"];
        let command = in_english(words.map(ToOwned::to_owned).into())
            .stdin(format!("{}\n", self.args.password));
        let output = self.host.run(&command)?;
        let text = output.text();
        if !output.success() {
            let unknown =
                format!("keytool error: java.lang.Exception: Alias <{name}> does not exist");
            let locked = ["Keystore", "keystore"].iter().any(|word| {
                let rest = text.strip_prefix("keytool error: java.io.IOException: ");
                rest.and_then(|rest| rest.strip_prefix(word)).is_some_and(|rest| {
                    let rest = rest.strip_prefix(" was tampered with, or").unwrap_or(rest);
                    rest.starts_with(" password was incorrect")
                })
            });
            if text.contains(&unknown) || locked {
                return Ok(None);
            }
            return Err(failed(&command, &output));
        }
        let bytes = self.host.read(dest)?.unwrap_or_default();
        let now = if bytes.starts_with(b"\xfe\xed\xfe\xed") { Type::Jks } else { Type::Pkcs12 };
        if self.args.keystore_type.is_some_and(|wanted| wanted != now) {
            return Ok(None);
        }
        match pairs_after(&text, "SHA256: ") {
            Some(found) => Ok(Some(found.to_owned())),
            None => Err(Failure::new(format!(
                "Unable to find the stored certificate fingerprint in {text}"
            ))
            .with("cmd", command.argv)
            .with("rc", 0)),
        }
    }

    /// Makes the keystore, or another one in its place.
    fn make(&self) -> Result<Outcome> {
        let (args, host, dest) = (self.args, self.host, self.args.dest.0.as_str());
        let archive = Kept::of(b"", host)?;
        let words = [&self.openssl, "pkcs12", "-export", "-name", &args.name, "-in"];
        let mut words: Vec<String> = words.map(ToOwned::to_owned).into();
        let files = [&self.certificate.path, "-inkey", &self.key.path, "-out", &archive.path];
        words.extend(files.map(ToOwned::to_owned));
        words.extend(["-passout", "stdin"].map(ToOwned::to_owned));
        let mut input = format!("{0}\n{0}\n", args.password);
        if let Some(phrase) = args.private_key_passphrase.as_ref().filter(|one| !one.is_empty()) {
            words.extend(["-passin", "stdin"].map(ToOwned::to_owned));
            input = format!("{phrase}\n{input}");
        }
        let command = in_english(words).stdin(input);
        let output = host.run(&command)?;
        if !output.success() {
            return Err(failed(&command, &output));
        }
        if args.keystore_type == Some(Type::Pkcs12) {
            let bytes = host.read(&archive.path)?.unwrap_or_default();
            host.replace(dest, None, |file| file.write_all(&bytes))?;
            let told = Outcome::changed_if(true).with("changed", true);
            return Ok(match args.ssl_backend {
                Backend::Openssl => told
                    .with("msg", output.text())
                    .with("cmd", command.argv)
                    .with("rc", output.status),
                Backend::Cryptography => {
                    told.with("msg", "PKCS#12 bundle created by cryptography backend")
                }
            });
        }
        self.import(&archive.path)
    }

    /// Lets `keytool` make the keystore; the one that was there comes back where it does not.
    fn import(&self, archive: &str) -> Result<Outcome> {
        let (args, host, dest) = (self.args, self.host, self.args.dest.0.as_str());
        let mut words = vec![self.keytool.as_str(), "-importkeystore", "-destkeystore", dest];
        if args.keystore_type == Some(Type::Jks) {
            let help = [self.keytool.as_str(), "-importkeystore", "-help"];
            let help = host.run(&Command::new(help))?;
            if (help.text() + &help.error_text()).contains("-deststoretype") {
                words.extend(["-deststoretype", "jks"]);
            }
        }
        words.extend(["-srckeystore", archive, "-srcstoretype", "pkcs12"]);
        words.extend(["-alias", &args.name, "-noprompt"]);
        let command = in_english(words.into_iter().map(ToOwned::to_owned).collect());
        let command = command.stdin(format!("{0}\n{0}\n{0}\n", args.password));
        let before = host.exists(dest).then(|| format!("{dest}.tmpbak"));
        if let Some(kept) = &before {
            host.rename(dest, kept)?;
        }
        let output = host.run(&command)?;
        // It may say that all is well where there is no keystore.
        if !output.success() || !host.exists(dest) {
            if let Some(kept) = &before {
                host.rename(kept, dest)?;
            }
            return Err(failed(&command, &output));
        }
        if let Some(kept) = &before {
            host.unlink(kept)
                .map_err(|error| Failure::io(format!("cannot remove `{kept}`"), &error))?;
        }
        Ok(Outcome::changed_if(true)
            .with("changed", true)
            .with("msg", output.text())
            .with("cmd", command.argv)
            .with("rc", output.status))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const NEW: &str = "sha256 Fingerprint=AA:BB\n";

    fn host() -> TestHost {
        let files = [("/bin/openssl", ""), ("/bin/keytool", ""), ("/s", "PK")];
        let host = TestHost::with(&files).executable(&["/bin/openssl", "/bin/keytool"]);
        host.answer("/bin/openssl x509 -noout -in /c -fingerprint -sha256", 0, NEW)
    }

    fn stored(status: i32, said: &str) -> TestHost {
        host().answer("/bin/keytool -list -alias a -keystore /s -v", status, said)
    }

    fn keystore(host: &Host, args: Value) -> Value {
        let mut given = json!({"name": "a", "dest": "/s", "certificate_path": "/c",
            "private_key_path": "/k", "password": "secret"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("java_keystore").unwrap().run(&given, host))
    }

    #[test]
    fn a_keystore_with_the_certificate_stays() {
        let same = stored(0, "x\n\t SHA256: AA:BB\n");
        assert_eq!(keystore(&same, json!({}))["changed"], false);
        for (status, said, args) in [
            (0, "SHA256: AA:CC\n", json!({})),
            (0, "SHA256: AA:BB\n", json!({"keystore_type": "jks"})),
            (1, "keytool error: java.lang.Exception: Alias <a> does not exist\n", json!({})),
            (1, "keytool error: java.io.IOException: keystore password was incorrect\n", json!({})),
            (0, "", json!({"force": true})),
        ] {
            let other = stored(status, said).check();
            assert_eq!(keystore(&other, args), json!({"changed": true}), "{said}");
        }
    }

    #[test]
    fn what_the_programs_refuse_is_told() {
        let odd = stored(1, "keytool error: java.io.IOException: Invalid keystore format\n");
        let result = keystore(&odd, json!({}));
        assert_eq!(result["msg"], "keytool error: java.io.IOException: Invalid keystore format\n");
        let none = stored(0, "nothing\n");
        assert_eq!(
            keystore(&none, json!({}))["msg"],
            "Unable to find the stored certificate fingerprint in nothing\n"
        );
        let missing = keystore(&TestHost::with(&[]), json!({"certificate": "PEM TEXT"}));
        assert_eq!(
            missing["msg"],
            "parameters are mutually exclusive: certificate|certificate_path"
        );
    }
}
