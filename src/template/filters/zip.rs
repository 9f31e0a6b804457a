//! `zip`: the first items of lists together, then the second ones.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "zip",
    aliases: &[],
    summary: "Items of lists together by their place",
    params: &["*", "**"],
    examples: &[
        ("{{ [1, 2, 3] | zip(['a', 'b']) | list }}", "[[1, 'a'], [2, 'b']]"),
        ("{{ [1] | zip([2], [3]) | list }}", "[[1, 2, 3]]"),
    ],
    takes_undefined: false,
    call: |call| {
        let mut lists = vec![call.items()?];
        for list in &call.rest {
            lists.push(crate::template::evaluator::items(list)?);
        }
        let length = lists.iter().map(|list| list.len()).min().unwrap_or(0);
        let row = |index: usize| lists.iter().map(|list| list[index].clone()).collect();
        Ok(Value::list((0..length).map(|index| Value::Tuple(std::sync::Arc::new(row(index))))))
    },
};
