//! `rejectattr`: the items whose attribute fails a test.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "rejectattr",
    aliases: &[],
    summary: "The items that a test does not hold for an attribute of",
    params: &["*", "**"],
    examples: &[
        ("{{ [{'n': 1}, {'n': 2}] | rejectattr('n', 'eq', 1) | list }}", "[{'n': 2}]"),
        ("{{ [{'n': 1}, {}] | rejectattr('n', 'defined') | list }}", "[{}]"),
    ],
    takes_undefined: false,
    call: |call| super::chosen(call, true, false),
};
