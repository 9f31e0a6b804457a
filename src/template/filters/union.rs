//! `union`: the items of two lists, each once.

use super::Filter;
use crate::template::{
    evaluator,
    sets::{Set, WithoutSets, combined, distinct},
};

pub(super) static UNIT: Filter = Filter {
    name: "union",
    aliases: &[],
    summary: "The items of two lists, each once",
    params: &["b"],
    examples: &[
        ("{{ [1, 2, 2] | union([2, 3]) }}", "[1, 2, 3]"),
        ("{{ [3, 1] | union([1, 2]) }}", "[1, 2, 3]"),
    ],
    takes_undefined: false,
    call: |call| {
        let other = call.required(0, "b")?;
        if call.items().is_err() || evaluator::items(other).is_err() {
            // What is no set is added.
            let sum = super::added(&call.value, other)?;
            return Ok(distinct(evaluator::items(&sum)?.iter()).into());
        }
        combined(call, WithoutSets { looks: false, adds: true }, Set::union, |left, right| {
            distinct(left.iter().chain(right))
        })
    },
};
