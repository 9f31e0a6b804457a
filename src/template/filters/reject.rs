//! `reject`: the items that a test does not hold for.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "reject",
    aliases: &[],
    summary: "The items that a test does not hold for",
    params: &["*", "**"],
    examples: &[
        ("{{ [1, 2, 3] | reject('odd') | list }} {{ [0, 1, ''] | reject | list }}", "[2] [0, '']"),
        ("{{ [1, 2, 3] | reject('gt', 2) | list }}", "[1, 2]"),
    ],
    takes_undefined: false,
    call: |call| super::chosen(call, false, false),
};
