//! `index_of`: where items are that a test chooses.

use super::{Found, Lookup, Query, Value, by_filter};

pub(super) static UNIT: Lookup = Lookup {
    name: "ansible.utils.index_of",
    aliases: &[],
    summary: "The indices of the items that a test chooses",
    examples: &[
        ("{{ query('ansible.utils.index_of', [1,2,3,2], 'eq', 2) }}", "[1, 3]"),
        ("{{ lookup('ansible.utils.index_of', ['a','b'], 'eq', 'b') }}", "1"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    query.options.retain(|(name, _)| &**name != "wantlist");
    query.options.push(("wantlist".into(), Value::Bool(true)));
    by_filter(query)
}
