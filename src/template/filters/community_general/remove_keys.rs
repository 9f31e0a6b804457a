//! `remove_keys`: dictionaries without some of their keys.

use super::Filter;
use super::matching::{Matching, dictionaries, edited};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.remove_keys",
    aliases: &[],
    summary: "Dictionaries without the keys that match",
    params: &["target", "matching_parameter"],
    examples: &[
        (
            "{{ [{'a':1,'b':2,'c':3}] | community.general.remove_keys(target=['a','b']) }}",
            "[{'c': 3}]",
        ),
        (
            "{{ [{'aa':1,'ba':2,'c':3}] | community.general.remove_keys(target=['a'], matching_parameter='ends_with') }}",
            "[{'c': 3}]",
        ),
        (
            "{{ [{'aa':1,'ba':2,'c':3}] | community.general.remove_keys(target='a$', matching_parameter='regex') }}",
            "[{'aa': 1, 'ba': 2, 'c': 3}]",
        ),
        (
            "{{ 5 | community.general.remove_keys(target=['x']) }}",
            "The filter plugin 'community.general.remove_keys' failed: First argument must be a list. 5 is <class 'int'>",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let items = dictionaries(call)?;
        let matching = Matching::new(call)?;
        edited(&items, |key| Ok((!matching.holds(key)?).then(|| key.to_owned())))
    },
};
