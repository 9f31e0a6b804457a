//! What is particular to each kind of file system.

use windlass_macros::Choice;

use super::change;
use crate::host::{Command, Failure, Host, Outcome, Result};

/// Kinds of file systems.
#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bcachefs,
    Btrfs,
    Ext2,
    Ext3,
    Ext4,
    Ext4dev,
    F2fs,
    Lvm,
    Ocfs2,
    Reiserfs,
    Xfs,
    Vfat,
    Swap,
    Ufs,
}

impl Kind {
    /// What `blkid` calls it.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Kind::Lvm => "LVM2_member",
            Kind::Ext4dev => "ext4",
            other => other.as_str(),
        }
    }

    /// What messages call it.
    pub(super) fn title(self) -> String {
        let name = self.as_str();
        name[..1].to_uppercase() + &name[1..]
    }

    /// The program that makes one.
    pub(super) fn maker(self) -> &'static str {
        match self {
            Kind::Bcachefs => "mkfs.bcachefs",
            Kind::Btrfs => "mkfs.btrfs",
            Kind::Ext2 => "mkfs.ext2",
            Kind::Ext3 => "mkfs.ext3",
            Kind::Ext4 | Kind::Ext4dev => "mkfs.ext4",
            Kind::F2fs => "mkfs.f2fs",
            Kind::Lvm => "pvcreate",
            Kind::Ocfs2 => "mkfs.ocfs2",
            Kind::Reiserfs => "mkfs.reiserfs",
            Kind::Xfs => "mkfs.xfs",
            Kind::Vfat => "mkfs.vfat",
            Kind::Swap => "mkswap",
            Kind::Ufs => "newfs",
        }
    }

    /// What lets it do that without questions.
    pub(super) fn flags(self) -> &'static [&'static str] {
        match self {
            Kind::Ext2 | Kind::Ext3 | Kind::Ext4 | Kind::Ext4dev => &["-F"],
            Kind::Ocfs2 => &["-Fx"],
            Kind::Reiserfs => &["-q"],
            Kind::Vfat | Kind::Ufs => &[],
            Kind::Bcachefs => &["--force"],
            Kind::Btrfs | Kind::F2fs | Kind::Lvm | Kind::Xfs | Kind::Swap => &["-f"],
        }
    }

    /// What gives it an identifier while it is made.
    pub(super) fn uuid_words(self, uuid: &str) -> Result<Vec<String>> {
        let words: &[&str] = match self {
            Kind::Xfs => return Ok(vec!["-m".to_owned(), format!("uuid={uuid}")]),
            Kind::Lvm => &["--norestorefile", "--uuid"],
            Kind::Bcachefs
            | Kind::Btrfs
            | Kind::Ext2
            | Kind::Ext3
            | Kind::Ext4
            | Kind::Ext4dev
            | Kind::Ocfs2
            | Kind::Swap => &["-U"],
            Kind::Reiserfs => &["-u"],
            Kind::F2fs | Kind::Vfat | Kind::Ufs => {
                return Err(Failure::new(format!(
                    "module does not support UUID option for this filesystem ({}) yet.",
                    self.as_str()
                )));
            }
        };
        Ok(words.iter().copied().chain([uuid]).map(ToOwned::to_owned).collect())
    }

    /// What gives another identifier to one that is there.
    pub(super) fn uuid_changer(self, uuid: &str) -> Option<(&'static str, Vec<String>)> {
        let (program, word) = match self {
            Kind::Ext2 | Kind::Ext3 | Kind::Ext4 | Kind::Ext4dev => ("tune2fs", "-U"),
            Kind::Xfs => ("xfs_admin", "-U"),
            Kind::Btrfs => ("btrfstune", "-U"),
            Kind::Reiserfs => ("reiserfstune", "-u"),
            Kind::Swap => ("swaplabel", "-U"),
            Kind::Lvm => return Some(("pvchange", vec!["-u".to_owned()])),
            _ => return None,
        };
        Some((program, vec![word.to_owned(), uuid.to_owned()]))
    }
}

/// Lets a file system grow to the size of its device.
pub(super) fn grow(kind: Kind, dev: &str, host: &Host) -> Result<Outcome> {
    let unsupported = || {
        Failure::new(format!("module does not support resizing {} filesystem yet.", kind.as_str()))
    };
    let (size, device, command) = match kind {
        Kind::Ext2 | Kind::Ext3 | Kind::Ext4 | Kind::Ext4dev => {
            (ext_size(dev, host)?, device_size(dev, host)?, vec!["resize2fs", dev])
        }
        Kind::Xfs | Kind::Btrfs | Kind::Ufs => return grow_mounted(kind, dev, host),
        Kind::F2fs => return grow_by(kind, dev, &["resize.f2fs", dev], host),
        Kind::Vfat => return grow_by(kind, dev, &["fatresize", "-s", "max", dev], host),
        Kind::Lvm => return grow_volume(dev, host),
        Kind::Bcachefs => return grow_by(kind, dev, &["bcachefs", "device", "resize", dev], host),
        Kind::Ocfs2 | Kind::Reiserfs | Kind::Swap => return Err(unsupported()),
    };
    if size >= device {
        return Ok(Outcome::changed_if(false)
            .with("msg", format!("{} filesystem is using the whole device {dev}", kind.title())));
    }
    grow_by(kind, dev, &command, host)
}

