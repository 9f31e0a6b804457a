//! `lists_intersect`: what is in all of several lists.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.lists_intersect",
    aliases: &[],
    summary: "What is in all of several lists",
    params: &["*", "**"],
    examples: &[
        ("{{ [1,2,3] | community.general.lists_intersect([3,4,1]) }}", "[1, 3]"),
        ("{{ [[1,2],[2,3]] | community.general.lists_intersect(flatten=true) }}", "[2]"),
    ],
    takes_undefined: false,
    call: |call| {
        super::sets::folded(
            call,
            "lists_intersect",
            super::sets::Combine::Apart(super::sets::intersection),
        )
    },
};
