//! Mounted file systems and how full they are.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use rustix::fs::StatVfs;
use serde_json::Value as Json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "hardware", facts: &["mounts"], pace: Pace::Slow, gather };

/// How long a file system may keep the others waiting before they are asked beside it.
const PATIENCE: Duration = Duration::from_millis(100);

/// A line of the table of mounts.
#[derive(Debug, PartialEq)]
pub(crate) struct Mount {
    pub(crate) device: String,
    pub(crate) point: String,
    pub(crate) fstype: String,
    pub(crate) options: String,
    pub(crate) dump: Option<u64>,
    pub(crate) passno: Option<u64>,
}

fn gather(host: &Host, ask: &Ask) -> Facts {
    let table = host.text("/etc/mtab").filter(|text| !text.is_empty());
    let table = table.or_else(|| host.text("/proc/mounts")).unwrap_or_default();
    let parts = mounted_parts(&host.text("/proc/self/mountinfo").unwrap_or_default());
    let mounts = parse(&table, &parts);
    let paths = mounts.iter().map(|mount| host.path(&mount.point)).collect();
    let mut sizes = ask_all(paths, ask.timeout, |path| rustix::fs::statvfs(path).ok());
    let facts = mounts.iter().enumerate().map(|(at, mount)| {
        let mut facts = describe(mount);
        match sizes.remove(&at) {
            Some(Some(size)) => facts.extend(space(&size)),
            Some(None) => (),
            None => {
                host.warn(format!("Timeout exceeded when getting mount info for {}", mount.point));
                let note = "Could not get extra information due to timeout";
                facts.insert("note".to_owned(), note.into());
            }
        }
        let uuid = uuid(host, &mount.device).unwrap_or_else(|| "N/A".to_owned());
        facts.insert("uuid".to_owned(), uuid.into());
        Json::Object(facts)
    });
    Facts::from_iter([("mounts".to_owned(), facts.collect::<Vec<_>>().into())])
}

/// Mount points that show only a part of their device: bind mounts and subvolumes.
fn mounted_parts(mountinfo: &str) -> Vec<String> {
    let lines = mountinfo.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (root, mount) = (fields.next()?, fields.next()?);
        (root != "/").then(|| unescape(mount))
    });
    lines.collect()
}

fn parse(table: &str, parts: &[String]) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for mount in table.lines().filter_map(|line| line_of(line, parts)) {
        // What is mounted over another hides it, and takes its place.
        match mounts.iter_mut().find(|hidden| hidden.point == mount.point) {
            Some(hidden) => *hidden = mount,
            None => mounts.push(mount),
        }
    }
    mounts
}

/// Reads a line of any table of mounts: four to six words, the last two of which are numbers.
pub(crate) fn any_line(line: &str) -> Option<Mount> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let mut fields = line.split_whitespace().map(unescape);
    let mount = Mount {
        device: fields.next()?,
        point: fields.next()?,
        fstype: fields.next()?,
        options: fields.next()?,
        dump: fields.next().map(|text| text.parse()).transpose().ok()?,
        passno: fields.next().map(|text| text.parse()).transpose().ok()?,
    };
    fields.next().is_none().then_some(mount)
}

fn line_of(line: &str, parts: &[String]) -> Option<Mount> {
    let mut mount = any_line(line)?;
    let real = mount.device.starts_with(['/', '\\']) || mount.device.contains(":/");
    if !real || mount.fstype == "none" {
        return None;
    }
    if parts.contains(&mount.point) && !mount.options.contains("bind") {
        mount.options.push_str(",bind");
    }
    Some(mount)
}

