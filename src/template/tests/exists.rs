//! `exists`: whether there is something at a path of the controller.

use super::Test;
use crate::template::filters::STAT;

pub(super) static UNIT: Test = Test {
    name: "exists",
    aliases: &[],
    summary: "Whether a path of the controller exists",
    params: &[],
    examples: &[
        ("{{ '/etc/passwd' is exists }}", "True"),
        ("{{ '/nothing/here' is exists }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(std::path::Path::new(&*call.path_for(STAT)?).exists()),
};
