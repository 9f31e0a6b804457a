//! `index_of`: where items are that a test chooses.

use super::{Found, Lookup, Query, Value, by_filter};
use crate::template::filters::Given;

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
    let is_given = |at: usize, name: &str| query.terms.len() > at || query.option(name).is_some();
    let (data, test) = (is_given(0, "data"), is_given(1, "test"));
    if !data {
        let mut given = Given::default();
        given.needs(&[("data", data), ("test", test)]);
        given.all_right()?;
    }
    // `lookup` itself takes `wantlist`; a single index comes out of the list there.
    if query.terms.len() < 6 {
        query.options.retain(|(name, _)| &**name != "wantlist");
        query.options.push(("wantlist".into(), Value::Bool(true)));
    }
    if query.terms.is_empty()
        && let Some(at) = query.options.iter().position(|(name, _)| &**name == "data")
    {
        let (_, data) = query.options.remove(at);
        query.terms = vec![data];
    }
    by_filter(query)
}
