//! `max`: the greatest item.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "max",
    aliases: &[],
    summary: "The greatest item",
    params: &["case_sensitive", "attribute", "**"],
    examples: &[
        (
            "{{ [3, 1, 2] | max }} {{ ['b', 'A'] | max }} {{ [{'a': 1}, {'a': 2}] | max(attribute='a') }}",
            "3 b {'a': 2}",
        ),
        ("{{ [] | max }}", "No aggregated item, sequence was empty."),
    ],
    takes_undefined: false,
    call: |call| super::extreme(call, std::cmp::Ordering::Greater),
};
