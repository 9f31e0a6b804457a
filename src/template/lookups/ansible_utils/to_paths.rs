//! `to_paths`: all paths of a value.

use super::{Found, Lookup, Query};
use crate::{
    template::filters::{Given, paths},
    value::Value,
};

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
    let value = query.terms.first().or_else(|| query.option("var"));
    let mut given = Given::default();
    given.needs(&[("var", value.is_some())]);
    let as_list = given.truth("wantlist", query.option("wantlist"));
    let names = query.options.iter().map(|(name, _)| &**name);
    given.knows(&["prepend", "var", "wantlist"], names);
    given.all_right()?;
    let prefix = query.terms.get(1).or_else(|| query.option("prepend")).map(Value::to_text);
    let prefix = prefix.unwrap_or_default();
    Ok(vec![paths(&value.cloned().unwrap_or_default(), &prefix, as_list)?])
}
