//! `batch`: a list in rows of the same length.

use super::Filter;
use crate::value::Value;

/// The longest row that is filled.
const MAX_FILLED: usize = 10_000_000;

pub(super) static UNIT: Filter = Filter {
    name: "batch",
    aliases: &[],
    summary: "Items in rows of so many, the last one filled up where there is something to fill it with",
    params: &["linecount", "fill_with"],
    examples: &[
        ("{{ [1, 2, 3] | batch(2) | list }}", "[[1, 2], [3]]"),
        ("{{ [1, 2, 3] | batch(2, 'x') | list }}", "[[1, 2], [3, 'x']]"),
    ],
    takes_undefined: false,
    call: |call| {
        // What no length is equal to leaves one row.
        let count = call.arg(0).and_then(Value::as_int).unwrap_or(i64::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX).max(1);
        let mut rows: Vec<Vec<Value>> =
            call.items()?.chunks(count).map(<[Value]>::to_vec).collect();
        if let (Some(fill), Some(last)) = (call.some(1), rows.last_mut()) {
            if count > MAX_FILLED {
                return Err(format!("rows of {count} items are too long to be filled").into());
            }
            last.resize(count, fill.clone());
        }
        Ok(Value::list(rows.into_iter().map(Value::from)))
    },
};
