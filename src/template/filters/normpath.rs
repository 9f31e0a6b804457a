//! `normpath`: a path without `.`, `..` and doubled slashes.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "normpath",
    aliases: &[],
    summary: "A path without . and .. and doubled slashes",
    params: &[],
    examples: &[
        ("{{ '/a/./b/../c//d' | normpath }}", "/a/c/d"),
        ("{{ '' | normpath }}", "."),
        ("{{ '../a/..' | normpath }}", ".."),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::paths::normalize(&call.path()?).into()),
};
