//! `reverse`: items or letters from the end.

use super::{Filter, Refusal};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "reverse",
    aliases: &[],
    summary: "Items, or letters, in the reverse order",
    params: &[],
    examples: &[
        ("{{ [1, 2, 3] | reverse | list }} {{ 'abc' | reverse }}", "[3, 2, 1] cba"),
        (
            "{{ 5 | reverse }}",
            "The filter plugin 'ansible.builtin.reverse' failed: argument must be iterable: 'int' object is not iterable",
        ),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::Str(text) => Ok(text.chars().rev().collect::<String>().into()),
        value => match call.items() {
            Ok(items) => Ok(Value::list(items.iter().rev().cloned())),
            Err(_) => {
                let message = format!("'{}' object is not iterable", value.type_name());
                Err(Refusal::Because("argument must be iterable".to_owned(), message.into()))
            }
        },
    },
};
