//! `reveal_ansible_type`: the type of a value and of what is in it.

use super::Filter;
use crate::{
    template::filters::as_dict,
    value::{Dict, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.reveal_ansible_type",
    aliases: &[],
    summary: "The type of a value and of what is in it",
    params: &["alias"],
    examples: &[
        ("{{ 'a' | community.general.reveal_ansible_type }}", "str"),
        ("{{ [1,'a'] | community.general.reveal_ansible_type }}", "list[int|str]"),
        (
            "{{ {'a':1,'b':'x','c':[1]} | community.general.reveal_ansible_type }}",
            "dict[str, int|list|str]",
        ),
        ("{{ {'a':1} | community.general.reveal_ansible_type({'str':'x'}) }}", "dict[x, int]"),
        ("{{ [] | community.general.reveal_ansible_type }}", "list"),
    ],
    takes_undefined: false,
    call: |call| Ok(type_of(&call.value, call.some(0).and_then(as_dict).as_deref()).into()),
};

/// Returns a type's name, perhaps another one by an alias, and the types of what is in it.
pub(in crate::template) fn type_of(value: &Value, alias: Option<&Dict>) -> String {
    let name = |value: &Value| {
        let name = value.type_name();
        alias.and_then(|alias| alias.get(name)).map_or_else(|| name.to_owned(), Value::to_text)
    };
    let names = |values: &mut dyn Iterator<Item = &Value>| {
        let mut names: Vec<String> = values.map(name).collect();
        names.sort();
        names.dedup();
        names.join("|")
    };
    match value {
        Value::List(items) if !items.is_empty() => {
            format!("{}[{}]", name(value), names(&mut items.iter()))
        }
        Value::Dict(dict) if !dict.is_empty() => {
            format!("{}[{}, {}]", name(value), names(&mut dict.keys()), names(&mut dict.values()))
        }
        other => name(other),
    }
}
