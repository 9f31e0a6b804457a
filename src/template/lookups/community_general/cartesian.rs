//! `cartesian`: every combination of the items of lists.

use super::{Found, Lookup, Query};
use crate::{template::lookups::as_items, value::Value};

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.cartesian",
    aliases: &["cartesian"],
    summary: "Every combination of the items of lists",
    examples: &[
        (
            "{{ lookup('community.general.cartesian', [1,2],['a','b']) }}",
            "[[1, 'a'], [1, 'b'], [2, 'a'], [2, 'b']]",
        ),
        ("{{ query('community.general.cartesian', [1,[2,3]],['a']) }}", "[[1, 'a'], [2, 3, 'a']]"),
        (
            "{{ query('community.general.cartesian') }}",
            "The lookup plugin 'community.general.cartesian' failed: with_cartesian requires at least one element in each list",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    if query.terms.is_empty() {
        return Err("with_cartesian requires at least one element in each list".into());
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for term in &query.terms {
        let items = as_items(term);
        if rows.len().saturating_mul(items.len()) > MOST {
            return Err("the lists have too many combinations".into());
        }
        rows = rows
            .iter()
            .flat_map(|row| items.iter().map(move |item| [&row[..], &as_items(item)].concat()))
            .collect();
    }
    Ok(rows.into_iter().map(Value::from).collect())
}

/// Combinations beyond which lists are refused.
const MOST: usize = 5_000_000;
