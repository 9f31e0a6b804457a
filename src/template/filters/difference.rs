//! `difference`: the items that another list has not.

use std::collections::HashSet;

use super::Filter;
use crate::template::sets::{Set, WithoutSets, combined, distinct};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "difference",
    aliases: &[],
    summary: "The items that the other list does not have, each once",
    params: &["b"],
    examples: &[
        ("{{ [1, 2, 2, 3] | difference([3, 4]) }}", "[1, 2]"),
        ("{{ ['a', 'b'] | difference(['b', 'a']) }}", "[]"),
    ],
    takes_undefined: false,
    call: |call| {
        combined(call, WithoutSets { looks: true, adds: false }, Set::difference, |left, right| {
            let right: HashSet<&Value> = right.iter().collect();
            distinct(left.iter().filter(|item| !right.contains(item)))
        })
    },
};
