//! Home folders: made from a skeleton and given away.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt, lchown, symlink},
    path::Path,
};

use super::{Failure, Host, Result};

impl Host {
    /// Makes a folder with those above it that are missing; the last one gets `mode` and, where given, an owner.
    pub fn make_folder(&self, path: &str, mode: u32, owner: Option<(u32, u32)>) -> Result<()> {
        if self.checking() {
            return Ok(());
        }
        let target = self.path(path);
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&target)
            .and_then(|()| fs::set_permissions(&target, fs::Permissions::from_mode(mode)))
            .and_then(|()| own(&target, owner));
        made.map_err(|error| Failure::io(format!("cannot create `{path}`"), &error))
    }

    /// Gives a file or link to a user and a group.
    pub fn give(&self, path: &str, owner: (u32, u32)) -> Result<()> {
        if self.checking() {
            return Ok(());
        }
        own(&self.path(path), Some(owner))
            .map_err(|error| Failure::io(format!("cannot give `{path}` away"), &error))
    }

    /// Gives a folder and all below it to a user and a group.
    pub fn give_tree(&self, path: &str, owner: (u32, u32)) -> Result<()> {
        if self.checking() {
            return Ok(());
        }
        own_tree(&self.path(path), owner)
            .map_err(|error| Failure::io(format!("cannot give `{path}` away"), &error))
    }

    /// Makes a home folder that holds a copy of `skeleton`, all of it its user's.
    pub fn make_home(
        &self,
        home: &str,
        skeleton: &str,
        mode: u32,
        owner: (u32, u32),
    ) -> Result<()> {
        self.make_folder(home, mode, Some(owner))?;
        if self.checking() || !self.exists(skeleton) {
            return Ok(());
        }
        copy_tree(&self.path(skeleton), &self.path(home), owner)
            .map_err(|error| Failure::io(format!("cannot copy `{skeleton}` to `{home}`"), &error))
    }
}

fn own(path: &Path, owner: Option<(u32, u32)>) -> std::io::Result<()> {
    match owner {
        Some((uid, gid)) => lchown(path, Some(uid), Some(gid)),
        None => Ok(()),
    }
}

fn own_tree(path: &Path, owner: (u32, u32)) -> std::io::Result<()> {
    own(path, Some(owner))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            own_tree(&entry?.path(), owner)?;
        }
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path, owner: (u32, u32)) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            fs::set_permissions(&target, entry.metadata()?.permissions())?;
            copy_tree(&source, &target, owner)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else {
            fs::copy(&source, &target)?;
        }
        own(&target, Some(owner))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::host::TestHost;

    #[test]
    fn a_home_holds_its_skeleton() {
        let host = TestHost::with(&[("/etc/skel/.bashrc", "x"), ("/etc/skel/bin/run", "y")]);
        let me = fs::metadata(host.root()).unwrap();
        host.make_home("/srv/home/me", "/etc/skel", 0o700, (me.uid(), me.gid())).unwrap();
        assert_eq!(host.read_text("/srv/home/me/bin/run").unwrap().as_deref(), Some("y"));
        assert_eq!(host.stat("/srv/home/me").unwrap().unwrap().mode() & 0o777, 0o700);
        let host = host.check();
        host.make_home("/srv/home/you", "/etc/skel", 0o700, (0, 0)).unwrap();
        assert!(!host.exists("/srv/home/you"));
    }
}
