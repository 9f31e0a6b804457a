//! `keep_keys`: data with only some of its keys.

use super::Filter;
use super::keys::{Target, keep};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.keep_keys",
    aliases: &[],
    summary: "Data with only the keys that match, however deep they lie",
    params: &["target", "matching_parameter"],
    examples: &[
        (
            "{{ {'a':{'s':1,'b':{'s':2,'c':3}},'l':[{'s':4,'z':5},7],'q':1} | ansible.utils.keep_keys(target=['s']) }}",
            "{'a': {'s': 1, 'b': {'s': 2}}, 'l': [{'s': 4}, 7]}",
        ),
        ("{{ [{'a':1,'b':2}] | ansible.utils.keep_keys(target=['a']) }}", "[{'a': 1}]"),
    ],
    takes_undefined: false,
    call: |call| {
        let target = Target::new(call, "keep_keys", "keep operation")?;
        keep(&call.value, &target)
    },
};
