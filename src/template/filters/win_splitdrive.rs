//! `win_splitdrive`: a Windows path in two: its drive, and the rest.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "win_splitdrive",
    aliases: &[],
    summary: "The drive of a Windows path, and the rest",
    params: &[],
    examples: &[
        ("{{ 'C:\\\\users\\\\x.txt' | win_splitdrive }}", "['C:', '\\\\\\\\users\\\\\\\\x.txt']"),
        ("{{ 'a' | win_splitdrive }}", "['', 'a']"),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.path()?;
        let (drive, ..) = super::windows_parts(&path);
        let rest = &path[drive.len()..];
        Ok(Value::Tuple(std::sync::Arc::new(vec![drive.into(), rest.into()].into())))
    },
};
