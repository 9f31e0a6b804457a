//! `dict`: pairs as a dictionary.

use super::Filter;
use crate::{
    template::evaluator::items,
    value::{Dict, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.dict",
    aliases: &[],
    summary: "A dictionary of pairs",
    params: &[],
    examples: &[
        ("{{ [['a',1],['b',2]] | community.general.dict }}", "{'a': 1, 'b': 2}"),
        ("{{ ['ab','cd'] | community.general.dict }}", "{'a': 'b', 'c': 'd'}"),
        (
            "{{ [[1,2,3]] | community.general.dict }}",
            "The filter plugin 'community.general.dict' failed: dictionary update sequence element #0 has length 3; 2 is required",
        ),
        (
            "{{ 5 | community.general.dict }}",
            "The filter plugin 'community.general.dict' failed: 'int' object is not iterable",
        ),
        (
            "{{ [5] | community.general.dict }}",
            "The filter plugin 'community.general.dict' failed: cannot convert dictionary update sequence element #0 to a sequence",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        if let Some(dict) = call.dict() {
            return Ok(Value::Dict(dict));
        }
        let mut dict = Dict::new();
        for (index, pair) in call.items()?.iter().enumerate() {
            let Ok(pair) = items(pair) else {
                return Err(format!(
                    "cannot convert dictionary update sequence element #{index} to a sequence"
                )
                .into());
            };
            let [key, value] = &pair[..] else {
                let found = pair.len();
                return Err(format!(
                    "dictionary update sequence element #{index} has length {found}; 2 is required"
                )
                .into());
            };
            if let Some(class) = super::unhashable(key) {
                return Err(format!("unhashable type: '{class}'").into());
            }
            dict.insert(key.clone(), value.clone());
        }
        Ok(dict.into())
    },
};
