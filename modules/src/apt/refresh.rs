//! The lists of packages: how old they are, and refreshing them.

use std::{
    os::unix::fs::MetadataExt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{Args, commands};
use crate::host::{Failure, Host, Outcome, Result};

/// The lists as the module found or made them.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) updated: bool,
    /// When they were refreshed last, in seconds since 1970; 0 before any refresh.
    time: i64,
}

impl Lists {
    pub(super) fn of(host: &Host) -> Lists {
        Lists { updated: false, time: modified(host) }
    }

    /// Refreshes the lists unless they are young enough.
    pub(super) fn refresh(&mut self, args: &Args, host: &Host) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = i64::try_from(now).unwrap_or(0);
        if self.time.saturating_add(args.cache_valid_time) >= now {
            return Ok(());
        }
        if host.checking() {
            self.updated = true;
            return Ok(());
        }
        update(
            args.update_cache_retries,
            args.update_cache_retry_max_delay,
            args.lock_timeout,
            host,
        )?;
        let after = modified(host);
        self.updated = after != self.time;
        self.time = after;
        Ok(())
    }

    pub(super) fn report(&self, outcome: Outcome) -> Outcome {
        outcome.with("cache_updated", self.updated).with("cache_update_time", self.time)
    }

    pub(super) fn report_failure(&self, failure: Failure) -> Failure {
        failure.with("cache_updated", self.updated).with("cache_update_time", self.time)
    }
}

fn modified(host: &Host) -> i64 {
    let time = |path| host.stat(path).ok().flatten().map(|meta| meta.mtime());
    time("/var/lib/apt/periodic/update-success-stamp")
        .or_else(|| time("/var/lib/apt/lists"))
        .unwrap_or(0)
}

/// Tries the refresh, with pauses that double.
pub(super) fn update(retries: u64, max_delay: u64, lock_timeout: i64, host: &Host) -> Result<()> {
    let line = format!(
        "{} -q -o APT::Update::Error-Mode=any -o DPkg::Lock::Timeout={lock_timeout} update",
        commands::apt_get(host),
    );
    let mut reason = "unknown reason".to_owned();
    for attempt in 0..retries {
        let output = commands::call(&line, host)?;
        if output.success() {
            return Ok(());
        }
        reason = reasons(&output.error_text());
        if reason.contains("lock file") || reason.contains("Unable to lock") {
            let first = reason.split(", ").next().unwrap_or_default();
            return Err(Failure::new(format!(
                "Failed to lock apt for exclusive operation: Failed to lock directory /var/lib/apt/lists/: {first}"
            )));
        }
        // Its library does not even begin with sources like these.
        if reason.ends_with("The list of sources could not be read.") {
            return Err(Failure::raised(reason));
        }
        let tries = attempt + 1;
        if tries == retries {
            break;
        }
        let delay = max_delay.min(1 << attempt.min(32));
        host.warn(format!(
            "Failed to update cache after {tries} retries due to {reason}, retrying"
        ));
        host.warn(format!(
            "Sleeping for {delay} seconds, before attempting to refresh the cache again"
        ));
        if !host.pause(Duration::from_secs(delay)) {
            return Err(Failure::new("the task was cancelled"));
        }
    }
    Err(Failure::new(format!("Failed to update apt cache after {retries} retries: {reason}")))
}

/// Returns apt's errors and warnings in one line, as its library would give them.
fn reasons(stderr: &str) -> String {
    let lines = stderr.lines().filter(|line| line.starts_with("E: ") || line.starts_with("W: "));
    lines.map(|line| line.replacen(": ", ":", 1)).collect::<Vec<_>>().join(", ")
}
