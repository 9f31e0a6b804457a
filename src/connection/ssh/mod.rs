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
mod kept;
mod known_hosts;
mod link;
mod pattern;
mod plan;
mod planner;
mod proxy;
mod short_key;
mod shortcut;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};

use tokio::sync::Mutex;

use self::identity::KeyRing;
pub use self::kept::Remaining;
use self::kept::{Kept, Persistence};
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
    /// Connections that may stay when the run is over, as far as it still holds them.
    remaining: std::sync::Mutex<Vec<(Persistence, Weak<Link>)>>,
}

/// A command's way to a host by russh.
#[derive(Clone)]
pub(super) struct Session(Holder);

/// Whose the connection is.
#[derive(Clone)]
enum Holder {
    Own(Arc<Link>),
    /// An earlier run's, whose process still holds it.
    Kept(Arc<Kept>),
}

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
            remaining: std::sync::Mutex::default(),
        }
    }

    /// Decides how a target is reached; reads the user's configuration, contacts nobody.
    pub(super) async fn plan(&self, target: &Target) -> Result<Plan, Error> {
        planner::plan(self, target).await
    }

    /// Takes the connection that an earlier run left, or opens the planned one and logs in.
    pub(super) async fn open(&self, plan: Plan, places: &Places) -> Result<Session, Error> {
        if let Some(session) = self.kept(&plan, places).await {
            return Ok(session);
        }
        let persistence = plan.persistence.clone();
        let link = dial::open(self, plan, places, Vec::new()).await?;
        if let Some(persistence) = persistence {
            let mut remaining = self.remaining.lock().unwrap_or_else(PoisonError::into_inner);
            remaining.push((persistence, Arc::downgrade(&link)));
        }
        Ok(Session(Holder::Own(link)))
    }

    /// Returns the connection that an earlier run left for a plan.
    pub(super) async fn kept(&self, plan: &Plan, places: &Places) -> Option<Session> {
        let persistence = plan.persistence.as_ref().filter(|kept| kept.socket.exists())?;
        let permit = places.take(Kept::FILES).await;
        let kept = kept::find(plan, persistence, permit).await?;
        Some(Session(Holder::Kept(Arc::new(kept))))
    }

    /// Returns what may stay for the next run.
    pub(super) fn remaining(&self) -> Option<Remaining> {
        let mut links = self.remaining.lock().unwrap_or_else(PoisonError::into_inner);
        Remaining::of(std::mem::take(&mut links))
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
        match &self.0 {
            Holder::Own(link) => link.exec(command, pty).await,
            Holder::Kept(kept) => kept.exec(command, pty).await,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match &self.0 {
            Holder::Own(link) => link.is_closed(),
            Holder::Kept(kept) => kept.is_closed(),
        }
    }

    pub(super) async fn close(&self) {
        match &self.0 {
            Holder::Own(link) => link.close().await,
            Holder::Kept(kept) => kept.close().await,
        }
    }

    pub(super) fn describe(&self) -> &str {
        match &self.0 {
            Holder::Own(link) => &link.description,
            Holder::Kept(kept) => &kept.description,
        }
    }
}
