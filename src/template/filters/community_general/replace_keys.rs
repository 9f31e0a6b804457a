//! `replace_keys`: dictionaries with other keys.

use super::Filter;
use super::matching::{dictionaries, edited, replacements};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.replace_keys",
    aliases: &[],
    summary: "Dictionaries with the keys that match replaced",
    params: &["target", "matching_parameter"],
    examples: &[
        (
            "{{ [{'a':1,'b':2}] | community.general.replace_keys(target=[{'after':'x','before':'a'}]) }}",
            "[{'x': 1, 'b': 2}]",
        ),
        (
            "{{ [{'aa':1,'b':2}] | community.general.replace_keys(target=[{'after':'x','before':'a'}], matching_parameter='starts_with') }}",
            "[{'x': 1, 'b': 2}]",
        ),
        (
            "{{ [{'aa':1,'b':2,'ab':3}] | community.general.replace_keys(target=[{'after':'x','before':'^a'}], matching_parameter='regex') }}",
            "[{'x': 3, 'b': 2}]",
        ),
        (
            "{{ [{'a':1}] | community.general.replace_keys(target=[{'after':'x','before':'a'},{'after':'y','before':'a'}]) }}",
            "[{'x': 1}]",
        ),
        (
            "{{ [{'aa':1}] | community.general.replace_keys(target=[{'x':1}]) }}",
            "The filter plugin 'community.general.replace_keys' failed: All dictionaries in target must include attributes: after, before.",
        ),
        (
            "{{ [{'aa':1}] | community.general.replace_keys(target=['x']) }}",
            "The filter plugin 'community.general.replace_keys' failed: The target items must be dictionaries. x is <class 'str'>",
        ),
        (
            "{{ [{'aa':1}] | community.general.replace_keys(target=[]) }}",
            "The filter plugin 'community.general.replace_keys' failed: The target can't be empty.",
        ),
        (
            "{{ [{'aa':1}] | community.general.replace_keys(target=[{'before':5,'after':'x'}]) }}",
            "The filter plugin 'community.general.replace_keys' failed: The attributes before must be strings. 5 is <class 'int'>",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let items = dictionaries(call)?;
        let rules = replacements(call)?;
        edited(&items, |key| {
            for (matching, after) in &rules {
                if matching.holds(key)? {
                    return Ok(Some(after.clone()));
                }
            }
            Ok(Some(key.to_owned()))
        })
    },
};
