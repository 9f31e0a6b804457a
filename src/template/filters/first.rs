//! `first`: the first item.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "first",
    aliases: &[],
    summary: "The first item",
    params: &[],
    examples: &[
        ("{{ [3, 1] | first }} {{ 'abc' | first }}", "3 a"),
        ("{{ [] | first }}", "No first item, sequence was empty."),
    ],
    takes_undefined: false,
    call: |call| match call.items()?.first() {
        Some(first) => Ok(call.eval.resolved(first.clone())?),
        None => Ok(crate::value::Value::undefined("No first item, sequence was empty.")),
    },
};
