//! `rekey_on_member`: a dictionary of dictionaries by one of their members.

use super::Filter;
use crate::value::{Dict, Value};

pub(super) static UNIT: Filter = Filter {
    name: "rekey_on_member",
    aliases: &[],
    summary: "Dictionaries by the value that a member has in each",
    params: &["key", "duplicates"],
    examples: &[
        (
            "{{ [{'n': 'a', 'v': 1}, {'n': 'b', 'v': 2}] | rekey_on_member('n') }}",
            "{'a': {'n': 'a', 'v': 1}, 'b': {'n': 'b', 'v': 2}}",
        ),
        (
            "{{ [{'n': 'a'}, {'n': 'a'}] | rekey_on_member('n') }}",
            "The filter plugin 'ansible.builtin.rekey_on_member' failed: Key 'a' is not unique, cannot convert to dict.",
        ),
        (
            "{{ {'x': {'n': 'a'}} | rekey_on_member('n', duplicates='overwrite') }}",
            "{'a': {'n': 'a'}}",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let key = call.required(0, "key")?.to_text();
        let duplicates = call.text(1, "error");
        if !matches!(&*duplicates, "error" | "overwrite") {
            return Err(format!(
                "duplicates parameter to rekey_on_member has unknown value: {duplicates}"
            )
            .into());
        }
        let items: Vec<Value> = match &call.value {
            Value::Dict(dict) => dict.values().cloned().collect(),
            Value::List(_) | Value::Tuple(_) | Value::Object(_) => call.items()?.to_vec(),
            _ => return Err("Type is not a valid list, set, or dict".into()),
        };
        let mut rekeyed = Dict::new();
        for item in items {
            let Some(entry) = item.as_dict() else {
                return Err("List item is not a valid dict".into());
            };
            let Some(found) = entry.get(&key).cloned() else {
                return Err(format!("Key {} was not found.", Value::from(key).to_repr()).into());
            };
            if rekeyed.get_value(&found).is_some() && &*duplicates == "error" {
                return Err(format!(
                    "Key {} is not unique, cannot convert to dict.",
                    found.to_repr()
                )
                .into());
            }
            rekeyed.insert(found, item);
        }
        Ok(rekeyed.into())
    },
};
