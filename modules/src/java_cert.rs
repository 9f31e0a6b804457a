//! `java_cert`: certificates that Java trusts.

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Command, Failure, FileAttributes, Host, Outcome, Output, Result},
    spec::ArgPath,
};

/// Adds a certificate to a keystore of Java's, or removes it
///
/// # Examples
/// ```yaml
/// - name: Trust our own authority
///   community.general.java_cert:
///     cert_path: /etc/ssl/our-ca.pem
///     cert_alias: our-ca
///     keystore_path: /etc/ssl/certs/java/cacerts
///     keystore_pass: changeit
///     trust_cacert: true
///
/// - name: Trust what a server shows
///   community.general.java_cert:
///     cert_url: ldap.example.org
///     cert_port: 636
///     keystore_path: /srv/app/trust.jks
///     keystore_pass: "{{ trust_password }}"
///     keystore_create: true
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    mutually_exclusive("cert_url", "cert_path", "cert_content", "pkcs12_path"),
    required_together("keystore_path", "keystore_pass")
)]
pub struct Args {
    /// Server whose certificate it is
    cert_url: Option<String>,
    /// Port of the server
    #[arg(default = "443")]
    cert_port: i64,
    /// File with the certificate
    cert_path: Option<ArgPath>,
    /// The certificate itself
    cert_content: Option<String>,
    /// Name that it has in the keystore; the server's where nothing is said
    cert_alias: Option<String>,
    /// Whether those of authorities count as trusted
    #[arg(default = "false")]
    trust_cacert: bool,
    /// PKCS#12 archive to import from
    pkcs12_path: Option<ArgPath>,
    /// Password of the archive
    #[arg(secret)]
    pkcs12_password: Option<String>,
    /// Name in the archive
    pkcs12_alias: Option<String>,
    /// The keystore
    keystore_path: Option<ArgPath>,
    /// Password of the keystore
    #[arg(secret)]
    keystore_pass: String,
    /// Whether a keystore is made where there is none
    #[arg(default = "false")]
    keystore_create: bool,
    /// Type of the keystore
    keystore_type: Option<String>,
    /// Java's `keytool`
    #[arg(default = "keytool")]
    executable: String,
    /// Whether the certificate should be there
    #[arg(default = "present")]
    state: State,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

impl Args {
    fn alias(&self) -> Option<&str> {
        given(self.cert_alias.as_ref()).or(self.cert_url.as_deref())
    }

    fn store(&self) -> &str {
        self.keystore_path.as_ref().map_or("", |path| &path.0)
    }

    fn check(&self) -> Result<()> {
        let one = match self.state {
            State::Present => {
                self.cert_path.is_some()
                    || self.cert_url.is_some()
                    || self.cert_content.is_some()
                    || self.pkcs12_path.is_some()
            }
            State::Absent => self.cert_url.is_some() || self.cert_alias.is_some(),
        };
        if !one {
            let (state, names) = match self.state {
                State::Present => ("present", "cert_path, cert_url, cert_content, pkcs12_path"),
                State::Absent => ("absent", "cert_url, cert_alias"),
            };
            return Err(Failure::new(format!(
                "state is {state} but any of the following are missing: {names}"
            )));
        }
        if given(self.cert_path.as_ref().map(|path| &path.0)).is_some() && self.alias().is_none() {
            return Err(Failure::new(format!(
                "Using local path import from {} requires alias argument.",
                self.keystore_path.as_ref().map_or("None", |path| &path.0)
            )));
        }
        Ok(())
    }

