//! `counter`: how often each item occurs.

use super::Filter;
use super::{python_class, unhashable};
use crate::template::{
    filters::Refusal,
    objects::{Range, downcast},
};
use crate::value::{Dict, Value};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.counter",
    aliases: &[],
    summary: "How often each item of a sequence occurs",
    params: &[],
    examples: &[
        ("{{ 'abca' | community.general.counter }}", "{'a': 2, 'b': 1, 'c': 1}"),
        ("{{ [1,'1',1,true] | community.general.counter }}", "{1: 3, '1': 1}"),
        (
            "{{ 1 | community.general.counter }}",
            "The filter plugin 'community.general.counter' failed: Argument for community.general.counter must be a sequence (string or list). 1 is <class 'int'>",
        ),
        (
            "{{ [[1]] | community.general.counter }}",
            "The filter plugin 'community.general.counter' failed: community.general.counter needs a sequence with hashable elements (int, float or str) - unhashable type: '_AnsibleLazyTemplateList'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let is_sequence = matches!(call.value, Value::List(_) | Value::Tuple(_) | Value::Str(_))
            || downcast::<Range>(&call.value).is_some();
        if !is_sequence {
            return Err(format!(
            "Argument for community.general.counter must be a sequence (string or list). {} is {}",
            call.value.to_text(),
            python_class(&call.value)
        )
        .into());
        }
        let mut counts = Dict::new();
        for item in call.items()?.iter() {
            if let Some(class) = unhashable(item) {
                return Err(Refusal::Apart(format!(
                    "community.general.counter needs a sequence with hashable elements (int, float or str) - unhashable type: '{class}'"
                )));
            }
            let count = counts.get_value(item).and_then(Value::as_int).unwrap_or(0);
            counts.insert(item.clone(), count + 1);
        }
        Ok(counts.into())
    },
};
