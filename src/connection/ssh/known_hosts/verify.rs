//! The decision about a host's key.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use russh::keys::{Algorithm, Certificate, EcdsaCurve, HashAlg, PublicKey, PublicKeyOrCertificate};

use super::entry::{Entry, Marker, lookup_name};
use super::{Store, learn};
use crate::connection::ssh::pattern::{self, Verdict};
use crate::connection::{Error, ErrorKind, Prompter, Question};

/// What to do with a key that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connection::ssh) enum Strictness {
    /// Refuse it.
    Yes,
    /// Ask the operator; refuse where nobody can be asked.
    Ask,
    /// Learn it, but refuse a changed one.
    AcceptNew,
    /// Learn it, and go on without passwords even when it has changed.
    No,
}

/// Everything that decides whether a host is the one it should be.
pub(in crate::connection::ssh) struct Verifier {
    /// The host's name, or its `HostKeyAlias`.
    pub(in crate::connection::ssh) host: String,
    pub(in crate::connection::ssh) port: u16,
    pub(in crate::connection::ssh) is_alias: bool,
    pub(in crate::connection::ssh) user_files: Vec<PathBuf>,
    pub(in crate::connection::ssh) global_files: Vec<PathBuf>,
    pub(in crate::connection::ssh) strictness: Strictness,
    pub(in crate::connection::ssh) hash_names: bool,
    pub(in crate::connection::ssh) store: Arc<Store>,
    pub(in crate::connection::ssh) prompter: Arc<dyn Prompter>,
    /// Set once a changed key was tolerated: whoever holds it may not be shown a password.
    pub(in crate::connection::ssh) distrusted: AtomicBool,
}

/// An entry about the host, and where it stands.
struct Found {
    entry: Entry,
    file: PathBuf,
}

impl Found {
    fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.entry.line)
    }
}

impl Verifier {
    /// Returns the name under which the host's keys are kept.
    fn name(&self) -> String {
        if self.is_alias { self.host.to_lowercase() } else { lookup_name(&self.host, self.port) }
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        self.user_files.iter().chain(&self.global_files).map(PathBuf::as_path)
    }

    fn find(&self, name: &str) -> Vec<Found> {
        self.files()
            .flat_map(|file| {
                let entries = self.store.entries(file);
                let about: Vec<_> = entries
                    .iter()
                    .filter(|entry| entry.is_about(name))
                    .map(|entry| Found { entry: entry.clone(), file: file.to_owned() })
                    .collect();
                about
            })
            .collect()
    }

    /// Returns the types of the keys that are known for the host, so that it is asked for those first.
    pub(in crate::connection::ssh) fn known_types(&self) -> Vec<Algorithm> {
        let mut found = self.find(&self.name());
        if found.iter().all(|f| f.entry.marker != Marker::Key) && self.port != 22 && !self.is_alias
        {
            found.extend(self.find(&lookup_name(&self.host, 22)));
        }
        let keys = found.iter().filter(|f| f.entry.marker == Marker::Key);
        keys.map(|f| f.entry.key.algorithm()).collect()
    }

    /// Returns true when certificates of some authority are trusted for the host.
    pub(in crate::connection::ssh) fn trusts_an_authority(&self) -> bool {
        self.find(&self.name()).iter().any(|f| f.entry.marker == Marker::Authority)
    }

    /// Returns true when a changed key was tolerated, so that passwords must not be sent.
    pub(in crate::connection::ssh) fn is_distrusted(&self) -> bool {
        self.distrusted.load(Ordering::Relaxed)
    }

    /// Decides whether the key that a host presented is accepted.
    pub(in crate::connection::ssh) async fn verify(
        &self,
        presented: &PublicKeyOrCertificate,
    ) -> Result<(), Error> {
        let name = self.name();
        let found = self.find(&name);
        let key = presented.public_key();
        self.refuse_revoked(&found, presented)?;
        if let Some(certificate) = presented.certificate()
            && self.vouched_for(&found, certificate)?
        {
            return Ok(());
        }
        let keys: Vec<_> = found.iter().filter(|f| f.entry.marker == Marker::Key).collect();
        if keys.iter().any(|f| f.entry.key.key_data() == key.key_data()) {
            return Ok(());
        }
        if let Some(offending) =
            keys.iter().find(|f| same_type(&f.entry.key, &key)).or_else(|| keys.first())
        {
            return self.changed(&key, offending);
        }
        if self.port != 22 && !self.is_alias {
            // As OpenSSH: a key that is known without its port is good enough, a different one says nothing.
            let without_port = self.find(&lookup_name(&self.host, 22));
            self.refuse_revoked(&without_port, presented)?;
            if without_port
                .iter()
                .any(|f| f.entry.marker == Marker::Key && f.entry.key.key_data() == key.key_data())
            {
                return Ok(());
            }
        }
        self.unknown(&name, &key).await
    }

