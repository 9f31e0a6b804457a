//! What is in a file of PKCS #12, and such files by `openssl`.

use crate::{
    host::{Failure, Host, Result},
    openssl::{PASSPHRASE_FROM, classic_key, openssl, public_key},
    x509::{Temporary, from_pem, to_pem},
    x509_certificate_info::Certificate,
};

/// A key, its certificate and others.
#[derive(Default)]
pub(super) struct Archive {
    /// In the classic format.
    pub(super) key: Option<String>,
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) others: Vec<Vec<u8>>,
    pub(super) name: Option<String>,
}

/// Returns the certificates in a text.
pub(super) fn certificates(text: &str) -> Vec<Vec<u8>> {
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let whole = blocks.map(|block| format!("-----BEGIN CERTIFICATE-----{block}"));
    whole.filter_map(|block| from_pem(block.as_bytes(), &["CERTIFICATE"])).collect()
}

impl Archive {
    /// Takes a file apart.
    pub(super) fn read(host: &Host, content: &[u8], passphrase: Option<&str>) -> Result<Archive> {
        let from = if passphrase.is_some() { PASSPHRASE_FROM } else { "pass:" };
        let words = ["pkcs12", "-nodes", "-passin", from];
        let mut output = openssl(host, &words, content, passphrase)?;
        if !output.success() && output.error_text().contains("unsupported") {
            // What old programs wrote needs ciphers that are not at hand by themselves.
            let words = [words.as_slice(), &["-legacy"]].concat();
            output = openssl(host, &words, content, passphrase)?;
        }
        if !output.success() {
            return Err(Failure::new("Invalid password or PKCS12 data"));
        }
        let text = output.text();
        let mut found = Archive { others: certificates(&text), ..Archive::default() };
        if let Some((before, rest)) = text.split_once("-----BEGIN PRIVATE KEY-----")
            && let Some((body, _)) = rest.split_once("-----END PRIVATE KEY-----")
        {
            let pem = format!("-----BEGIN PRIVATE KEY-----{body}-----END PRIVATE KEY-----\n");
            let classic = classic_key(host, pem.as_bytes(), None)?;
            let public = public_key(host, &classic, None)?;
            let own = |der: &Vec<u8>| Certificate::of(der).is_some_and(|one| one.key == public);
            if let Some(at) = found.others.iter().position(own) {
                found.certificate = Some(found.others.remove(at));
            }
            found.key = Some(String::from_utf8_lossy(&classic).into_owned());
            // Of the key's own attributes, which stand right before it, or of its certificate's.
            let named = |part: &str| {
                let (_, rest) = part.rsplit_once("friendlyName: ")?;
                Some(rest.lines().next()?.trim_end().to_owned())
            };
            found.name = named(before.rsplit("-----END").next().unwrap_or_default())
                .or_else(|| named(&text));
        }
        Ok(found)
    }

    /// Returns whether it holds the same as another one.
    pub(super) fn holds(&self, host: &Host, wanted: &Archive) -> bool {
        let public = |archive: &Archive| {
            let key = archive.key.as_ref()?;
            public_key(host, key.as_bytes(), None).ok()
        };
        let all = |archive: &Archive| {
            let mut all = archive.others.clone();
            // Nobody can tell which one is a missing key's own.
            all.extend(archive.certificate.clone().filter(|_| self.key.is_none()));
            all.sort_unstable();
            all.dedup();
            all
        };
        let own = self.key.is_none() || self.certificate == wanted.certificate;
        let filled = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        public(self) == public(wanted)
            && own
            && all(self) == all(wanted)
            && (self.key.is_none() || filled(&self.name) == filled(&wanted.name))
    }

    /// Returns all of it as PEM.
    pub(super) fn text(&self) -> String {
        let mut text = self.key.clone().unwrap_or_default();
        for der in self.certificate.iter().chain(&self.others) {
            text.push_str(&to_pem("CERTIFICATE", der));
        }
        text
    }

    /// Makes the file; `rounds` are those of the protection that old programs know.
    pub(super) fn write(
        &self,
        host: &Host,
        passphrase: Option<&str>,
        rounds: Option<i64>,
    ) -> Result<Vec<u8>> {
        let content = Temporary::new(host, self.text().as_bytes())?;
        let name = self.name.as_deref().unwrap_or_default();
        let mut words = vec!["pkcs12", "-export", "-in", &content.path, "-name", name];
        if self.key.is_none() {
            words.push("-nokeys");
        }
        let passphrase = passphrase.filter(|passphrase| !passphrase.is_empty());
        let count = rounds.unwrap_or_default().to_string();
        let (cipher, sum) = match (passphrase, rounds) {
            (None, _) => ("NONE", "sha256"),
            (Some(_), None) => ("AES-256-CBC", "sha256"),
            (Some(_), Some(_)) => ("PBE-SHA1-3DES", "sha1"),
        };
        words.extend(["-keypbe", cipher, "-certpbe", cipher, "-macalg", sum, "-passout"]);
        words.push(if passphrase.is_some() { PASSPHRASE_FROM } else { "pass:" });
        if rounds.is_some() {
            words.extend(["-iter", &count]);
        }
        let output = openssl(host, &words, b"", passphrase)?;
        if output.success() {
            return Ok(output.stdout);
        }
        let reason = output.error_text();
        let reason = reason.lines().next().unwrap_or_default();
        Err(Failure::new(format!("cannot write the file: {reason}")))
    }
}
