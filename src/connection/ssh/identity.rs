//! Private keys: the files of a run, each read and decrypted once, and whatever signs with them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PrivateKey, PublicKey, decode_secret_key};
use tokio::net::UnixStream;
use tokio::sync::OnceCell;

use super::short_key;
use crate::connection::{Prompter, Question, Secret};

/// How often a wrong passphrase may be corrected.
const ATTEMPTS: usize = 3;

/// A key file: what it says about its public half, and its private half once it is needed.
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) public: PublicKey,
    private: OnceCell<Option<Arc<PrivateKey>>>,
}

/// The key files and certificates of a run.
#[derive(Default)]
pub(in crate::connection) struct KeyRing {
    files: Mutex<HashMap<PathBuf, Option<Arc<KeyFile>>>>,
    /// Keys that some host has taken.
    worked: Mutex<Vec<KeyData>>,
}

impl KeyRing {
    /// Returns a key file, or nothing where there is none that can be understood.
    pub(super) fn file(&self, path: &Path) -> Option<Arc<KeyFile>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.entry(path.to_owned()).or_insert_with(|| read(path).map(Arc::new)).clone()
    }

    /// Remembers a key that a host has taken.
    pub(super) fn worked(&self, key: &PublicKey) {
        let mut worked = self.worked.lock().unwrap_or_else(PoisonError::into_inner);
        if !worked.contains(key.key_data()) {
            worked.push(key.key_data().clone());
        }
    }

    /// Returns true for a key that some host of this run has taken.
    pub(super) fn has_worked(&self, key: &PublicKey) -> bool {
        let worked = self.worked.lock().unwrap_or_else(PoisonError::into_inner);
        worked.contains(key.key_data())
    }
}

fn read(path: &Path) -> Option<KeyFile> {
    let secret = std::fs::read_to_string(path).ok();
    let parsed = secret
        .as_deref()
        .and_then(|text| PrivateKey::from_openssh(text).ok().or_else(|| short_key::plain(text)));
    let beside = || {
        let mut name = path.as_os_str().to_owned();
        name.push(".pub");
        let text = std::fs::read_to_string(&name).ok()?;
        PublicKey::from_openssh(text.trim()).ok()
    };
    // A file that holds only a public key names a key of the agent.
    let itself = || PublicKey::from_openssh(secret.as_deref()?.trim()).ok();
    let plain = || decode_secret_key(secret.as_deref()?, None).ok();
    if let Some(key) = parsed {
        let public = PublicKey::new(key.public_key().key_data().clone(), "");
        let private = if key.is_encrypted() { None } else { Some(Arc::new(key)) };
        return Some(KeyFile {
            path: path.to_owned(),
            public,
            private: private.map_or_else(OnceCell::new, |key| OnceCell::new_with(Some(Some(key)))),
        });
    }
    if let Some(key) = plain() {
        return Some(KeyFile {
            path: path.to_owned(),
            public: key.public_key().clone(),
            private: OnceCell::new_with(Some(Some(Arc::new(key)))),
        });
    }
    let public = beside().or_else(itself)?;
    Some(KeyFile { path: path.to_owned(), public, private: OnceCell::new() })
}

impl KeyFile {
    /// Returns the private key; an encrypted one is decrypted once, with a given passphrase or after asking.
    pub(super) async fn private(
        &self,
        passphrase: Option<&Secret>,
        prompter: &dyn Prompter,
    ) -> Option<Arc<PrivateKey>> {
        self.private.get_or_init(|| self.decrypt(passphrase, prompter)).await.clone()
    }

    /// Returns true when signing needs neither a passphrase nor anything else that may fail.
    pub(super) fn is_ready(&self) -> bool {
        matches!(self.private.get(), Some(Some(_)))
    }

    async fn decrypt(
        &self,
        given: Option<&Secret>,
        prompter: &dyn Prompter,
    ) -> Option<Arc<PrivateKey>> {
        let text: Arc<str> = std::fs::read_to_string(&self.path).ok()?.into();
        if let Some(given) = given
            && let Some(key) = unlock(text.clone(), given.clone()).await
        {
            return Some(key);
        }
        for _ in 0..ATTEMPTS {
            let key_file = self.path.display().to_string();
            let answer = prompter.ask(Question::Passphrase { key_file }).await?;
            if answer.expose().is_empty() {
                return None;
            }
            if let Some(key) = unlock(text.clone(), answer).await {
                return Some(key);
            }
        }
        None
    }
}

