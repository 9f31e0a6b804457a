//! `lists_union`: what is in any of several lists.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.lists_union",
    aliases: &[],
    summary: "What is in any of several lists",
    params: &["*", "**"],
    examples: &[
        ("{{ [1,1,2] | community.general.lists_union([2,3],[1,9]) }}", "[1, 2, 3, 9]"),
        ("{{ [[1,2],[2,3]] | community.general.lists_union(flatten=true) }}", "[1, 2, 3]"),
        (
            "{{ [1] | community.general.lists_union([2], nope=1) }}",
            "The filter plugin 'community.general.lists_union' failed: lists_union() got unexpected keywords arguments: nope",
        ),
        (
            "{{ [1] | community.general.lists_union(5) }}",
            "The filter plugin 'community.general.lists_union' failed: can only concatenate list (not \"int\") to list",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        super::sets::folded(call, "lists_union", super::sets::Combine::Added(super::sets::union))
    },
};
