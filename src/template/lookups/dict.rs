//! `dict`: the entries of dictionaries.

use super::{Found, Lookup, Query};
use crate::{template::filters::as_dict, value::Value};

pub(super) static UNIT: Lookup = Lookup {
    name: "dict",
    aliases: &[],
    summary: "The entries of dictionaries as {key, value}",
    examples: &[
        ("{{ lookup('dict', {'a': 1}) }}", "{'key': 'a', 'value': 1}"),
        (
            "{{ lookup('dict', {'a': 1, 'b': 2}) }}",
            "[{'key': 'a', 'value': 1}, {'key': 'b', 'value': 2}]",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for term in &query.terms {
        let Some(dict) = as_dict(term) else {
            let shown = match term {
                Value::Str(text) => format!(
                    "'{text}' of type <class 'ansible.module_utils._internal._datatag._AnsibleTaggedStr'>"
                ),
                other => format!("'{}' of type <class '{}'>", other.to_text(), other.type_name()),
            };
            return Err(
                format!("the 'dict' lookup plugin expects a dictionary, got {shown})").into()
            );
        };
        found.extend(
            dict.iter()
                .map(|(key, value)| Value::dict([("key", key.clone()), ("value", value.clone())])),
        );
    }
    Ok(found)
}
