//! `from_yaml_all`: the values of all documents in YAML.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "from_yaml_all",
    aliases: &[],
    summary: "The values of all documents in YAML",
    params: &[],
    examples: &[
        ("{% set y = 'a: 1\\n---\\n[2]\\n' %}{{ y | from_yaml_all | list }}", "[{'a': 1}, [2]]"),
        ("{{ '1' | from_yaml_all | list }}", "[1]"),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        crate::value::Value::Str(text) => Ok(crate::template::documents::read_all(text)?.into()),
        other if !other.is_true() => Ok(crate::value::Value::list([])),
        other => {
            call.passes_over("from_yaml_all");
            Ok(other.clone())
        }
    },
};