    /// A call of `keytool` for the keystore, which asks for these lines.
    fn keytool(&self, words: &[&str], input: &str) -> Command {
        let mut argv = vec![self.executable.as_str()];
        argv.extend(words);
        if let Some(kind) = given(self.keystore_type.as_ref()) {
            argv.extend(["-storetype", kind]);
        }
        Command::new(argv).stdin(format!("{input}\n"))
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    args.check()?;
    let openssl = host.required("openssl")?;
    host.must(&Command::new([args.executable.as_str()]))?;
    let store = args.store();
    if !args.keystore_create && !host.exists(store) {
        return Err(Failure::new(format!(
            "Module require existing keystore at keystore_path '{store}'"
        )));
    }
    let alias = args.alias().unwrap_or_default();
    let words = ["-list", "-keystore", store, "-alias", alias, "-rfc"];
    let now = host.run(&args.keytool(&words, &args.keystore_pass))?;
    let now = now.success().then_some(now.stdout);
    let mut outcome = Outcome::changed_if(false);
    if args.state == State::Absent {
        if now.is_some() {
            outcome = remove(&args, alias, host)?;
        }
    } else if let Some(told) = add(&args, alias, now.as_deref(), &openssl, host)? {
        outcome = told;
    }
    if host.checking() && outcome.changed {
        return Ok(outcome);
    }
    if host.exists(store) {
        let diff = &mut AttributeDiff::default();
        outcome.changed = host.set_attributes(store, &args.attributes, outcome.changed, diff)?;
    }
    Ok(outcome)
}

/// What a change did, as the result tells it.
fn told(command: &Command, output: &Output, before: &str, after: Option<String>) -> Outcome {
    let out = output.text();
    Outcome::changed_if(true)
        .with("changed", true)
        .with("msg", out.as_str())
        .with("rc", output.status)
        .with("cmd", command.argv.clone())
        .with("stdout", out.as_str())
        .with("error", output.error_text())
        .with("diff", serde_json::json!({ "before": before, "after": after }))
}

fn refused(command: &Command, output: &Output) -> Failure {
    Failure::new(output.text())
        .with("rc", output.status)
        .with("cmd", command.argv.clone())
        .with("error", output.error_text())
}

fn remove(args: &Args, alias: &str, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::changed_if(true));
    }
    let words = ["-delete", "-noprompt", "-keystore", args.store(), "-alias", alias];
    let command = args.keytool(&words, &args.keystore_pass);
    let output = host.must(&command)?;
    Ok(told(&command, &output, &format!("{alias}\n"), None))
}

/// Adds the certificate where the keystore does not have it; `None` where it has.
fn add(
    args: &Args,
    alias: &str,
    now: Option<&[u8]>,
    openssl: &str,
    host: &Host,
) -> Result<Option<Outcome>> {
    let before = now.map(|text| digest(text, openssl, host)).transpose()?;
    let new = certificate(args, host)?;
    if before.as_ref() == Some(&digest(&new, openssl, host)?) {
        return Ok(None);
    }
    if host.checking() {
        return Ok(Some(Outcome::changed_if(true)));
    }
    if now.is_some() {
        remove(args, alias, host)?;
    }
    let after = Some(format!("{alias}\n"));
    let store = args.store();
    let password = &args.keystore_pass;
    if let Some(archive) = &args.pkcs12_path {
        let mut words =
            vec!["-importkeystore", "-noprompt", "-srcstoretype", "pkcs12", "-srckeystore"];
        words.extend([archive.0.as_str(), "-destkeystore", store]);
        if !alias.is_empty() {
            words.extend(["-destalias", alias]);
        }
        if let Some(name) = given(args.pkcs12_alias.as_ref()) {
            words.extend(["-srcalias", name]);
        }
        let theirs = args.pkcs12_password.as_deref().unwrap_or("None");
        let mut input = format!("{password}\n{theirs}");
        if !host.exists(store) {
            input = format!("{password}\n{input}");
        }
        let command = args.keytool(&words, &input);
        let output = host.run(&command)?;
        if !output.success() || !host.exists(store) {
            return Err(refused(&command, &output));
        }
        return Ok(Some(told(&command, &output, "\n", after)));
    }
    let kept = match &args.cert_path {
        Some(path) => Kept { path: path.0.clone(), host: None },
        None => Kept::of(&new, host)?,
    };
    let words =
        ["-importcert", "-noprompt", "-keystore", store, "-file", &kept.path, "-alias", alias];
    let mut command = args.keytool(&words, &format!("{password}\n{password}"));
    command.argv.extend(args.trust_cacert.then(|| "-trustcacerts".to_owned()));
    let output = host.run(&command)?;
    if !output.success() {
        return Err(refused(&command, &output));
    }
    Ok(Some(told(&command, &output, "\n", after)))
}

