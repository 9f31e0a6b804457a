//! `dump_object`: a value as plain data.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.dump_object",
    aliases: &[],
    summary: "A value as plain data",
    params: &[],
    examples: &[
        ("{{ [1, {'a': 'x'}] | ansible._protomatter.dump_object }}", "[1, {'a': 'x'}]"),
        ("{{ 'a' | ansible._protomatter.dump_object }}", "a"),
    ],
    takes_undefined: false,
    call: |call| Ok(call.value.clone()),
};
