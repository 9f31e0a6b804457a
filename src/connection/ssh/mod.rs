//! SSH by russh: from a target to an authenticated connection.
//!
//! Invariant: nothing is sent to a host before its key is verified, except the key exchange itself.

mod algorithms;
mod auth;
mod channel;
mod dial;
mod handler;
mod identity;
mod known_hosts;
mod link;
mod pattern;
mod plan;
mod planner;
mod proxy;

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
    /// Bastions by their name in the configuration: whoever comes first opens, the others wait for that.
    bastions: Mutex<HashMap<plan::Hop, Arc<Mutex<Weak<Link>>>>>,
}

/// A command's way to a host by russh.
#[derive(Clone)]
pub(super) struct Session(Arc<Link>);

impl Ssh {
    /// Prepares for connections.
    pub(super) fn new(options: ConnectionOptions) -> Self {
        Self {
            options,
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
        Ok(Session(dial::open(self, plan, places).await?))
    }

    /// Returns the connection to a bastion, which all its targets share.
    async fn bastion(&self, hop: &plan::Hop, places: &Places) -> Result<Arc<Link>, Error> {
        let place = self.bastions.lock().await.entry(hop.clone()).or_default().clone();
        let mut place = place.lock().await;
        if let Some(link) = place.upgrade().filter(|link| !link.is_closed()) {
            return Ok(link);
        }
        let plan = planner::plan_hop(self, hop)?;
        let link = dial::open(self, plan, places).await?;
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