/// The certificate that should be there, of an archive or a server as `keytool` prints it.
fn certificate(args: &Args, host: &Host) -> Result<Vec<u8>> {
    if let Some(archive) = &args.pkcs12_path {
        let mut words = vec![args.executable.as_str(), "-list", "-noprompt", "-keystore"];
        words.extend([archive.0.as_str(), "-storetype", "pkcs12", "-rfc"]);
        if let Some(name) = given(args.pkcs12_alias.as_ref()) {
            words.extend(["-alias", name]);
        }
        let password = args.pkcs12_password.as_deref().unwrap_or_default();
        let output = host.run(&Command::new(words).stdin(format!("{password}\n")))?;
        if output.success() {
            return Ok(output.stdout);
        }
        return Err(Failure::new(format!(
            "Internal module failure, cannot extract public certificate from PKCS12, message: {}",
            output.text()
        ))
        .with("stderr", output.error_text())
        .with("rc", output.status));
    }
    if let Some(path) = &args.cert_path {
        return host.read_whole(&path.0).map_err(|error| {
            let reason = crate::host::errno_of(&error, &path.0);
            Failure::new(format!(
                "Internal module failure, cannot extract certificate, error: {reason}"
            ))
        });
    }
    if let Some(content) = &args.cert_content {
        return Ok(content.clone().into_bytes());
    }
    let server = args.cert_url.as_deref().unwrap_or_default();
    let mut words: Vec<String> = [args.executable.as_str(), "-printcert", "-rfc", "-sslserver"]
        .map(ToOwned::to_owned)
        .into();
    words.extend(proxy(host));
    words.push(format!("{server}:{}", args.cert_port));
    let command = Command::new(words);
    let output = host.run(&command)?;
    if output.success() {
        return Ok(output.stdout);
    }
    Err(Failure::new(format!(
        "Internal module failure, cannot download certificate, error: {}",
        output.error_text()
    ))
    .with("rc", output.status)
    .with("cmd", command.argv))
}

/// The options of Java for the proxy that the environment names.
fn proxy(host: &Host) -> Vec<String> {
    let proxy = host.env("https_proxy").or_else(|| host.env("HTTPS_PROXY")).unwrap_or_default();
    let place = proxy.split_once("://").map_or(proxy.as_str(), |(_, rest)| rest);
    let place = place.split('/').next().unwrap_or_default();
    let Some((name, port)) = place.split_once(':') else { return Vec::new() };
    let mut words =
        vec![format!("-J-Dhttps.proxyHost={name}"), format!("-J-Dhttps.proxyPort={port}")];
    if let Some(direct) = host.env("no_proxy") {
        // Java wants a star where others leave it out.
        let direct = direct
            .split(',')
            .map(|name| if name.starts_with('.') { format!("*{name}") } else { name.to_owned() });
        let direct: Vec<String> = direct.collect();
        words.push(format!("-J-Dhttp.nonProxyHosts={}", direct.join("|")));
    }
    words
}

/// Returns what identifies the first certificate of a text, or one without armour.
fn digest(certificate: &[u8], openssl: &str, host: &Host) -> Result<Vec<u8>> {
    let words = [openssl, "x509", "-outform", "der"];
    let command = Command::new(words).stdin(certificate);
    let mut output = host.run(&command)?;
    if !output.success() {
        let binary = Command::new(words.iter().copied().chain(["-inform", "der"]));
        output = host.run(&binary.stdin(certificate))?;
    }
    if output.success() {
        return Ok(output.stdout);
    }
    Err(Failure::new(format!(
        "Internal module failure, cannot extract certificate, error: {}",
        output.error_text()
    ))
    .with("rc", output.status)
    .with("cmd", command.argv))
}

/// A file for programs, which goes again when it is one of ours.
pub(crate) struct Kept<'a> {
    pub(crate) path: String,
    pub(crate) host: Option<&'a Host>,
}

