//! Whether this is a changed root.

use std::os::unix::fs::MetadataExt;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "chroot", facts: &["is_chroot"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    Facts::from_iter([("is_chroot".to_owned(), is_chroot(host).into())])
}

/// Returns whether the root of this process is not that of the machine's first one.
pub(crate) fn is_chroot(host: &Host) -> bool {
    if host.env("debian_chroot").is_some() {
        return true;
    }
    let Ok(Some(own)) = host.stat("/") else { return false };
    match host.stat("/proc/1/root/.") {
        Ok(Some(first)) => (own.ino(), own.dev()) != (first.ino(), first.dev()),
        Ok(None) => false,
        // Without permission to look there, the number of the root's inode tells: it depends on the file system.
        Err(_) => own.ino() != usual_root(host),
    }
}

/// The inode number that the root of this kind of file system has.
fn usual_root(host: &Host) -> u64 {
    let mounts = host.text("/proc/self/mounts").unwrap_or_default();
    let kind = mounts.lines().rev().find_map(|line| {
        let mut fields = line.split(' ').skip(1);
        (fields.next() == Some("/")).then(|| fields.next().unwrap_or_default())
    });
    match kind {
        Some("btrfs") => 256,
        Some("xfs") => 128,
        _ => 2,
    }
}
