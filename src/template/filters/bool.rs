//! `bool`: words that mean true or false as booleans.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "bool",
    aliases: &[],
    summary: "A boolean from what means one",
    params: &[],
    examples: &[
        (
            "{{ ['yes', 'True', 'on', '1', 1, 'no', 'off', '0', 0, 'n', 't'] | map('bool') }}",
            "[True, True, True, True, True, False, False, False, False, False, False]",
        ),
        ("{{ none | bool }}", "False"),
        ("{{ 'maybe' | bool }} {{ 1.0 | bool }} {{ 2 | bool }}", "False True False"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(match &call.value {
            Value::Bool(truth) => Value::Bool(*truth),
            Value::Str(text) => {
                Value::Bool(matches!(&*text.to_lowercase(), "yes" | "true" | "on" | "1"))
            }
            other => Value::Bool(*other == Value::Int(1)),
        })
    },
};
