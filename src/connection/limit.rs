//! How many connections may be open at once: whoever comes too late waits instead of failing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Open files that are left to everything else: the terminal, inventories, logs, agents, children.
const RESERVE: u64 = 64;
/// As many as anyone has use for, where the system sets no limit.
const MOST: u64 = 100_000;

/// The places for open files of connections.
pub(super) struct Places {
    free: Arc<Semaphore>,
    all: u32,
    waiting: AtomicUsize,
}

impl Places {
    /// Makes the places; without a number as many as the limit on open files lets.
    pub(super) fn new(number: Option<usize>) -> Self {
        let number = number.unwrap_or_else(|| usize::try_from(open_files()).unwrap_or(1));
        let all = u32::try_from(number.max(1)).unwrap_or(u32::MAX);
        Self { free: Arc::new(Semaphore::new(number.max(1))), all, waiting: AtomicUsize::new(0) }
    }

    /// Waits until there is a place for a connection with a number of files.
    pub(super) async fn take(&self, files: u32) -> Option<OwnedSemaphorePermit> {
        // A connection that needs more than there is must not wait for ever.
        let files = files.min(self.all);
        if let Ok(permit) = self.free.clone().try_acquire_many_owned(files) {
            return Some(permit);
        }
        let _waiting = Waiting::new(&self.waiting);
        self.free.clone().acquire_many_owned(files).await.ok()
    }

    /// Returns how many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Counts one who waits, also when the waiting is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The limit that the controller was started with, once it has another.
static GIVEN: OnceLock<u64> = OnceLock::new();

/// Returns the limit on open files that programs of the controller are to have again.
pub(super) fn given() -> Option<u64> {
    GIVEN.get().copied()
}

/// Raises the limit on open files as far as it goes, and returns what of it connections may use.
fn open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(MOST).min(MOST);
    let current = limit.current.unwrap_or(MOST);
    let mut granted = current;
    if current < wanted {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            granted = wanted;
            let _ = GIVEN.set(current);
        }
    }
    granted.min(MOST).saturating_sub(RESERVE).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_too_late_waits_and_is_counted() {
        let places = Places::new(Some(2));
        let first = places.take(2).await;
        assert!(first.is_some());
        let ((), second) = tokio::join!(
            async {
                tokio::task::yield_now().await;
                assert_eq!(places.waiting(), 1);
                drop(first);
            },
            places.take(1)
        );
        assert!(second.is_some());
        assert_eq!(places.waiting(), 0);
    }

    #[tokio::test]
    async fn a_connection_that_needs_more_than_all_places_gets_all() {
        assert!(Places::new(Some(2)).take(8).await.is_some());
    }
}