fn grow_by(kind: Kind, dev: &str, words: &[&str], host: &Host) -> Result<Outcome> {
    let tool = host.required(words[0])?;
    let command = Command::new(std::iter::once(tool.as_str()).chain(words[1..].iter().copied()));
    if host.checking() {
        let message = format!("resizing filesystem {} on device {dev}", kind.title());
        return Ok(Outcome::changed_if(true).with("msg", message));
    }
    let output = change(&command, host)?;
    Ok(Outcome::changed_if(true).with("msg", output.text()))
}

/// The size of a device, or of a file with an image.
fn device_size(dev: &str, host: &Host) -> Result<u64> {
    use std::os::unix::fs::FileTypeExt;
    let meta = host.stat(dev)?.ok_or_else(|| Failure::new(format!("Device {dev} not found.")))?;
    if meta.is_file() {
        return Ok(meta.len());
    }
    if !meta.file_type().is_block_device() {
        return Err(Failure::new(format!("Target device not supported: {dev}")));
    }
    let blockdev = host.required("blockdev")?;
    let output = host.must(&Command::new([blockdev.as_str(), "--getsize64", dev]))?;
    output.text().trim().parse().map_err(|_| {
        Failure::new(format!("blockdev says no size of {dev}: {}", output.text().trim()))
    })
}

fn ext_size(dev: &str, host: &Host) -> Result<u64> {
    let tool = host.required("dumpe2fs")?;
    let command = Command::new([tool.as_str(), "-h", dev]).env("LC_ALL", "C");
    let text = host.must(&command)?.text();
    let number = |label: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(label));
        line.and_then(|rest| rest.trim().parse::<u64>().ok())
    };
    match (number("Block count:"), number("Block size:")) {
        (Some(count), Some(size)) => Ok(count.saturating_mul(size)),
        _ => Err(Failure::new(format!("dumpe2fs says no size of {dev}"))),
    }
}

/// Where a device is mounted.
fn mount_point(dev: &str, host: &Host) -> Option<String> {
    let real = host.real_path(dev);
    let text = host.text("/proc/self/mounts")?;
    text.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let (source, target) = (fields.next()?, fields.next()?);
        (source == dev || source == real).then(|| target.replace("\\040", " "))
    })
}

/// Grows a file system that does so only where it is mounted.
fn grow_mounted(kind: Kind, dev: &str, host: &Host) -> Result<Outcome> {
    let target = mount_point(dev, host);
    if kind == Kind::Xfs
        && xfs_size(target.as_deref().unwrap_or(dev), host)? >= device_size(dev, host)?
    {
        return Ok(Outcome::changed_if(false)
            .with("msg", format!("XFS filesystem is using the whole device {dev}")));
    }
    let Some(target) = target else {
        return Err(Failure::new(format!(
            "{dev} needs to be mounted for {} operations",
            kind.as_str()
        )));
    };
    if kind == Kind::Xfs {
        return grow_by(kind, dev, &["xfs_growfs", &target], host);
    }
    if kind == Kind::Ufs {
        return grow_by(kind, dev, &["growfs", "-y", dev], host);
    }
    grow_by(kind, dev, &["btrfs", "filesystem", "resize", "max", &target], host)
}

/// Blocks of data and their size: `data = bsize=4096 blocks=65536, imaxpct=25`.
fn xfs_size(target: &str, host: &Host) -> Result<u64> {
    let tool = host.required("xfs_info")?;
    let text = host.must(&Command::new([tool.as_str(), target]).env("LC_ALL", "C"))?.text();
    let line = text.lines().find(|line| line.starts_with("data")).unwrap_or_default();
    let number = |label: &str| {
        line.split([' ', ',']).find_map(|word| word.strip_prefix(label)?.parse::<u64>().ok())
    };
    match (number("bsize="), number("blocks=")) {
        (Some(size), Some(count)) => Ok(size.saturating_mul(count)),
        _ => Err(Failure::new(format!("xfs_info says no size of {target}"))),
    }
}

fn grow_volume(dev: &str, host: &Host) -> Result<Outcome> {
    let pvs = host.required("pvs")?;
    let words = ["--noheadings", "--nosuffix", "--units", "b", "-o", "pv_size", dev];
    let size = || -> Result<String> {
        let command = Command::new(std::iter::once(pvs.as_str()).chain(words));
        Ok(host.must(&command)?.text().trim().to_owned())
    };
    let before = size()?;
    let device = device_size(dev, host)?;
    // A part of the device is the volume's own, and no extent is half.
    if before.parse::<u64>().is_ok_and(|size| size + (8 << 20) > device) {
        return Ok(Outcome::changed_if(false)
            .with("msg", format!("LVM filesystem is using the whole device {dev}")));
    }
    grow_by(Kind::Lvm, dev, &["pvresize", dev], host)
}
