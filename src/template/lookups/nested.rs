//! `nested`: each combination of one item of each list.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "nested",
    aliases: &[],
    summary: "Each combination of one item of each list",
    examples: &[
        ("{{ query('nested', [1, 2], ['a', 'b']) }}", "[[1, 'a'], [1, 'b'], [2, 'a'], [2, 'b']]"),
        (
            "{{ query('nested', ['web'], [80, 443], ['tcp']) }}",
            "[['web', 80, 'tcp'], ['web', 443, 'tcp']]",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    if query.terms.is_empty() {
        return Err("with_nested requires at least one element in the nested list".into());
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for term in &query.terms {
        let items = super::elements(term)?;
        if rows.len().saturating_mul(items.len()) > 5_000_000 {
            return Err("too many combinations".into());
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                items.iter().map(move |item| row.iter().cloned().chain([item.clone()]).collect())
            })
            .collect();
    }
    Ok(rows.into_iter().map(|row| super::flattened(&row, 1).into()).collect())
}
