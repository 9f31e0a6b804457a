//! `commonpath`: the longest path that all paths begin with.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "commonpath",
    aliases: &[],
    summary: "The longest path that all paths begin with",
    params: &[],
    examples: &[
        (
            "{{ ['/usr/lib/a', '/usr/lib/b/c', '/usr/lib'] | commonpath }} {{ ['a/b', 'a/c'] | commonpath }}",
            "/usr/lib a",
        ),
        (
            "{{ ['/a', 'b'] | commonpath }}",
            "The filter plugin 'ansible.builtin.commonpath' failed: Can't mix absolute and relative paths",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        if matches!(call.value, Value::Str(_) | Value::Dict(_)) || call.items().is_err() {
            let found = call.value.type_name();
            let message = format!("|commonpath expects sequence, got <class '{found}'> instead.");
            return Err(message.into());
        }
        let paths = super::path_texts(&call.items()?)?;
        let Some(first) = paths.first() else {
            return Err("commonpath() arg is an empty sequence".into());
        };
        let rooted = first.starts_with('/');
        if paths.iter().any(|path| path.starts_with('/') != rooted) {
            return Err("Can't mix absolute and relative paths".into());
        }
        let parts = |path: &str| -> Vec<String> {
            path.split('/')
                .filter(|part| !part.is_empty() && *part != ".")
                .map(str::to_owned)
                .collect()
        };
        let mut common = parts(first);
        for path in &paths[1..] {
            let same = parts(path).iter().zip(&common).take_while(|(a, b)| a == b).count();
            common.truncate(same);
        }
        Ok(format!("{}{}", if rooted { "/" } else { "" }, common.join("/")).into())
    },
};
