//! `batch`: a list in rows of the same length.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "batch",
    aliases: &[],
    summary: "Rows of so many items",
    params: &["linecount", "fill_with"],
    examples: &[
        ("{{ [1, 2, 3] | batch(2) | list }}", "[[1, 2], [3]]"),
        ("{{ [1, 2, 3] | batch(2, 'x') | list }}", "[[1, 2], [3, 'x']]"),
    ],
    takes_undefined: false,
    call: |call| {
        let count = usize::try_from(call.int(0, 1)?).unwrap_or(1).max(1);
        let mut rows: Vec<Vec<Value>> =
            call.items()?.chunks(count).map(<[Value]>::to_vec).collect();
        if let (Some(fill), Some(last)) = (call.some(1), rows.last_mut()) {
            last.resize(count, fill.clone());
        }
        Ok(Value::list(rows.into_iter().map(Value::from)))
    },
};
