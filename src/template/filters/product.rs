//! `product`: each combination of one item of each list.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "product",
    aliases: &[],
    summary: "Each combination of one item of each list",
    params: &["*", "**"],
    examples: &[
        ("{{ [1, 2] | product(['a', 'b']) | list }}", "[[1, 'a'], [1, 'b'], [2, 'a'], [2, 'b']]"),
        ("{{ [0, 1] | product(repeat=2) | list }}", "[[0, 0], [0, 1], [1, 0], [1, 1]]"),
    ],
    takes_undefined: false,
    call: |call| {
        let mut lists = vec![call.items()?];
        for list in &call.rest {
            lists.push(crate::template::evaluator::items(list)?);
        }
        let repeat = call.keyword("repeat").and_then(Value::as_int).unwrap_or(1);
        let repeat = usize::try_from(repeat).unwrap_or(0).min(100);
        let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
        for _ in 0..repeat {
            for list in &lists {
                let mut longer = Vec::new();
                for row in &rows {
                    for item in list.iter() {
                        call.eval.step()?;
                        longer.push(row.iter().cloned().chain([item.clone()]).collect());
                    }
                }
                rows = longer;
            }
        }
        Ok(Value::list(rows.into_iter().map(|row| Value::Tuple(std::sync::Arc::new(row.into())))))
    },
};
