//! `win_basename`: the last component of a Windows path.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "win_basename",
    aliases: &[],
    summary: "The last component of a Windows path",
    params: &[],
    examples: &[
        ("{{ 'C:\\\\users\\\\x.txt' | win_basename }}", "x.txt"),
        ("{{ 'a/b' | win_basename }}", "b"),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.path()?;
        Ok(super::windows_parts(&path).2.into())
    },
};
