//! `realpath`: a path of the controller with its links followed.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "realpath",
    aliases: &[],
    summary: "A path with its links followed",
    params: &[],
    examples: &[
        ("{{ '/usr/./lib/../lib/nothing' | realpath }}", "/usr/lib/nothing"),
        ("{{ '/proc/../etc' | realpath }}", "/etc"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::paths::real(&call.path()?).into()),
};
