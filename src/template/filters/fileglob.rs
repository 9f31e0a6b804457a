//! `fileglob`: the files of the controller that a pattern matches.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "fileglob",
    aliases: &[],
    summary: "Files that a pattern matches",
    params: &[],
    examples: &[
        ("{{ '/etc/host*s' | fileglob }}", "['/etc/hosts']"),
        ("{{ '/nothing/*' | fileglob }}", "[]"),
    ],
    takes_undefined: false,
    call: |call| {
        match &call.value {
            Value::Str(_) | Value::Bytes(_) => (),
            Value::List(_) | Value::Tuple(_) => drop(call.path_for(super::PATH)?),
            Value::Dict(_) => return Err("unhashable type: 'slice'".into()),
            other => {
                let found = other.type_name();
                return Err(format!("'{found}' object is not subscriptable").into());
            }
        }
        let found = crate::template::glob::files(&call.input_text());
        Ok(Value::list(found.into_iter().map(Value::from)))
    },
};
