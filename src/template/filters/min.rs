//! `min`: the least item.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "min",
    aliases: &[],
    summary: "The least item",
    params: &["case_sensitive", "attribute", "**"],
    examples: &[
        (
            "{{ [3, 1, 2] | min }} {{ ['b', 'A'] | min }} {{ [{'a': 1}, {'a': 2}] | min(attribute='a') }}",
            "1 A {'a': 1}",
        ),
        (
            "{{ [1, 'a'] | min }}",
            "The filter plugin 'ansible.builtin.min' failed: '<' not supported between instances of 'str' and 'int'",
        ),
    ],
    takes_undefined: false,
    call: |call| super::extreme(call, std::cmp::Ordering::Less),
};
