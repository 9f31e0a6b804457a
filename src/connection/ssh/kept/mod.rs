//! Connections that outlive a run for the next one, as `ControlMaster` and `ControlPersist` ask for.
//!
//! The process that opened them stays behind when its run is over and listens on one socket for each, which serves only
//! its own user. A later run asks there for channels before it connects for itself; what travels in a channel goes
//! through a pair of sockets that the run hands over, so that nothing is framed. Invariant: a connection is only taken by a
//! run that would have logged in with the same means, and whose known hosts still name the host's key.

mod client;
mod server;
mod wire;

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};

pub(super) use self::client::{Kept, find};
use super::config::{self, Options};
use super::link::Link;
use super::plan::Plan;

/// The longest path that fits the address of a socket.
const PATH_LIMIT: usize = 100;

/// How a connection stays after its run.
#[derive(Debug, Clone)]
pub(super) struct Persistence {
    pub(super) socket: PathBuf,
    /// How long it waits for the next user; for ever when absent.
    time: Option<Duration>,
    /// What stands for the secrets that a run may log in with.
    secrets: String,
}

/// Connections that the next run may use; they close when this is dropped.
pub struct Remaining(Vec<(Persistence, Arc<Link>)>);

impl Persistence {
    /// Returns how the configuration lets a planned connection stay; the folder is where its socket would be.
    pub(super) fn of(options: &Options, plan: &Plan, folder: &Path) -> Option<Self> {
        // What asks its own operator for consent, or carries an agent of one session, serves no other run.
        let shares = matches!(options.get("controlmaster"), Some("yes" | "auto"));
        if !shares || options.get("controlpath") == Some("none") || plan.session.forward_agent {
            return None;
        }
        let time = persist_time(options.get("controlpersist")?)?;
        let socket = folder.join(format!("windlass-{}", name(plan)));
        let credentials = &plan.credentials;
        let mut digest = Sha256::new();
        for secret in [&credentials.password, &credentials.passphrase] {
            digest.update([u8::from(secret.is_some())]);
            digest.update(secret.as_ref().map_or("", |secret| secret.expose()));
            digest.update([0]);
        }
        let secrets = BASE64.encode(digest.finalize());
        (socket.as_os_str().len() <= PATH_LIMIT).then_some(Self { socket, time, secrets })
    }
}

/// Returns how long an idle connection stays by the word of `ControlPersist`: for ever where that is `None`.
#[expect(clippy::option_option, reason = "not at all, for ever, and a time")]
fn persist_time(word: &str) -> Option<Option<Duration>> {
    match word {
        "no" => None,
        "yes" => Some(None),
        time => match config::seconds(time)? {
            0 => Some(None),
            seconds => Some(Some(Duration::from_secs(seconds))),
        },
    }
}

/// Returns the name for everything that would make another connection of the same host, but its secrets.
fn name(plan: &Plan) -> String {
    let credentials = &plan.credentials;
    let mut text = format!(
        "{:?}",
        (
            (&credentials.user, &plan.host, plan.port, &plan.way, plan.family, &plan.bind),
            (&credentials.agent, credentials.identities_only, &credentials.methods),
            (&plan.session, &plan.algorithms),
        )
    );
    for file in credentials.identity_files.iter().chain(&credentials.certificate_files) {
        // Another key in the same file is another login.
        let found = std::fs::metadata(file);
        let state =
            found.map(|found| (found.ino(), found.size(), found.mtime(), found.mtime_nsec()));
        let _ = write!(text, "{}:{:?}", file.display(), state.ok());
    }
    BASE64.encode(&Sha256::digest(text)[..12])
}

impl Remaining {
    /// Takes what is still connected of a run's connections, where anything is; the rest has gone with its host.
    pub(super) fn of(links: Vec<(Persistence, Weak<Link>)>) -> Option<Self> {
        let open = links.into_iter().filter_map(|(persistence, link)| {
            let link = link.upgrade().filter(|link| !link.is_closed())?;
            Some((persistence, link))
        });
        let open: Vec<_> = open.collect();
        (!open.is_empty()).then_some(Self(open))
    }

    /// Lends the connections to other runs until each has been idle for its time, or is lost; `found` is called when
    /// the next run would find them, and says whether it may come.
    pub async fn serve(self, found: impl FnOnce() -> bool) {
        let mut offers = Vec::with_capacity(self.0.len());
        for (persistence, link) in &self.0 {
            if let Ok(listener) = server::listen(&persistence.socket).await {
                offers.push(server::serve(persistence, link, listener));
            }
        }
        if found() {
            futures::future::join_all(offers).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_say_how_long_an_idle_connection_stays() {
        let seconds = |n| Some(Some(Duration::from_secs(n)));
        for (word, expected) in [
            ("no", None),
            ("yes", Some(None)),
            ("0", Some(None)),
            ("60s", seconds(60)),
            ("90", seconds(90)),
            ("1h30m", seconds(5400)),
            ("soon", None),
        ] {
            assert_eq!(persist_time(word), expected, "{word}");
        }
    }
}
