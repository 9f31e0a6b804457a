//! `json_diff`: the changes that make one document of another.

use super::{Filter, json_patch::document};
use crate::template::json_patch::diff;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.json_diff",
    aliases: &[],
    summary: "The changes that make one document of another, as a JSON Patch",
    params: &["target"],
    examples: &[
        (
            "{{ {'a':1} | community.general.json_diff({'a':2}) }}",
            "[{'op': 'replace', 'path': '/a', 'value': 2}]",
        ),
        (
            "{{ [1,2,3] | community.general.json_diff([3,2,1]) }}",
            "[{'op': 'move', 'from': '/2', 'path': '/0'}, {'op': 'move', 'from': '/1', 'path': '/2'}]",
        ),
        (
            "{{ {'a':{'b':[1,2]},'x':'y'} | community.general.json_diff({'a':{'b':[2]},'x':{'y':1}}) }}",
            "[{'op': 'remove', 'path': '/a/b/0'}, {'op': 'replace', 'path': '/x', 'value': {'y': 1}}]",
        ),
        (
            "{{ {'a':1,'b':2} | community.general.json_diff({'c':1,'b':2}) }}",
            "[{'op': 'move', 'from': '/a', 'path': '/c'}]",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let target = document(call.required(0, "target")?, "json_diff")?;
        Ok(diff(&document(&call.value, "json_diff")?, &target))
    },
};
