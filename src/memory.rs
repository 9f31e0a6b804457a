//! The size of the pages in which the system hands out memory.
//!
//! The allocator asks for huge pages. Each is cleared as a whole when it is first touched, 2 MB, of which a run on few hosts
//! uses little: without them it starts sooner, and a host takes a third. The variables of thousands of hosts fill them,
//! and are faster there.

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::thread::{disable_transparent_huge_pages, transparent_huge_pages_are_disabled};

/// Bytes of inventories from which on the hosts are thousands.
const LARGE: usize = 100_000;

/// Whether the pages are small because `use_small_pages` made them so.
static SMALL: AtomicBool = AtomicBool::new(false);

/// Makes small what is touched from now on. Processes that are started inherit it until they say otherwise, as the helper
/// does before it runs anything.
pub fn use_small_pages() {
    // A kernel without huge pages, or one that was told before, needs nothing.
    if !transparent_huge_pages_are_disabled().unwrap_or(true) {
        SMALL.store(disable_transparent_huge_pages(true).is_ok(), Ordering::Relaxed);
    }
}

/// Hears of an inventory of so many bytes before it is read.
pub(crate) fn expect_inventory(bytes: usize) {
    if bytes >= LARGE && SMALL.swap(false, Ordering::Relaxed) {
        // What stays small is only slower.
        let _ = disable_transparent_huge_pages(false);
    }
}