impl Kept<'_> {
    pub(crate) fn of<'a>(text: &[u8], host: &'a Host) -> Result<Kept<'a>> {
        let cannot = |error| Failure::io("cannot keep the certificate", &error);
        let path = host.create_temporary("/tmp", "certificate", "", false).map_err(cannot)?;
        let kept = Kept { path, host: Some(host) };
        // Programs read it in check mode, too.
        std::fs::write(host.path(&kept.path), text).map_err(cannot)?;
        Ok(kept)
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if let Some(host) = self.host {
            // Nobody is told: others may not read it, and the folder is cleaned.
            let _ = host.unlink(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        let files = [("/bin/openssl", ""), ("/bin/keytool", ""), ("/s", ""), ("/c", "PEM")];
        TestHost::with(&files)
            .executable(&["/bin/openssl", "/bin/keytool"])
            .answer("keytool", 0, "")
    }

    /// A host whose keystore has this certificate.
    fn has(certificate: Option<&str>) -> TestHost {
        let list = "keytool -list -keystore /s -alias a -rfc";
        let host = host().answer(list, i32::from(certificate.is_none()), "");
        match certificate {
            Some(digest) => host.answer("/bin/openssl x509 -outform der", 0, digest),
            None => host,
        }
    }

    fn cert(host: &Host, args: Value) -> Value {
        let mut given =
            json!({"keystore_path": "/s", "keystore_pass": "secret", "cert_alias": "a"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        given.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("java_cert").unwrap().run(&given, host))
    }

    const NEW: (&str, i32, &str) = ("/bin/openssl x509 -outform der", 0, "new");

    #[test]
    fn a_certificate_is_imported_where_it_differs() {
        let args = json!({"cert_path": "/c", "trust_cacert": true});
        let same = has(Some("new")).answer(NEW.0, NEW.1, NEW.2);
        assert_eq!(cert(&same, args.clone())["changed"], false);
        let import = "keytool -importcert -noprompt -keystore /s -file /c -alias a -trustcacerts";
        let other = has(Some("old"))
            .answer(NEW.0, NEW.1, NEW.2)
            .answer("keytool -delete -noprompt -keystore /s -alias a", 0, "")
            .answer(import, 0, "added");
        let result = cert(&other, args.clone());
        assert_eq!((&result["changed"], &result["stdout"]), (&json!(true), &json!("added")));
        assert_eq!(result["diff"], json!({"before": "\n", "after": "a\n"}));
        let check = has(None).answer(NEW.0, NEW.1, NEW.2).check();
        assert_eq!(cert(&check, args), json!({"changed": true}));
    }

    #[test]
    fn an_archive_and_a_server_give_certificates() {
        let archive = has(None)
            .answer("keytool -list -noprompt -keystore /p -storetype pkcs12 -rfc -alias 1", 0, "PEM")
            .answer(NEW.0, NEW.1, NEW.2)
            .answer(
                "keytool -importkeystore -noprompt -srcstoretype pkcs12 -srckeystore /p -destkeystore /s -destalias a -srcalias 1",
                0,
                "",
            );
        let args = json!({"pkcs12_path": "/p", "pkcs12_alias": "1", "pkcs12_password": "x"});
        assert_eq!(cert(&archive, args)["changed"], true);
        let server = has(None).answer("keytool -printcert -rfc -sslserver h:8443", 1, "");
        let result = cert(&server, json!({"cert_url": "h", "cert_port": 8443}));
        assert_eq!(result["msg"], "Internal module failure, cannot download certificate, error: ");
    }

    #[test]
    fn a_certificate_is_removed() {
        let gone = cert(&has(None), json!({"state": "absent"}));
        assert_eq!(gone, json!({"changed": false}));
        let list = "keytool -list -keystore /s -alias a -rfc";
        let there = host().answer(list, 0, "PEM").answer(
            "keytool -delete -noprompt -keystore /s -alias a",
            0,
            "",
        );
        let result = cert(&there, json!({"state": "absent"}));
        assert_eq!(result["diff"], json!({"before": "a\n", "after": null}));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |args| cert(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({})),
            "state is present but any of the following are missing: cert_path, cert_url, cert_content, pkcs12_path"
        );
        assert_eq!(
            message(json!({"cert_path": "/c", "cert_alias": null})),
            "Using local path import from /s requires alias argument."
        );
        assert_eq!(
            message(json!({"cert_path": "/c", "keystore_path": "/none"})),
            "Module require existing keystore at keystore_path '/none'"
        );
    }
}
