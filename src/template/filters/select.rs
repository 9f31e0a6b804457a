//! `select`: the items that a test holds for.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "select",
    aliases: &[],
    summary: "The items that a test holds for",
    params: &["*", "**"],
    examples: &[
        ("{{ [1, 2, 3] | select('odd') | list }} {{ [0, 1, ''] | select | list }}", "[1, 3] [1]"),
        ("{{ ['ab', 'b'] | select('match', 'a') | list }}", "['ab']"),
        (
            "{{ [1] | select('nope') | list }}",
            "The filter plugin 'ansible.builtin.select' failed: No test named 'nope'.",
        ),
    ],
    takes_undefined: false,
    call: |call| super::chosen(call, false, true),
};
