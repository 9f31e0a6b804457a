//! `flattened`: all lists as one flat one.

use super::{Found, Lookup, Query};

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
    Ok(crate::template::lookups::flattened(&query.terms, usize::MAX))
}
