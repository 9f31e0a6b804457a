//! `remove_keys`: data without some of its keys.

use super::Filter;
use super::keys::{Target, remove};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.remove_keys",
    aliases: &[],
    summary: "Data without the keys that match, however deep they lie",
    params: &["target", "matching_parameter"],
    examples: &[
        (
            "{{ {'a':{'s':1,'b':{'s':2,'c':3}},'l':[{'s':4,'z':5},7]} | ansible.utils.remove_keys(target=['s']) }}",
            "{'a': {'b': {'c': 3}}, 'l': [{'z': 5}, 7]}",
        ),
        (
            "{{ {'sec':1,'b':2} | ansible.utils.remove_keys(target=['se'], matching_parameter='starts_with') }}",
            "{'b': 2}",
        ),
        (
            "{{ {'sec':1,'b':2} | ansible.utils.remove_keys(target=['ec'], matching_parameter='ends_with') }}",
            "{'b': 2}",
        ),
        (
            "{{ {'sec':1,'b':2} | ansible.utils.remove_keys(target=['.*e.*'], matching_parameter='regex') }}",
            "{'b': 2}",
        ),
        (
            "{{ {'a':1} | ansible.utils.remove_keys(target=['z'], matching_parameter='nope') }}",
            "The filter plugin 'ansible.utils.remove_keys' failed: ['value of matching_parameter must be one of: starts_with, ends_with, regex, got: nope']",
        ),
        (
            "{{ 5 | ansible.utils.remove_keys(target=['x']) }}",
            "The filter plugin 'ansible.utils.remove_keys' failed: Error when using plugin 'remove_keys': Input is not valid for attribute removal",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let target = Target::new(call, "remove_keys", "attribute removal")?;
        remove(&call.value, &target)
    },
};
