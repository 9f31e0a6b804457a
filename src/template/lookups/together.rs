//! `together`: the first items of lists together, then the second ones.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "together",
    aliases: &[],
    summary: "Items of lists together by their place",
    examples: &[
        ("{{ query('together', [1, 2], ['a']) }}", "[[1, 'a'], [2, None]]"),
        (
            "{{ query('together', ['web', 'db'], [80, 5432], ['a', 'b']) }}",
            "[['web', 80, 'a'], ['db', 5432, 'b']]",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    if query.terms.is_empty() {
        return Err("with_together requires at least one element in each list".into());
    }
    let lists = query.terms.iter().map(super::elements).collect::<Result<Vec<_>, _>>()?;
    let length = lists.iter().map(|list| list.len()).max().unwrap_or(0);
    let row = |index: usize| -> Vec<Value> {
        lists.iter().map(|list| list.get(index).cloned().unwrap_or_default()).collect()
    };
    Ok((0..length).map(|index| super::flattened(&row(index), 1).into()).collect())
}
