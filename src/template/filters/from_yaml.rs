//! `from_yaml`: the value that YAML stands for.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "from_yaml",
    aliases: &[],
    summary: "The value that YAML stands for",
    params: &[],
    examples: &[
        (
            "{% set y = 'a: [1, yes, 0x10]\\nb: {c: ~}' %}{{ y | from_yaml }}",
            "{'a': [1, True, 16], 'b': {'c': None}}",
        ),
        ("{{ 5 | from_yaml }}", "5"),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        crate::value::Value::Str(text) => Ok(crate::template::documents::read(text)?),
        crate::value::Value::None => Ok(crate::value::Value::None),
        other => {
            call.passes_over("from_yaml");
            Ok(other.clone())
        }
    },
};
