//! `link`: whether a path of the controller is a symbolic link.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "link",
    aliases: &["is_link"],
    summary: "Whether a path of the controller is a symbolic link",
    params: &[],
    examples: &[("{{ '/etc/passwd' is link }}", "False"), ("{{ '/proc/self' is link }}", "True")],
    takes_undefined: false,
    call: |call| {
        Ok(std::path::Path::new(
            &*call.path_for("lstat: path should be string, bytes or os.PathLike")?,
        )
        .is_symlink())
    },
};
