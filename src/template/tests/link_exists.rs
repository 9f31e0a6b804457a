//! `link_exists`: whether there is something, or a link, at a path of the controller.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "link_exists",
    aliases: &[],
    summary: "Whether a path of the controller exists, even as a link to nothing",
    params: &[],
    examples: &[
        ("{{ '/proc/self' is link_exists }}", "True"),
        ("{{ '/nothing' is link_exists }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(std::path::Path::new(
            &*call.path_for("lstat: path should be string, bytes or os.PathLike")?,
        )
        .symlink_metadata()
        .is_ok())
    },
};
