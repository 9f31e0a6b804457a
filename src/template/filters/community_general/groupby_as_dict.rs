//! `groupby_as_dict`: dictionaries by one of their values.

use super::Filter;
use crate::{
    template::filters::as_dict,
    value::{Dict, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.groupby_as_dict",
    aliases: &[],
    summary: "Dictionaries by the value of an attribute, which no two share",
    params: &["attribute"],
    examples: &[
        (
            "{{ [{'n':'a','v':1},{'n':'b','v':2}] | community.general.groupby_as_dict('n') }}",
            "{'a': {'n': 'a', 'v': 1}, 'b': {'n': 'b', 'v': 2}}",
        ),
        (
            "{{ [{'n':'a'},{'n':'a'}] | community.general.groupby_as_dict('n') }}",
            "The filter plugin 'community.general.groupby_as_dict' failed: Multiple sequence entries have attribute value 'a'",
        ),
        (
            "{{ [{'v':1}] | community.general.groupby_as_dict('n') }}",
            "The filter plugin 'community.general.groupby_as_dict' failed: Attribute not contained in element #0 of sequence",
        ),
        (
            "{{ [1] | community.general.groupby_as_dict('n') }}",
            "The filter plugin 'community.general.groupby_as_dict' failed: Sequence element #0 is not a mapping",
        ),
        (
            "{{ 5 | community.general.groupby_as_dict('n') }}",
            "The filter plugin 'community.general.groupby_as_dict' failed: Input is not a sequence",
        ),
        (
            "{{ [{'n':[1]}] | community.general.groupby_as_dict('n') }}",
            "The filter plugin 'community.general.groupby_as_dict' failed: unhashable type: '_AnsibleLazyTemplateList'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        if !matches!(call.value, Value::List(_) | Value::Tuple(_) | Value::Str(_)) {
            return Err("Input is not a sequence".into());
        }
        let Some(attribute) = call.arg(0).cloned() else {
            return Err(
                "groupby_as_dict() missing 1 required positional argument: 'attribute'".into()
            );
        };
        let mut groups = Dict::new();
        for (index, item) in call.items()?.iter().enumerate() {
            let Some(dict) = as_dict(item) else {
                return Err(format!("Sequence element #{index} is not a mapping").into());
            };
            let Some(key) = dict.get_value(&attribute) else {
                return Err(
                    format!("Attribute not contained in element #{index} of sequence").into()
                );
            };
            let key = call.eval.resolved(key.clone())?;
            if let Some(class) = super::unhashable(&key) {
                return Err(format!("unhashable type: '{class}'").into());
            }
            if groups.get_value(&key).is_some() {
                let key = key.to_repr();
                return Err(format!("Multiple sequence entries have attribute value {key}").into());
            }
            groups.insert(key, item.clone());
        }
        Ok(groups.into())
    },
};
