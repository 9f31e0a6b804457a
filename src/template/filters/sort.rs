//! `sort`: items in order.

use super::Filter;
use crate::template::sequence::{attribute, folded, sort_by_key};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "sort",
    aliases: &[],
    summary: "Items in order",
    params: &["reverse", "case_sensitive", "attribute"],
    examples: &[
        (
            "{{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort }} {{ ['b', 'A', 'c'] | sort(case_sensitive=true) }}",
            "[1, 2, 3] ['A', 'b', 'c'] ['A', 'b', 'c']",
        ),
        (
            "{{ [{'a': 2, 'n': 'x'}, {'a': 1, 'n': 'y'}, {'a': 1, 'n': 'b'}] | sort(attribute='a,n') | map(attribute='n') | join }}",
            "byx",
        ),
        (
            "{{ [1, 'a'] | sort }}",
            "The filter plugin 'ansible.builtin.sort' failed: '<' not supported between instances of 'str' and 'int'",
        ),
        ("{{ [1, 2] | sort(reverse=true) }}", "[2, 1]"),
    ],
    takes_undefined: false,
    call: |call| {
        let (reverse, case_sensitive) = (call.flag(0, false), call.flag(1, false));
        let paths: Option<Vec<Value>> = call.some(2).map(|path| match path {
            Value::Str(text) => text.split(',').map(Value::str).collect(),
            other => vec![other.clone()],
        });
        let mut keyed = Vec::new();
        for item in call.items()?.iter() {
            let key = match &paths {
                None => folded(item, case_sensitive),
                Some(paths) => {
                    let mut keys = Vec::with_capacity(paths.len());
                    for path in paths {
                        let key = attribute(call.eval, item, path, None)?;
                        if let Value::Undefined(undefined) = &key {
                            return Err(super::Refusal::Undefined(undefined.clone()));
                        }
                        keys.push(folded(&key, case_sensitive));
                    }
                    Value::from(keys)
                }
            };
            keyed.push((key, item.clone()));
        }
        Ok(sort_by_key(keyed, reverse)?.into())
    },
};
