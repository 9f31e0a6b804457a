//! `relpath`: a path as seen from another.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "relpath",
    aliases: &[],
    summary: "A path as seen from another",
    params: &["start"],
    examples: &[
        ("{{ '/a/b/c' | relpath('/a/d') }}", "../b/c"),
        ("{{ '/a' | relpath('/a') }}", "."),
    ],
    takes_undefined: false,
    call: |call| {
        if !call.value.is_true() {
            return Err("no path specified".into());
        }
        Ok(crate::template::paths::relative(&call.path()?, &call.text(0, ".")).into())
    },
};
