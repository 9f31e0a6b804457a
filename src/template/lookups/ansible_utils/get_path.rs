//! `get_path`: what a path leads to in a value.

use super::{Found, Lookup, Query};
use crate::template::filters::{Refusal, found};

pub(super) static UNIT: Lookup = Lookup {
    name: "ansible.utils.get_path",
    aliases: &[],
    summary: "What a path leads to in a value",
    examples: &[
        ("{{ lookup('ansible.utils.get_path', {'a':{'b':[1]}}, 'a.b[0]') }}", "1"),
        ("{{ lookup('ansible.utils.get_path', {'a':{'x.y':2}}, 'a[\"x.y\"]') }}", "2"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let value = query.terms.first().cloned().or_else(|| query.option("var").cloned());
    let path = query.terms.get(1).or_else(|| query.option("path"));
    let (Some(value), Some(path)) = (value, path) else {
        return Err("missing required arguments: path, var".into());
    };
    match found(query.env, &value, &path.to_text(), false) {
        Ok(found) => Ok(vec![found]),
        Err(Refusal::Message(message)) => Err(message.into()),
        Err(other) => Err(other.into_error(("lookup", "ansible.utils.get_path")).into()),
    }
}
