//! `items`: items, and those of lists among them.

use super::{Found, Lookup, Query};

pub(super) static UNIT: Lookup = Lookup {
    name: "items",
    aliases: &[],
    summary: "Items, and one by one those of lists among them",
    examples: &[
        ("{{ query('items', 'a', ['b', ['c']]) }}", "['a', 'b', ['c']]"),
        ("{{ lookup('items', 1, [2, 3]) }}", "[1, 2, 3]"),
    ],
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "all lookups may fail")]
fn run(query: &mut Query<'_, '_>) -> Found {
    Ok(super::flattened(&query.terms, 1))
}
