//! `pprint`: a value as Python's `pprint` shows it.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "pprint",
    aliases: &[],
    summary: "A value laid out for reading",
    params: &[],
    examples: &[
        ("{{ [3, 'a', none] | pprint }}", "[3, 'a', None]"),
        ("{{ {'b': 1, 'a': 2} | pprint }}", "{'b': 1, 'a': 2}"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::pprint::pretty(&call.value).into()),
};
