//! `directory`: whether a path of the controller is a folder.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "directory",
    aliases: &["is_dir"],
    summary: "Whether a path of the controller is a directory",
    params: &[],
    examples: &[("{{ '/etc' is directory }}", "True"), ("{{ '/etc/passwd' is is_dir }}", "False")],
    takes_undefined: false,
    call: |call| {
        Ok(std::path::Path::new(
            &*call.path_for("stat: path should be string, bytes, os.PathLike or integer")?,
        )
        .is_dir())
    },
};
