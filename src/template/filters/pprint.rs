//! `pprint`: a value as Python writes it. The reference's containers are its own, which `pprint` does not lay out.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "pprint",
    aliases: &[],
    summary: "A value as Python writes it",
    params: &[],
    examples: &[
        ("{{ [3, 'a', none] | pprint }}", "[3, 'a', None]"),
        ("{{ {'b': 1, 'a': 2} | pprint }}", "{'b': 1, 'a': 2}"),
    ],
    takes_undefined: false,
    call: |call| Ok(call.value.to_repr().into()),
};
