//! `selectattr`: the items whose attribute passes a test.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "selectattr",
    aliases: &[],
    summary: "The items that a test holds for an attribute of",
    params: &["*", "**"],
    examples: &[
        ("{{ [{'n': 1}, {'n': 2}] | selectattr('n', 'eq', 1) | list }}", "[{'n': 1}]"),
        (
            "{{ [{'a': {'b': 0}}, {'a': {'b': 2}}] | selectattr('a.b') | list }}",
            "[{'a': {'b': 2}}]",
        ),
        ("{{ [{'n': 1}, {}] | selectattr('n', 'defined') | list }}", "[{'n': 1}]"),
        (
            "{{ [{}] | selectattr('n', 'eq', 1) | list }}",
            "object of type 'dict' has no attribute 'n'",
        ),
    ],
    takes_undefined: false,
    call: |call| super::chosen(call, true, true),
};
