//! `win_dirname`: a Windows path without its last component.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "win_dirname",
    aliases: &[],
    summary: "A Windows path without its last component",
    params: &[],
    examples: &[
        ("{{ 'C:\\\\users\\\\x.txt' | win_dirname }}", "C:\\\\users"),
        ("{{ 'C:\\\\a' | win_dirname }}", "C:\\\\"),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.path()?;
        let (drive, head, _) = super::windows_parts(&path);
        let trimmed = head.trim_end_matches(['/', '\\']);
        Ok(format!("{drive}{}", if trimmed.is_empty() { head } else { trimmed }).into())
    },
};
