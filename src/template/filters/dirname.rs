//! `dirname`: everything before the last slash of a path.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "dirname",
    aliases: &[],
    summary: "A path without its last component",
    params: &[],
    examples: &[
        ("{{ '/etc/motd' | dirname }}", "/etc"),
        ("{{ '/motd' | dirname }} [{{ 'a' | dirname }}] {{ '/a/b/' | dirname }}", "/ [] /a/b"),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.path()?;
        let head = path.rfind('/').map_or("", |at| &path[..=at]);
        let trimmed = head.trim_end_matches('/');
        Ok(if trimmed.is_empty() { head } else { trimmed }.into())
    },
};
