//! `keep_keys`: dictionaries with only some of their keys.

use super::Filter;
use super::matching::{Matching, dictionaries, edited};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.keep_keys",
    aliases: &[],
    summary: "Dictionaries with only the keys that match",
    params: &["target", "matching_parameter"],
    examples: &[
        (
            "{{ [{'a':1,'b':2,'c':3}] | community.general.keep_keys(target=['a','b']) }}",
            "[{'a': 1, 'b': 2}]",
        ),
        (
            "{{ [{'aa':1,'ab':2,'c':3}] | community.general.keep_keys(target=['a'], matching_parameter='starts_with') }}",
            "[{'aa': 1, 'ab': 2}]",
        ),
        (
            "{{ [{'aa':1,'ba':2,'c':3}] | community.general.keep_keys(target='^[ab].', matching_parameter='regex') }}",
            "[{'aa': 1, 'ba': 2}]",
        ),
        (
            "{{ [{'a':1}] | community.general.keep_keys }}",
            "The filter plugin 'community.general.keep_keys' failed: The target must be a string or a list. target is <class 'NoneType'>.",
        ),
        (
            "{{ [{'a':1}] | community.general.keep_keys(target=[]) }}",
            "The filter plugin 'community.general.keep_keys' failed: The target can't be empty.",
        ),
        (
            "{{ [{'aa':1}] | community.general.keep_keys(target=['['], matching_parameter='regex') }}",
            "The filter plugin 'community.general.keep_keys' failed: The target must be a valid regex if matching_parameter=regex. target is [",
        ),
        (
            "{{ [{'aa':1}] | community.general.keep_keys(target=['x','y'], matching_parameter='regex') }}",
            "The filter plugin 'community.general.keep_keys' failed: Single item is required in the target list if matching_parameter=regex.",
        ),
        (
            "{{ [{'aa':1}] | community.general.keep_keys(target=['x'], matching_parameter='nope') }}",
            "The filter plugin 'community.general.keep_keys' failed: The matching_parameter must be one of ['equal', 'starts_with', 'ends_with', 'regex']. matching_parameter=nope",
        ),
        (
            "{{ [1] | community.general.keep_keys(target=['x']) }}",
            "The filter plugin 'community.general.keep_keys' failed: The data items must be dictionaries. 1 is <class 'int'>",
        ),
        (
            "{{ [{5:1}] | community.general.keep_keys(target=['x']) }}",
            "The filter plugin 'community.general.keep_keys' failed: Top level keys must be strings. keys: dict_keys([5])",
        ),
        (
            "{{ [{'aa':1}] | community.general.keep_keys(target=[5]) }}",
            "The filter plugin 'community.general.keep_keys' failed: The target items must be strings. 5 is <class 'int'>",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let items = dictionaries(call)?;
        let matching = Matching::new(call)?;
        edited(&items, |key| Ok(if matching.holds(key)? { Some(key.to_owned()) } else { None }))
    },
};
