//! `finalize`: a value with all templates in it evaluated.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.finalize",
    aliases: &[],
    summary: "A value with all templates in it evaluated",
    params: &[],
    examples: &[
        ("{{ [1, {'a': 'x'}] | ansible._protomatter.finalize }}", "[1, {'a': 'x'}]"),
        ("{{ 'a' | ansible._protomatter.finalize }}", "a"),
    ],
    takes_undefined: false,
    call: |call| Ok(call.value.clone()),
};
