//! SSH by russh: from a target to an authenticated connection.
//!
//! Invariant: nothing is sent to a host before its key is verified, except the key exchange itself.

mod algorithms;
mod auth;
mod beyond;
mod channel;
mod config;
mod dial;
mod handler;
mod identity;
mod known_hosts;
mod link;
mod pattern;
mod plan;
mod planner;
mod proxy;
mod shortcut;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use self::identity::KeyRing;
use self::link::Link;
pub(super) use self::plan::Plan;
use super::limit::Places;
use super::{ConnectionOptions, Error, Process, Pty, Target};

/// What all SSH connections of a run share.
pub(super) struct Ssh {
    options: ConnectionOptions,
    keys: KeyRing,
    known_hosts: Arc<known_hosts::Store>,
    files: config::Files,
    local: config::LocalNames,
    surprises: shortcut::Surprises,
    /// Bastions by their name in the configuration: whoever comes first opens, the others wait for that.
    bastions: Mutex<HashMap<plan::Hop, Arc<Mutex<Weak<Link>>>>>,
}

/// A command's way to a host by russh.
#[derive(Clone)]
pub(super) struct Session(Arc<Link>);

impl Ssh {
    /// Prepares for connections.
    pub(super) fn new(options: ConnectionOptions) -> Self {
        let local = config::LocalNames::of_this_process(&options.home);
        Self {
            options,
            local,
            surprises: shortcut::Surprises::default(),
            files: config::Files::default(),
            keys: KeyRing::default(),
            known_hosts: Arc::default(),
            bastions: Mutex::default(),
        }
    }

    /// Decides how a target is reached; reads the user's configuration, contacts nobody.
    pub(super) async fn plan(&self, target: &Target) -> Result<Plan, Error> {
        planner::plan(self, target).await
    }

    /// Opens a planned connection and logs in.
    pub(super) async fn open(&self, plan: Plan, places: &Places) -> Result<Session, Error> {
        Ok(Session(dial::open(self, plan, places, Vec::new()).await?))
    }

    /// Returns the connection to a bastion, which all its targets share.
    async fn bastion(
        &self,
        hop: &plan::Hop,
        places: &Places,
        mut chain: Vec<plan::Hop>,
    ) -> Result<Arc<Link>, Error> {
        if chain.contains(hop) {
            let detail = format!("the bastions of {hop} lead back to itself");
            return Err(Error::ssh(super::ErrorKind::Config, detail));
        }
        chain.push(hop.clone());
        let place = self.bastions.lock().await.entry(hop.clone()).or_default().clone();
        let mut place = place.lock().await;
        if let Some(link) = place.upgrade().filter(|link| !link.is_closed()) {
            return Ok(link);
        }
        let plan = planner::plan_hop(self, hop).await?;
        let link = dial::open(self, plan, places, chain).await?;
        *place = Arc::downgrade(&link);
        Ok(link)
    }
}

impl Session {
    pub(super) async fn exec(&self, command: &str, pty: Option<Pty>) -> Result<Process, Error> {
        self.0.exec(command, pty).await
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }

    pub(super) fn describe(&self) -> &str {
        &self.0.description
    }
}
