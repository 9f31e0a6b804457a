//! `zip_longest`: items of lists together by their place, with something for what is missing.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "zip_longest",
    aliases: &[],
    summary: "Items of lists together by their place, shorter ones filled",
    params: &["*", "**"],
    examples: &[
        (
            "{{ [1, 2, 3] | zip_longest(['a'], fillvalue='x') | list }}",
            "[[1, 'a'], [2, 'x'], [3, 'x']]",
        ),
        ("{{ [1] | zip_longest([]) | list }}", "[[1, None]]"),
    ],
    takes_undefined: false,
    call: |call| {
        let fill = call.keyword("fillvalue").cloned().unwrap_or_default();
        let mut lists = vec![call.items()?];
        for list in &call.rest {
            lists.push(crate::template::evaluator::items(list)?);
        }
        let length = lists.iter().map(|list| list.len()).max().unwrap_or(0);
        let at = |list: &crate::value::List, index: usize| {
            list.get(index).cloned().unwrap_or_else(|| fill.clone())
        };
        let row = |index: usize| lists.iter().map(|list| at(list, index)).collect();
        Ok(Value::list((0..length).map(|index| Value::Tuple(std::sync::Arc::new(row(index))))))
    },
};
