//! `from_yaml`: the value that YAML stands for.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "from_yaml",
    aliases: &[],
    summary: "The value that YAML stands for",
    params: &[],
    examples: &[
        (
            "{{ 'a: [1, yes, 0x10]\\nb: {c: ~}' | from_yaml }}",
            "The filter plugin 'ansible.builtin.from_yaml' failed: while parsing a block mapping",
        ),
        ("{{ 5 | from_yaml }}", "5"),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        crate::value::Value::Str(text) => Ok(crate::template::documents::read(text)?),
        other => Ok(other.clone()),
    },
};