    fn refuse_revoked(
        &self,
        found: &[Found],
        presented: &PublicKeyOrCertificate,
    ) -> Result<(), Error> {
        let signer = presented.certificate().map(Certificate::signature_key);
        let key = presented.public_key();
        let revoked = found.iter().find(|f| {
            let entry = f.entry.key.key_data();
            f.entry.marker == Marker::Revoked && (entry == key.key_data() || Some(entry) == signer)
        });
        match revoked {
            None => Ok(()),
            Some(found) => Err(refusal(format!(
                "the {} host key of {} is marked as revoked in {}",
                type_name(&key),
                self.host,
                found.place()
            ))),
        }
    }

    /// Returns whether a trusted authority signed the certificate, and for this host and time.
    fn vouched_for(&self, found: &[Found], certificate: &Certificate) -> Result<bool, Error> {
        let authorities: Vec<_> = found
            .iter()
            .filter(|f| f.entry.marker == Marker::Authority)
            .filter(|f| f.entry.key.key_data() == certificate.signature_key())
            .map(|f| f.entry.key.fingerprint(HashAlg::Sha256))
            .collect();
        if authorities.is_empty() {
            return Ok(false);
        }
        let problem = if !certificate.cert_type().is_host() {
            "it is not a host certificate"
        } else if !certificate.critical_options().is_empty() {
            "it has critical options, which host certificates must not have"
        } else if certificate.validate(&authorities).is_err() {
            "its signature is wrong, or it is not valid now"
        } else if !self.is_principal(certificate.valid_principals()) {
            "it is for another host"
        } else {
            return Ok(true);
        };
        Err(refusal(format!("the certificate that {} presented is refused: {problem}", self.host)))
    }

    fn is_principal(&self, principals: &[String]) -> bool {
        let principals = principals.iter().map(String::as_str);
        pattern::judge(&self.host.to_lowercase(), principals) == Verdict::Match
    }

    fn changed(&self, key: &PublicKey, offending: &Found) -> Result<(), Error> {
        if self.strictness == Strictness::No {
            self.distrusted.store(true, Ordering::Relaxed);
            return Ok(());
        }
        Err(refusal(format!(
            "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\n\
             Someone may be listening in between, or the host's key has just been changed.\n\
             {host} presented the {kind} key {fingerprint}.\n\
             Offending {old} key in {place}\n\
             If the change is expected, remove it with: ssh-keygen -f '{file}' -R '{name}'\n\
             Host key for {host} has changed and you have requested strict checking.",
            host = self.host,
            kind = type_name(key),
            fingerprint = key.fingerprint(HashAlg::Sha256),
            old = type_name(&offending.entry.key),
            place = offending.place(),
            file = offending.file.display(),
            name = self.name(),
        )))
    }

    async fn unknown(&self, name: &str, key: &PublicKey) -> Result<(), Error> {
        let kind = type_name(key);
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        match self.strictness {
            Strictness::Yes => {
                return Err(refusal(format!(
                    "No {kind} host key is known for {name} and you have requested strict checking."
                )));
            }
            Strictness::Ask => {
                let question = Question::HostKey {
                    host: name.to_owned(),
                    key_type: kind.clone(),
                    fingerprint: fingerprint.clone(),
                };
                let answer = self.prompter.ask(question).await;
                let accepted = answer.is_some_and(|a| {
                    let answer = a.expose().trim();
                    answer.eq_ignore_ascii_case("yes") || answer == fingerprint
                });
                if !accepted {
                    return Err(refusal(format!(
                        "The authenticity of host '{name}' can't be established: \
                         its {kind} key {fingerprint} is not known."
                    )));
                }
            }
            Strictness::AcceptNew | Strictness::No => {}
        }
        self.learn(name, key);
        Ok(())
    }

    /// Keeps an accepted key; where it cannot be written, the next run asks again.
    fn learn(&self, name: &str, key: &PublicKey) {
        let Some(file) = self.user_files.first().filter(|f| *f != Path::new("/dev/null")) else {
            return;
        };
        match learn::append(file, name, key, self.hash_names) {
            Ok(()) => self.store.forget(file),
            Err(error) => {
                tracing::warn!("cannot add the key of {name} to `{}`: {error}", file.display());
            }
        }
    }
}

fn refusal(detail: String) -> Error {
    Error::ssh(ErrorKind::HostKey, format!("{detail}\nHost key verification failed."))
}

fn same_type(a: &PublicKey, b: &PublicKey) -> bool {
    a.algorithm() == b.algorithm()
}

/// Returns a key's type as OpenSSH names it to people.
fn type_name(key: &PublicKey) -> String {
    match key.algorithm() {
        Algorithm::Ed25519 => "ED25519".to_owned(),
        Algorithm::Rsa { .. } => "RSA".to_owned(),
        Algorithm::Dsa => "DSA".to_owned(),
        Algorithm::Ecdsa {
            curve: EcdsaCurve::NistP256 | EcdsaCurve::NistP384 | EcdsaCurve::NistP521,
        } => "ECDSA".to_owned(),
        other => other.as_str().to_uppercase(),
    }
}
