//! `from_json`: the value that JSON stands for.

use super::Filter;
use crate::{template::json, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "from_json",
    aliases: &[],
    summary: "The value that JSON stands for",
    params: &["profile", "**"],
    examples: &[
        (
            "{{ '{\"a\": [1, 2.5, null, true], \"b\": \"\\u00e9\"}' | from_json }}",
            "{'a': [1, 2.5, None, True], 'b': 'é'}",
        ),
        (
            "{{ '{\"a\": }' | from_json }}",
            "The filter plugin 'ansible.builtin.from_json' failed: Expecting value: line 1 column 7 (char 6)",
        ),
        (
            "{{ '[1, 2' | from_json }}",
            "The filter plugin 'ansible.builtin.from_json' failed: Expecting ',' delimiter: line 1 column 6 (char 5)",
        ),
        (
            "{{ '' | from_json }}",
            "The filter plugin 'ansible.builtin.from_json' failed: Expecting value: line 1 column 1 (char 0)",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        call.only_keywords("JSONDecoder.__init__", &[&KNOWN])?;
        match &call.value {
            Value::Str(text) => Ok(json::read(text)?),
            Value::Bytes(bytes) => Ok(json::read(&String::from_utf8_lossy(bytes))?),
            other => Err(format!(
                "the JSON object must be str, bytes or bytearray, not {}",
                other.type_name()
            )
            .into()),
        }
    },
};

/// What Python's reader of JSON may be told.
const KNOWN: [&str; 6] =
    ["object_hook", "parse_float", "parse_int", "parse_constant", "strict", "object_pairs_hook"];
