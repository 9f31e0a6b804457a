//! How a connection asks the operator: through whoever owns the terminal.

use std::future::Future;
use std::pin::Pin;

use super::Secret;

/// What a question is about, so that the asker can word, cache or refuse it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The passphrase of a private key file.
    Passphrase { key_file: String },
    /// The password of a user on a host.
    Password { user: String, host: String },
    /// Any other question of a server (keyboard-interactive).
    Challenge { user: String, host: String, text: String, echo: bool },
    /// Whether an unknown host key is the right one; answered with `yes` or anything else.
    HostKey { host: String, key_type: String, fingerprint: String },
}

/// The answer to a question, once the operator has given it.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Option<Secret>> + Send + 'a>>;

/// Asks the operator; implemented by the layer that owns the terminal.
pub trait Prompter: Send + Sync {
    /// Returns the answer, or nothing where nobody can be asked.
    fn ask(&self, question: Question) -> Answer<'_>;
}

/// A prompter for runs without a terminal: every question stays unanswered.
#[derive(Debug, Default, Clone, Copy)]
pub struct Unattended;

impl Prompter for Unattended {
    fn ask(&self, _: Question) -> Answer<'_> {
        Box::pin(std::future::ready(None))
    }
}
