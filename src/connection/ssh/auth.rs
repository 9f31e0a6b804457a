//! Logging in: which keys are offered in which order, and what follows when none is taken.

use std::path::PathBuf;
use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey};
use russh::{MethodKind, MethodSet};

use super::handler::Client;
use super::identity::{self, Agent, KeyFile, KeyRing, Signer};
use super::shortcut::Control;
use crate::connection::{Error, ErrorKind, Prompter, Question, Secret};

/// Up to this many keys, the first is signed with before the host says that it would take it.
const MAX_GUESSES: usize = 2;

/// What a user can log in with, as configuration and inventory say.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) user: String,
    /// The host as messages name it.
    pub(super) host: String,
    pub(super) identity_files: Vec<PathBuf>,
    pub(super) certificate_files: Vec<PathBuf>,
    pub(super) agent: Option<PathBuf>,
    /// Keys of the agent that no file names are not offered.
    pub(super) identities_only: bool,
    pub(super) passphrase: Option<Secret>,
    pub(super) password: Option<Secret>,
    /// The methods that may be used, best first.
    pub(super) methods: Vec<MethodKind>,
    /// Whether the operator may be asked for a password.
    pub(super) may_ask: bool,
}

impl Credentials {
    /// Returns the first key that lies on a hardware token, where a file names one.
    pub(super) fn hardware_key(&self, keys: &KeyRing) -> Option<PublicKey> {
        let files = self.identity_files.iter().filter_map(|path| keys.file(path));
        let on_token =
            |a: &Algorithm| matches!(a, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256);
        files.map(|file| file.public.clone()).find(|key| on_token(&key.algorithm()))
    }
}

/// One key that can be offered.
struct Candidate {
    public: PublicKey,
    certificate: Option<Certificate>,
    /// The file that signs; otherwise the agent does.
    file: Option<Arc<KeyFile>>,
}

/// The state of one login.
pub(super) struct Login<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) keys: &'a KeyRing,
    pub(super) prompter: &'a dyn Prompter,
    pub(super) handle: &'a mut Handle<Client>,
    pub(super) shortcut: &'a Control,
    /// Passwords must not be shown to a host whose key has changed.
    pub(super) distrusted: bool,
}

/// How far a login has come.
enum Progress {
    Done,
    /// The methods with which the host lets us go on.
    Continue(MethodSet),
}

impl From<AuthResult> for Progress {
    fn from(result: AuthResult) -> Self {
        match result {
            AuthResult::Success => Self::Done,
            AuthResult::Failure { remaining_methods, .. } => Self::Continue(remaining_methods),
        }
    }
}