/// Undoes the octal escapes of the table: `\040` is a space.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'\\')
            .then(|| after.get(..3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        out.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns what the table says of a mount.
pub(crate) fn describe(mount: &Mount) -> Facts {
    let texts = [
        ("mount", &mount.point),
        ("device", &mount.device),
        ("fstype", &mount.fstype),
        ("options", &mount.options),
    ];
    let numbers = [("dump", mount.dump), ("passno", mount.passno)];
    let texts = texts.into_iter().map(|(key, text)| (key, Json::from(text.as_str())));
    let numbers = numbers.into_iter().filter_map(|(key, number)| Some((key, number?.into())));
    texts.chain(numbers).map(|(key, value)| (key.to_owned(), value)).collect()
}

fn space(size: &StatVfs) -> Facts {
    let bytes = |blocks: u64| blocks.saturating_mul(size.f_frsize);
    let numbers = [
        ("size_total", bytes(size.f_blocks)),
        ("size_available", bytes(size.f_bavail)),
        ("block_size", size.f_bsize),
        ("block_total", size.f_blocks),
        ("block_available", size.f_bavail),
        ("block_used", size.f_blocks.saturating_sub(size.f_bavail)),
        ("inode_total", size.f_files),
        ("inode_available", size.f_favail),
        ("inode_used", size.f_files.saturating_sub(size.f_favail)),
    ];
    numbers.into_iter().map(|(name, number)| (name.to_owned(), number.into())).collect()
}

/// Returns how full each mount point is, none where it cannot be told; one that does not answer in time is missing.
pub(crate) fn sizes(points: &[&str], limit: Duration, host: &Host) -> HashMap<usize, Facts> {
    let paths = points.iter().map(|point| host.path(point)).collect();
    let found = ask_all(paths, limit, |path| rustix::fs::statvfs(path).ok());
    let facts = |size: Option<StatVfs>| size.map(|size| space(&size)).unwrap_or_default();
    found.into_iter().map(|(at, size)| (at, facts(size))).collect()
}

/// The file system's identity, as udev found it.
pub(crate) fn uuid(host: &Host, device: &str) -> Option<String> {
    if !device.starts_with("/dev/") {
        return None;
    }
    let name = host.real_name(device)?;
    let number = host.line(format!("/sys/class/block/{name}/dev"));
    let known = number.and_then(|number| host.text(format!("/run/udev/data/b{number}")));
    let known = known.and_then(|text| {
        text.lines().find_map(|line| line.strip_prefix("E:ID_FS_UUID=")).map(ToOwned::to_owned)
    });
    known.or_else(|| {
        let links = super::device_links::by(host, "by-uuid");
        links.get(&name)?.first().cloned()
    })
}

/// Asks for every path, one after the other while they answer; what hangs gets a thread to itself.
///
/// Paths that did not answer within `timeout` are missing from the result.
fn ask_all<T: Send + 'static>(
    paths: Vec<PathBuf>,
    timeout: Duration,
    look: fn(&Path) -> T,
) -> HashMap<usize, T> {
    let count = paths.len();
    let queue: VecDeque<_> = paths.into_iter().enumerate().collect();
    let queue = Arc::new(Mutex::new(queue));
    let (sender, receiver) = mpsc::channel();
    let start = || {
        let (queue, sender) = (queue.clone(), sender.clone());
        // Detached: it may never come back from the kernel.
        std::thread::spawn(move || {
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some((at, path)) = next else { return };
                if sender.send((at, look(&path))).is_err() {
                    return;
                }
            }
        });
    };
    let mut found = HashMap::new();
    if count == 0 {
        return found;
    }
    start();
    let deadline = Instant::now() + timeout;
    while found.len() < count {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left.min(PATIENCE)) {
            Ok((at, answer)) => {
                found.insert(at, answer);
            }
            Err(_) if left.is_zero() => break,
            Err(_) => {
                if !queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                    start();
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::host::TestHost;

    #[test]
    fn only_devices_and_servers_are_listed() {
        let table = "proc /proc proc rw 0 0\n/dev/sda1 / ext4 rw,relatime 0 1\nnas:/vol /srv/my\\040data nfs4 rw 0 0\n/dev/sdb1 /x none rw,bind 0 0\n/dev/sda1 /var/lib/y ext4 ro 0 0\n/dev/sda1 /var/lib/y ext4 rw 0 0\n";
        let mounts = parse(table, &["/var/lib/y".to_owned()]);
        let shown: Vec<_> =
            mounts.iter().map(|one| (one.point.as_str(), one.options.as_str())).collect();
        assert_eq!(
            shown,
            [("/", "rw,relatime"), ("/srv/my data", "rw"), ("/var/lib/y", "rw,bind")]
        );
        assert_eq!(mounts[0].passno, Some(1));
    }

    #[test]
    fn bind_mounts_are_those_of_a_part() {
        let mountinfo = "27 1 254:0 / / rw - ext4 /dev/vda rw\n30 27 254:0 /srv /mnt/a\\040b rw - ext4 /dev/vda rw\n";
        assert_eq!(mounted_parts(mountinfo), ["/mnt/a b"]);
    }

    #[test]
    fn a_file_system_is_known_by_what_udev_found() {
        let host = TestHost::with(&[
            ("/dev/sda1", ""),
            ("/sys/class/block/sda1/dev", "8:1\n"),
            ("/run/udev/data/b8:1", "S:disk/by-uuid/x\nE:ID_FS_UUID=1234-ABCD\n"),
        ]);
        assert_eq!(uuid(&host, "/dev/sda1").as_deref(), Some("1234-ABCD"));
        assert_eq!(uuid(&host, "nas:/vol"), None);
    }

    #[test]
    fn a_stuck_mount_delays_no_other() {
        let paths = ["/stuck", "/a", "/b"].map(PathBuf::from).to_vec();
        let started = Instant::now();
        let found = ask_all(paths, Duration::from_millis(400), |path| {
            while path == Path::new("/stuck") {
                std::thread::park();
            }
            path.to_owned()
        });
        let mut indices: Vec<_> = found.keys().copied().collect();
        indices.sort_unstable();
        assert_eq!(indices, [1, 2]);
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn space_is_told_in_bytes_blocks_and_inodes() {
        let host = TestHost::with(&[]);
        let size = rustix::fs::statvfs(host.root()).unwrap();
        let facts = space(&size);
        assert_eq!(facts["size_total"], json!(size.f_blocks * size.f_frsize));
        assert_eq!(facts.len(), 9);
    }
}
