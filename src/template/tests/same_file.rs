//! `same_file`: whether two paths of the controller are one file.

use super::Test;
use std::os::unix::fs::MetadataExt;

pub(super) static UNIT: Test = Test {
    name: "same_file",
    aliases: &["is_same_file"],
    summary: "Whether two paths of the controller are the same file",
    params: &["f2"],
    examples: &[
        ("{{ '/etc' is same_file('/etc/.') }}", "True"),
        ("{{ '/etc' is same_file('/usr') }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        if call.some(0).is_none() {
            return Err("samefile() missing 1 required positional argument: 'f2'".into());
        }
        let look =
            |path: &str| std::fs::metadata(path).map_err(|error| format!("{error}: '{path}'"));
        let (a, b) = (look(&call.input_text())?, look(&call.required(0, "f2")?.to_text())?);
        Ok(a.dev() == b.dev() && a.ino() == b.ino())
    },
};
