//! `symmetric_difference`: the items that only one of two lists has.

use std::collections::HashSet;

use super::Filter;
use crate::template::sets::{Set, WithoutSets, combined, distinct};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "symmetric_difference",
    aliases: &[],
    summary: "The items that only one of two lists has",
    params: &["b"],
    examples: &[
        ("{{ [1, 2, 3] | symmetric_difference([3, 4]) }}", "[1, 2, 4]"),
        ("{{ ['a', 'b'] | symmetric_difference(['b', 'a']) }}", "[]"),
    ],
    takes_undefined: false,
    call: |call| {
        combined(
            call,
            WithoutSets { looks: true, adds: true },
            Set::symmetric_difference,
            |left, right| {
                let (known, others): (HashSet<&Value>, HashSet<&Value>) =
                    (left.iter().collect(), right.iter().collect());
                let lefts = left.iter().filter(|item| !others.contains(item));
                distinct(lefts.chain(right.iter().filter(|item| !known.contains(item))))
            },
        )
    },
};
