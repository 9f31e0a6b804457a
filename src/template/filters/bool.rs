//! `bool`: words that mean true or false as booleans.

use super::Filter;
use crate::{diagnostic::Told, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "bool",
    aliases: &[],
    summary: "True for what means yes, false for what means no",
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
        let known = match &call.value {
            Value::Bool(truth) => Some(*truth),
            Value::Str(text) => match &*text.to_lowercase() {
                "yes" | "true" | "on" | "1" => Some(true),
                "no" | "false" | "off" | "0" => Some(false),
                _ => None,
            },
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        };
        let truth = known.unwrap_or_else(|| {
            let truth = call.value == Value::Int(1);
            let message = format!(
                "The `bool` filter coerced invalid value {} ({}) to {}.",
                call.value.to_repr(),
                call.value.type_name(),
                Value::Bool(truth).to_text()
            );
            call.eval.env.tell(Told::deprecation(message, None));
            truth
        });
        Ok(Value::Bool(truth))
    },
};
