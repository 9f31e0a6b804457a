//! `slice`: a list in so many parts.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "slice",
    aliases: &[],
    summary: "Items in so many lists of about the same length",
    params: &["slices", "fill_with"],
    examples: &[
        ("{{ [1, 2, 3, 4, 5] | slice(2) | list }}", "[[1, 2, 3], [4, 5]]"),
        ("{{ [1, 2, 3] | slice(2, 'x') | list }}", "[[1, 2], [3, 'x']]"),
    ],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let count = usize::try_from(call.int(0, 1)?).unwrap_or(1).max(1);
        let (size, extra) = (items.len() / count, items.len() % count);
        let mut at = 0;
        let mut parts = Vec::new();
        for index in 0..count.min(100_000) {
            let length = size + usize::from(index < extra);
            let mut part = items[at..at + length].to_vec();
            at += length;
            if let Some(fill) = call.some(1)
                && index >= extra
            {
                part.push(fill.clone());
            }
            parts.push(Value::from(part));
        }
        Ok(parts.into())
    },
};
