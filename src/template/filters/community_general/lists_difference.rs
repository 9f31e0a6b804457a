//! `lists_difference`: what is in the first of several lists only.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.lists_difference",
    aliases: &[],
    summary: "What is in the first of several lists, and not in the others",
    params: &["*", "**"],
    examples: &[
        ("{{ [1,2,3] | community.general.lists_difference([3,4],[1]) }}", "[2]"),
        ("{{ [1,2,2] | community.general.lists_difference }}", "[1, 2, 2]"),
    ],
    takes_undefined: false,
    call: |call| {
        super::sets::folded(
            call,
            "lists_difference",
            super::sets::Combine::Apart(super::sets::difference),
        )
    },
};
