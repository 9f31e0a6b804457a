//! `lists_symmetric_difference`: what two lists do not share.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.lists_symmetric_difference",
    aliases: &[],
    summary: "What lists do not share, one after another",
    params: &["*", "**"],
    examples: &[
        ("{{ [1,2,3] | community.general.lists_symmetric_difference([3,4]) }}", "[1, 2, 4]"),
        ("{{ [1,2,3] | community.general.lists_symmetric_difference([3,4],[4,5]) }}", "[1, 2, 5]"),
    ],
    takes_undefined: false,
    call: |call| {
        super::sets::folded(
            call,
            "lists_symmetric_difference",
            super::sets::Combine::Added(super::sets::symmetric_difference),
        )
    },
};
