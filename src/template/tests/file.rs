//! `file`: whether a path of the controller is a file.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "file",
    aliases: &["is_file"],
    summary: "Whether a path of the controller is a file",
    params: &[],
    examples: &[("{{ '/etc/passwd' is file }}", "True"), ("{{ '/etc' is file }}", "False")],
    takes_undefined: false,
    call: |call| {
        Ok(std::path::Path::new(
            &*call.path_for("stat: path should be string, bytes, os.PathLike or integer")?,
        )
        .is_file())
    },
};
