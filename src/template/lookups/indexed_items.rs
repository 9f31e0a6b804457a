//! `indexed_items`: items with their numbers.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "indexed_items",
    aliases: &[],
    summary: "Items with their numbers",
    examples: &[
        ("{{ query('indexed_items', ['a', 'b']) }}", "[[0, 'a'], [1, 'b']]"),
        ("{{ query('indexed_items', 'a', 'b') }}", "[[0, 'a'], [1, 'b']]"),
    ],
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "all lookups may fail")]
fn run(query: &mut Query<'_, '_>) -> Found {
    let items = super::flattened(&query.terms, 1);
    let pair = |(index, item): (usize, Value)| Value::list([index.into(), item]);
    Ok(items.into_iter().enumerate().map(pair).collect())
}
