//! `dict_kv`: a dictionary of one entry.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.dict_kv",
    aliases: &[],
    summary: "A dictionary with the value under a key",
    params: &["key"],
    examples: &[
        ("{{ 1 | community.general.dict_kv('x') }}", "{'x': 1}"),
        ("{{ [1,2] | community.general.dict_kv('x') }}", "{'x': [1, 2]}"),
        (
            "{{ 1 | community.general.dict_kv }}",
            "The filter plugin 'community.general.dict_kv' failed: dict_kv() missing 1 required positional argument: 'key'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(key) = call.arg(0) else {
            return Err("dict_kv() missing 1 required positional argument: 'key'".into());
        };
        Ok(Value::dict([(key.clone(), call.value.clone())]))
    },
};
