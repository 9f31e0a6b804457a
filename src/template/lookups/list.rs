//! `list`: the terms as they are.

use super::{Found, Lookup, Query};

pub(super) static UNIT: Lookup = Lookup {
    name: "list",
    aliases: &[],
    summary: "The terms as they are: lists are not taken apart",
    examples: &[
        ("{{ query('list', 1, [2]) }}", "[1, [2]]"),
        ("{{ query('list', ['a', 'b'], 'c') }}", "[['a', 'b'], 'c']"),
    ],
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "all lookups may fail")]
fn run(query: &mut Query<'_, '_>) -> Found {
    Ok(std::mem::take(&mut query.terms))
}