/// Decrypts on a thread of its own: the key derivation is slow on purpose.
async fn unlock(text: Arc<str>, passphrase: Secret) -> Option<Arc<PrivateKey>> {
    let decrypt = move || {
        decode_secret_key(&text, Some(passphrase.expose()))
            .ok()
            .or_else(|| short_key::unlocked(&text, &passphrase))
    };
    tokio::task::spawn_blocking(decrypt).await.ok().flatten().map(Arc::new)
}

/// Reads a certificate file.
pub(super) fn certificate(path: &Path) -> Option<Certificate> {
    Certificate::from_openssh(std::fs::read_to_string(path).ok()?.trim()).ok()
}

/// The agent of a connection, and what it holds.
pub(super) struct Agent {
    client: AgentClient<UnixStream>,
    pub(super) identities: Vec<AgentIdentity>,
}

impl Agent {
    /// Asks the agent behind a socket for its identities.
    pub(super) async fn connect(
        socket: &Path,
        binding: Option<&russh::keys::agent::AgentSessionBinding>,
    ) -> Option<Self> {
        let mut client = AgentClient::connect_uds(socket).await.ok()?;
        if let Some(binding) = binding {
            // Only agents with keys that are bound to destinations need it; older ones refuse it.
            let _ = client.bind_session(binding, false).await;
        }
        let identities = client.request_identities().await.ok()?;
        Some(Self { client, identities })
    }

    /// Returns true when the agent can sign with a key.
    pub(super) fn has(&self, key: &PublicKey) -> bool {
        self.identities.iter().any(|i| i.public_key().key_data() == key.key_data())
    }

    fn holds(&self, wanted: &Certificate) -> bool {
        let certificate = |i: &AgentIdentity| match i {
            AgentIdentity::Certificate { certificate, .. } => certificate == wanted,
            AgentIdentity::PublicKey { .. } => false,
        };
        self.identities.iter().any(certificate)
    }
}

/// Signs a login with a key of the agent or of a file.
pub(super) enum Signer<'a> {
    Agent(&'a mut Agent),
    File { file: Arc<KeyFile>, passphrase: Option<&'a Secret>, prompter: &'a dyn Prompter },
}

/// Why no signature came: the next key may do better.
#[derive(Debug)]
pub(super) struct NotSigned;

impl From<russh::SendError> for NotSigned {
    fn from(_: russh::SendError) -> Self {
        Self
    }
}

impl russh::Signer for Signer<'_> {
    type Error = NotSigned;

    async fn auth_sign(
        &mut self,
        identity: &AgentIdentity,
        hash: Option<HashAlg>,
        mut to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, NotSigned> {
        match self {
            Self::Agent(agent) => {
                // A certificate from a file, whose key the agent holds without it: the key signs.
                let bare = match identity {
                    AgentIdentity::Certificate { certificate, .. } if !agent.holds(certificate) => {
                        Some(AgentIdentity::from(PublicKey::from(certificate.public_key().clone())))
                    }
                    _ => None,
                };
                let identity = bare.as_ref().unwrap_or(identity);
                agent.client.sign_request(identity, hash, to_sign).await.map_err(|_| NotSigned)
            }
            Self::File { file, passphrase, prompter } => {
                let key = file.private(*passphrase, *prompter).await.ok_or(NotSigned)?;
                let signature = sign(&key, hash, &to_sign).ok_or(NotSigned)?;
                signature.encode(&mut to_sign).map_err(|_| NotSigned)?;
                Ok(to_sign)
            }
        }
    }
}

/// Returns the encoded signature; RSA keys need the hash that the host understands.
fn sign(key: &PrivateKey, hash: Option<HashAlg>, message: &[u8]) -> Option<Vec<u8>> {
    let signature = match key.key_data() {
        KeypairData::Rsa(pair) => (pair, hash).try_sign(message),
        other => other.try_sign(message),
    };
    let mut encoded = Vec::new();
    signature.ok()?.encode(&mut encoded).ok()?;
    Some(encoded)
}
