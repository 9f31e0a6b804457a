//! `fileglob`: the files of the controller that a pattern matches.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "fileglob",
    aliases: &[],
    summary: "Files that a pattern matches",
    params: &[],
    examples: &[("{{ '/etc/host*s' | fileglob }}", "['/etc/hosts']")],
    takes_undefined: false,
    call: |call| {
        let found = crate::template::glob::files(&call.input_text());
        Ok(Value::list(found.into_iter().map(Value::from)))
    },
};