impl Login<'_> {
    /// Logs in, or says which methods the host would have taken.
    pub(super) async fn run(mut self) -> Result<(), Error> {
        let mut offered: Option<MethodSet> = None;
        for method in self.order() {
            if offered.as_ref().is_some_and(|o| !o.contains(&method)) {
                continue;
            }
            let progress = match method {
                MethodKind::PublicKey => self.public_keys().await?,
                MethodKind::Password => self.password().await?,
                MethodKind::KeyboardInteractive => self.keyboard_interactive().await?,
                _ => None,
            };
            match progress {
                Some(Progress::Done) => return Ok(()),
                Some(Progress::Continue(remaining)) => offered = Some(remaining),
                None => {}
            }
        }
        Err(self.refused(offered))
    }

    /// Returns the methods in the order of their promise: a given password goes straight to `password`.
    fn order(&self) -> Vec<MethodKind> {
        let mut methods = self.credentials.methods.clone();
        if self.distrusted {
            methods.retain(|m| *m == MethodKind::PublicKey);
        }
        methods
    }

    fn refused(&self, offered: Option<MethodSet>) -> Error {
        let Credentials { user, host, .. } = self.credentials;
        let methods: Vec<String> =
            offered.iter().flat_map(|o| o.iter()).map(String::from).collect();
        let detail = if methods.is_empty() {
            format!("{user}@{host}: Permission denied.")
        } else {
            format!("{user}@{host}: Permission denied ({}).", methods.join(","))
        };
        Error::ssh(ErrorKind::Auth, detail)
    }

    /// Offers every key; nothing where there is none.
    async fn public_keys(&mut self) -> Result<Option<Progress>, Error> {
        let mut agent = match &self.credentials.agent {
            Some(socket) => Agent::connect(socket, self.handle.agent_session_binding()).await,
            None => None,
        };
        let mut last = None;
        let mut candidates = candidates(self.credentials, self.keys, agent.as_ref());
        // What let us in elsewhere in this run probably does here: it saves the others' round trips.
        candidates.sort_by_key(|candidate| !self.keys.has_worked(&candidate.public));
        let few = candidates.len() <= MAX_GUESSES;
        for (index, candidate) in candidates.into_iter().enumerate() {
            let likely = few || self.keys.has_worked(&candidate.public);
            let public = candidate.public.clone();
            // A wrong guess costs one more of the attempts that the host grants, a right one saves a round trip.
            // A key that needs a passphrase is offered first: nobody is asked for one in vain.
            if index == 0 && likely && candidate.file.as_ref().is_none_or(|file| file.is_ready()) {
                self.shortcut.foresee_key_accepted();
            }
            let signer = match (&candidate.file, &mut agent) {
                (Some(file), _) => Signer::File {
                    file: file.clone(),
                    passphrase: self.credentials.passphrase.as_ref(),
                    prompter: self.prompter,
                },
                (None, Some(agent)) => Signer::Agent(agent),
                (None, None) => continue,
            };
            let Some(result) =
                offer(self.handle, &self.credentials.user, candidate, signer).await?
            else {
                continue;
            };
            match Progress::from(result) {
                Progress::Done => {
                    self.keys.worked(&public);
                    return Ok(Some(Progress::Done));
                }
                Progress::Continue(remaining) => {
                    let go_on = remaining.contains(&MethodKind::PublicKey);
                    last = Some(Progress::Continue(remaining));
                    if !go_on {
                        break;
                    }
                }
            }
        }
        Ok(last)
    }

    async fn password(&mut self) -> Result<Option<Progress>, Error> {
        let Credentials { user, host, .. } = self.credentials;
        let password = match &self.credentials.password {
            Some(password) => password.clone(),
            None if self.credentials.may_ask => {
                let question = Question::Password { user: user.clone(), host: host.clone() };
                match self.prompter.ask(question).await {
                    Some(password) => password,
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        };
        let result = self.handle.authenticate_password(user, password.expose()).await;
        Ok(Some(result.map_err(lost)?.into()))
    }

    async fn keyboard_interactive(&mut self) -> Result<Option<Progress>, Error> {
        let Credentials { user, host, .. } = self.credentials;
        if self.credentials.password.is_none() && !self.credentials.may_ask {
            return Ok(None);
        }
        let mut password = self.credentials.password.clone();
        let start = self.handle.authenticate_keyboard_interactive_start(user, None);
        let mut response = start.await.map_err(lost)?;
        loop {
            let prompts = match response {
                KeyboardInteractiveAuthResponse::Success => return Ok(Some(Progress::Done)),
                KeyboardInteractiveAuthResponse::Failure { remaining_methods, .. } => {
                    return Ok(Some(Progress::Continue(remaining_methods)));
                }
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
            };
            let mut answers = Vec::new();
            for prompt in prompts {
                // The first hidden question is the password that was given; further ones are the operator's.
                if !prompt.echo
                    && let Some(password) = password.take()
                {
                    answers.push(password.expose().to_owned());
                    continue;
                }
                let answer = self.prompter.ask(Question::Challenge {
                    user: user.clone(),
                    host: host.clone(),
                    text: prompt.prompt,
                    echo: prompt.echo,
                });
                answers.push(answer.await.map_or_else(String::new, |a| a.expose().to_owned()));
            }
            let answer = self.handle.authenticate_keyboard_interactive_respond(answers);
            response = answer.await.map_err(lost)?;
        }
    }
}

/// Offers one key; nothing where it could not sign.
async fn offer(
    handle: &mut Handle<Client>,
    user: &str,
    candidate: Candidate,
    mut signer: Signer<'_>,
) -> Result<Option<AuthResult>, Error> {
    let hash = match candidate.public.algorithm() {
        Algorithm::Rsa { .. } => rsa_hash(handle).await?,
        _ => None,
    };
    let result = match candidate.certificate {
        Some(certificate) => {
            handle.authenticate_certificate_with(user, certificate, hash, &mut signer).await
        }
        None => handle.authenticate_publickey_with(user, candidate.public, hash, &mut signer).await,
    };
    Ok(result.ok())
}

/// Returns the hash for signatures with RSA keys: the best that the host says it knows.
async fn rsa_hash(handle: &Handle<Client>) -> Result<Option<HashAlg>, Error> {
    let known = handle.best_supported_rsa_hash().await.map_err(lost)?;
    Ok(known.unwrap_or(Some(HashAlg::Sha512)))
}

fn lost(error: russh::Error) -> Error {
    Error::lost(format!("connection lost while logging in: {error}"))
}

/// Returns the keys in OpenSSH's order: the agent's that a file names, the agent's others, then the files.
fn candidates(credentials: &Credentials, keys: &KeyRing, agent: Option<&Agent>) -> Vec<Candidate> {
    let files: Vec<Arc<KeyFile>> =
        credentials.identity_files.iter().filter_map(|path| keys.file(path)).collect();
    let held = agent.map(|a| a.identities.as_slice()).unwrap_or_default();
    let is_held = |key: &PublicKey| {
        held.iter().any(|i| {
            matches!(i, AgentIdentity::PublicKey { key: k, .. } if k.key_data() == key.key_data())
        })
    };
    let mut result = Vec::new();
    for file in &files {
        for certificate in certificates(credentials, file) {
            let file = (!is_held(&file.public)).then(|| file.clone());
            let public = PublicKey::new(certificate.public_key().clone(), "");
            result.push(Candidate { public, certificate: Some(certificate), file });
        }
    }
    for file in files.iter().filter(|file| is_held(&file.public)) {
        result.push(Candidate { public: file.public.clone(), certificate: None, file: None });
    }
    for identity in held {
        let public = identity.public_key().into_owned();
        let named = files.iter().any(|file| file.public.key_data() == public.key_data());
        let certificate = match identity {
            AgentIdentity::Certificate { certificate, .. } => Some(certificate.clone()),
            AgentIdentity::PublicKey { .. } => None,
        };
        // Files that name a held key have been added above; a held certificate is further to go.
        if (named && certificate.is_none()) || (!named && credentials.identities_only) {
            continue;
        }
        result.push(Candidate { public, certificate, file: None });
    }
    for file in files.iter().filter(|file| !is_held(&file.public)) {
        let public = file.public.clone();
        result.push(Candidate { public, certificate: None, file: Some(file.clone()) });
    }
    result
}

/// Returns the certificates for a key: those that were named, or the one that lies beside it.
fn certificates(credentials: &Credentials, file: &KeyFile) -> Vec<Certificate> {
    let mut paths = credentials.certificate_files.clone();
    if paths.is_empty() {
        let mut beside = file.path.as_os_str().to_owned();
        beside.push("-cert.pub");
        paths.push(beside.into());
    }
    paths
        .iter()
        .filter_map(|path| identity::certificate(path))
        .filter(|c| c.cert_type().is_user() && c.public_key() == file.public.key_data())
        .collect()
}
