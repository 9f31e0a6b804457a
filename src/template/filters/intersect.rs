//! `intersect`: the items that another list has too.

use std::collections::HashSet;

use super::Filter;
use crate::template::sets::{Set, WithoutSets, combined, distinct};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "intersect",
    aliases: &[],
    summary: "The items that the other list has, too, each once",
    params: &["b"],
    examples: &[
        ("{{ [1, 2, 2, 3] | intersect([2, 3, 4]) }}", "[2, 3]"),
        ("{{ ['a'] | intersect(['b']) }}", "[]"),
    ],
    takes_undefined: false,
    call: |call| {
        combined(
            call,
            WithoutSets { looks: true, adds: false },
            Set::intersection,
            |left, right| {
                let right: HashSet<&Value> = right.iter().collect();
                distinct(left.iter().filter(|item| right.contains(item)))
            },
        )
    },
};
