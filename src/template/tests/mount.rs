//! `mount`: whether a path of the controller is where a file system is mounted.

use super::Test;
use std::os::unix::fs::MetadataExt;

pub(super) static UNIT: Test = Test {
    name: "mount",
    aliases: &["is_mount"],
    summary: "Whether a path of the controller is a mount point",
    params: &[],
    examples: &[("{{ '/proc' is mount }}", "True"), ("{{ '/etc/passwd' is mount }}", "False")],
    takes_undefined: false,
    call: |call| {
        let path = call.path_for("lstat: path should be string, bytes or os.PathLike")?;
        let Ok(here) = std::fs::symlink_metadata(&*path) else { return Ok(false) };
        let Ok(above) = std::fs::symlink_metadata(format!("{path}/..")) else { return Ok(false) };
        Ok(here.is_dir() && (here.dev() != above.dev() || here.ino() == above.ino()))
    },
};
