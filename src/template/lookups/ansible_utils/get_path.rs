//! `get_path`: what a path leads to in a value.

use super::{Found, Lookup, Query};
use crate::template::filters::{Given, Refusal, found};

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
    let value = query.terms.first().or_else(|| query.option("var")).cloned();
    let path = query.terms.get(1).or_else(|| query.option("path"));
    let mut given = Given::default();
    given.needs(&[("path", path.is_some()), ("var", value.is_some())]);
    let names = query.options.iter().map(|(name, _)| &**name);
    given.knows(&["path", "var", "wantlist"], names);
    given.all_right()?;
    let (value, path) = (value.unwrap_or_default(), path.cloned().unwrap_or_default());
    match found(query.env, &value, &path.to_text(), false) {
        Ok(found) => Ok(vec![found]),
        Err(Refusal::Message(message)) => Err(message.into()),
        Err(other) => Err(other.into_error(("lookup", "ansible.utils.get_path")).into()),
    }
}
