//! `to_paths`: all paths of a value.

use super::{Found, Lookup, Query};
use crate::template::filters::paths;

pub(super) static UNIT: Lookup = Lookup {
    name: "ansible.utils.to_paths",
    aliases: &[],
    summary: "A dictionary of all paths of a value and what they lead to",
    examples: &[
        ("{{ lookup('ansible.utils.to_paths', {'a':1,'b':[2]}) }}", "{'a': 1, 'b[0]': 2}"),
        ("{{ lookup('ansible.utils.to_paths', {'a':{'b':1}}, prepend='x') }}", "{'x.a.b': 1}"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let Some(value) = query.terms.first().or_else(|| query.option("var")) else {
        return Err("missing required arguments: var".into());
    };
    Ok(vec![paths(value, &query.text("prepend", ""), false)?])
}
