//! `replace_keys`: data with other keys.

use super::Filter;
use super::keys::{replace, rules};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.replace_keys",
    aliases: &[],
    summary: "Data with the keys that match replaced, however deep they lie",
    params: &["target", "matching_parameter"],
    examples: &[
        (
            "{{ {'a':{'s':1,'b':{'s':2,'c':3}},'s':7} | ansible.utils.replace_keys(target=[{'before':'s','after':'S'}]) }}",
            "{'a': {'b': {'c': 3, 'S': 2}, 'S': 1}, 'S': 7}",
        ),
        (
            "{{ {'sec':1,'b':2} | ansible.utils.replace_keys(target=[{'before':'se','after':'S'}], matching_parameter='starts_with') }}",
            "{'b': 2, 'S': 1}",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let rules = rules(call)?;
        replace(&call.value, &rules)
    },
};
