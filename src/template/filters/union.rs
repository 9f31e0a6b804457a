//! `union`: the items of two lists, each once.

use super::Filter;
use crate::template::sets::{Set, combined, distinct};

pub(super) static UNIT: Filter = Filter {
    name: "union",
    aliases: &[],
    summary: "The items of two lists, each once",
    params: &["b"],
    examples: &[("{{ [1, 2, 2] | union([2, 3]) }}", "[1, 2, 3]")],
    takes_undefined: false,
    call: |call| combined(call, Set::union, |left, right| distinct(left.iter().chain(right))),
};
