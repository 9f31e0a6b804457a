//! `flattened`: all lists as one flat one.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.flattened",
    aliases: &["flattened"],
    summary: "One flat list of lists in lists",
    examples: &[
        ("{{ lookup('community.general.flattened', [1,[2,[3]]], 4) }}", "[1, 2, 3, 4]"),
        ("{{ query('community.general.flattened', [1], [none, 'a']) }}", "[1, None, 'a']"),
    ],
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "as all of its kind")]
fn run(query: &mut Query<'_, '_>) -> Found {
    Ok(flat(&query.terms))
}

/// Returns items and those of lists among them, up to one that is called as nothing is; a list of one is its item.
fn flat(items: &[Value]) -> Vec<Value> {
    let mut found = Vec::new();
    for mut item in items {
        while let Value::List(inner) = item
            && let [only] = &inner[..]
        {
            item = only;
        }
        match item {
            Value::Str(text) if matches!(&**text, "None" | "null") => break,
            Value::List(inner) => found.extend(flat(inner)),
            other => found.push(other.clone()),
        }
    }
    found
}
