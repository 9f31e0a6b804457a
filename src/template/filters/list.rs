//! `list`: items as a list.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "list",
    aliases: &[],
    summary: "Items as a list: letters of a text, keys of a dictionary",
    params: &[],
    examples: &[
        (
            "{{ 'abc' | list }} {{ {'a': 1} | list }} {{ range(3) | list }}",
            "['a', 'b', 'c'] ['a'] [0, 1, 2]",
        ),
        (
            "{{ 5 | list }}",
            "The filter plugin 'ansible.builtin.list' failed: 'int' object is not iterable",
        ),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::value::Value::List(call.items()?)),
};
