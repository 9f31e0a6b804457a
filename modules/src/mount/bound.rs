//! Which folder a bind mount shows, by the kernel's list of mounts.

use std::path::Path;

use crate::facts::mounts::unescape;

/// A mount: a part of a device on a folder.
struct Shown {
    device: String,
    root: String,
    point: String,
}

/// What is known of a mount on a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// It shows the folder in question.
    Same,
    /// It shows another part of the file system that is around it.
    Other,
    /// It shows another file system.
    Foreign,
}

/// Compares what is mounted on `point` with the folder `source`; nothing where nothing is mounted.
pub(super) fn bound(mountinfo: &str, point: &str, source: &str) -> Option<Bound> {
    let mounts: Vec<Shown> = mountinfo.lines().filter_map(shown).collect();
    let at = mounts.iter().rposition(|mount| mount.point == point)?;
    let here = &mounts[at];
    let shows_source = mounts[..at].iter().any(|mount| {
        let rest = Path::new(&here.root).strip_prefix(&mount.root);
        mount.device == here.device
            && rest.is_ok_and(|rest| Path::new(&mount.point).join(rest) == Path::new(source))
    });
    let around = mounts[..at].iter().rev();
    let around = around
        .filter(|mount| mount.point != point && Path::new(point).starts_with(&mount.point))
        .max_by_key(|mount| mount.point.len());
    Some(if shows_source {
        Bound::Same
    } else if around.is_some_and(|around| around.device == here.device) {
        Bound::Other
    } else {
        Bound::Foreign
    })
}

fn shown(line: &str) -> Option<Shown> {
    let mut fields = line.split(' ').skip(2);
    let device = fields.next()?.to_owned();
    Some(Shown { device, root: unescape(fields.next()?), point: unescape(fields.next()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
        20 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
        21 20 8:2 /data /srv rw - ext4 /dev/sdb rw\n\
        22 20 8:1 /root/src /mnt/a rw - ext4 /dev/sda1 rw\n\
        23 20 8:2 /data/a\\040b/c /mnt/b rw - ext4 /dev/sdb rw\n";

    #[test]
    fn a_bind_mount_is_known_by_its_source() {
        let bound = |point, source| bound(MOUNTS, point, source);
        assert_eq!(bound("/mnt/a", "/root/src"), Some(Bound::Same));
        assert_eq!(bound("/mnt/a", "/root/src2"), Some(Bound::Other));
        assert_eq!(bound("/mnt/b", "/srv/a b/c"), Some(Bound::Same));
        assert_eq!(bound("/mnt/b", "/srv/a b"), Some(Bound::Foreign));
        assert_eq!(bound("/mnt/c", "/root/src"), None);
    }
}
